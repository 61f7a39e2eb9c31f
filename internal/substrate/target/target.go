// Package target gives tests a process to work on: the C program in
// testdata/target.c of the test's folder, or any other program, that is told
// what to do on its standard input and answers in lines.
package target

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach/internal/abi/gotool"
)

// dir holds the compiled program while the tests run.
var dir string

// Main is a TestMain for tests with targets.
func Main(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "target"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// built are the compiled programs, by source.
var built = struct {
	sync.Mutex
	paths map[string]string
}{paths: map[string]string{}}

// Build compiles a C program, unless that was done before, and gives its path.
// It skips the test where there is no gcc.
func Build(t testing.TB, source string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if path := built.paths[source]; path != "" {
		return path
	}
	gotool.CompilerForTest(t)
	if _, err := os.Stat(source); err != nil { // so that a change of it counts for the cache of test results
		t.Fatal(err)
	}
	path := filepath.Join(dir, strings.TrimSuffix(filepath.Base(source), ".c"))
	out, err := exec.Command("gcc", "-O1", "-fno-omit-frame-pointer", "-Wall", "-Werror", "-pthread", "-o", path, source).CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	built.paths[source] = path
	return path
}

// Target is a running target. It is killed at the end of the test.
type Target struct {
	Cmd   *exec.Cmd
	In    io.WriteCloser
	t     testing.TB
	lines chan string
}

// Start compiles testdata/target.c, unless that was done before, and runs it.
func Start(t testing.TB, args ...string) *Target {
	t.Helper()
	return StartProgram(t, "testdata/target.c", args...)
}

// StartProgram does so with another C program.
func StartProgram(t testing.TB, source string, args ...string) *Target {
	t.Helper()
	return Launch(t, nil, Build(t, source), args...)
}

// Launch runs a program with more in its environment.
func Launch(t testing.TB, env []string, path string, args ...string) *Target {
	t.Helper()
	x := &Target{t: t, Cmd: exec.Command(path, args...), lines: make(chan string, 16)}
	if env != nil {
		x.Cmd.Env = append(os.Environ(), env...)
	}
	var err error
	if x.In, err = x.Cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := x.Cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go x.read(out, done)
	t.Cleanup(func() {
		close(done)
		x.Cmd.Process.Kill()
		x.Cmd.Wait()
	})
	return x
}

// read hands over what the target says. One that talks all the time waits for
// its listener.
func (x *Target) read(out io.Reader, done <-chan struct{}) {
	defer close(x.lines)
	for s := bufio.NewScanner(out); s.Scan(); {
		select {
		case x.lines <- s.Text():
		case <-done:
			return
		}
	}
}

// PID is the target's process id.
func (x *Target) PID() int { return x.Cmd.Process.Pid }

// Line waits for the next line that the target says.
func (x *Target) Line() string {
	x.t.Helper()
	select {
	case line, ok := <-x.lines:
		if !ok {
			x.t.Fatal("the target says nothing more")
		}
		return line
	case <-time.After(20 * time.Second):
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", x.PID()))
		x.t.Fatalf("the target is silent: %s %v", stat, err)
	}
	return ""
}

// Says checks what the target says next.
func (x *Target) Says(want string) {
	x.t.Helper()
	if got := x.Line(); got != want {
		x.t.Fatalf("the target says %q, want %q", got, want)
	}
}

// Ask writes to the target's standard input.
func (x *Target) Ask(s string) {
	x.t.Helper()
	if _, err := io.WriteString(x.In, s); err != nil {
		x.t.Fatal(err)
	}
}
