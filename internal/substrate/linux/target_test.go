//go:build linux && (amd64 || arm64)

package linux

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// targetDir holds the compiled testdata/target.c while the tests run.
var targetDir string

func TestMain(m *testing.M) {
	if pid := os.Getenv("SUBSTRATE_DUMPER"); pid != "" {
		dumper(pid)
	}
	if os.Getenv("SUBSTRATE_GOTARGET") != "" {
		goTarget()
	}
	var err error
	if targetDir, err = os.MkdirTemp("", "substrate"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(targetDir)
	os.Exit(code)
}

var buildTarget = sync.OnceValues(func() (string, error) {
	path := filepath.Join(targetDir, "target")
	out, err := exec.Command("gcc", "-O1", "-Wall", "-Werror", "-pthread", "-o", path, "testdata/target.c").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("gcc: %v\n%s", err, out)
	}
	return path, err
})

// target is a running testdata/target.c.
type target struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	p   *Process
	tr  *Tracer
}

func startTarget(t testing.TB, args ...string) *target {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is needed to build the target: ", err)
	}
	path, err := buildTarget()
	if err != nil {
		t.Fatal(err)
	}
	return launch(t, nil, path, args...)
}

// launch starts a program as a target.
func launch(t testing.TB, env []string, path string, args ...string) *target {
	t.Helper()
	var err error
	x := &target{t: t, cmd: exec.Command(path, args...)}
	if env != nil {
		x.cmd.Env = append(os.Environ(), env...)
	}
	if x.in, err = x.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := x.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	x.out = bufio.NewReader(out)
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if x.tr != nil {
			x.tr.Close()
		}
		if x.p != nil {
			x.p.Close()
		}
		x.cmd.Process.Kill()
		x.cmd.Wait()
	})
	if x.p, err = Open(x.cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if x.tr, err = x.p.Trace(); err != nil {
		t.Fatal(err)
	}
	return x
}

// ready waits for the line "ready" and gives the address in it, if any.
func (x *target) ready() uint64 {
	x.t.Helper()
	line := x.line()
	text, ok := strings.CutPrefix(line, "ready")
	if !ok {
		x.t.Fatalf("target said %q", line)
	}
	addr, _ := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(text), "0x"), 16, 64)
	return addr
}

func (x *target) line() string {
	x.t.Helper()
	type result struct {
		s   string
		err error
	}
	got := make(chan result, 1)
	go func() {
		s, err := x.out.ReadString('\n')
		got <- result{s, err}
	}()
	select {
	case r := <-got:
		if r.err != nil {
			x.t.Fatalf("target said %q and then %v", r.s, r.err)
		}
		return strings.TrimSpace(r.s)
	case <-time.After(20 * time.Second):
		s, err := x.p.Stat()
		x.t.Fatalf("target is silent; state %c, %v", s.State, err)
	}
	return ""
}

func (x *target) ask(s string) {
	x.t.Helper()
	if _, err := io.WriteString(x.in, s); err != nil {
		x.t.Fatal(err)
	}
}

// beats reads the target's own progress count until it has grown twice.
func (x *target) progresses() {
	x.t.Helper()
	var last, grown int64 = -1, 0
	for range 500 {
		n, err := strconv.ParseInt(x.line(), 10, 64)
		if err != nil {
			x.t.Fatalf("target complains: %v", err)
		}
		if last >= 0 && n > last {
			if grown++; grown == 3 {
				return
			}
		}
		last = n
	}
	x.t.Fatal("target makes no progress")
}

// eventually waits for something that takes a moment.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("not so within 10 s: ", what)
}

func (x *target) states() string {
	var b strings.Builder
	tids, _ := x.p.ThreadIDs(nil)
	for _, tid := range tids {
		if s, err := x.p.ThreadStat(tid); err == nil {
			b.WriteByte(s.State)
		}
	}
	return b.String()
}

// says waits for the target to say something, past what it said before.
func (x *target) says(want string) {
	x.t.Helper()
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if got = x.line(); got == want {
			return
		}
	}
	x.t.Errorf("the target says %q, want %q", got, want)
}
