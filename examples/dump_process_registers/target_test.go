//go:build linux && (amd64 || arm64)

package main

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
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomach/mach/internal/abi/gotool"
)

var dir string // holds what the tests build

func TestMain(m *testing.M) {
	if addr := os.Getenv("DUMP_TEST_SERVER"); addr != "" {
		serve(addr)
		return
	}
	if socket := os.Getenv(underYama); socket != "" {
		fmt.Fprintln(os.Stderr, confine(socket, os.Args[1:]))
		os.Exit(1)
	}
	var err error
	if dir, err = os.MkdirTemp("", "dump"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Chmod(dir, 0o755) // another user runs the dumper, too
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var buildTarget = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "target")
	out, err := exec.Command("gcc", "-O1", "-Wall", "-Werror", "-pthread", "-o", path, "testdata/target.c").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("gcc: %w\n%s", err, out)
	}
	return path, err
})

var buildDumper = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "dumper")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, err
})

// target is a running testdata/target.c.
type target struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	alpha [2]uint64 // where the function begins and ends
	beta  [2]uint64
	beats atomic.Int64
}

func startTarget(t *testing.T, args ...string) *target {
	t.Helper()
	gotool.CompilerForTest(t)
	path, err := buildTarget()
	if err != nil {
		t.Fatal(err)
	}
	x := &target{t: t, cmd: exec.Command(path, args...)}
	if x.in, err = x.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := x.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.cmd.Process.Kill()
		x.cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	lines.Scan()
	if n, _ := fmt.Sscanf(lines.Text(), "ready 0x%x 0x%x 0x%x 0x%x", &x.alpha[0], &x.alpha[1], &x.beta[0], &x.beta[1]); n != 4 {
		t.Fatalf("target said %q", lines.Text())
	}
	go func() {
		for lines.Scan() {
			x.beats.Add(1)
		}
	}()
	return x
}

func (x *target) pid() int32 { return int32(x.cmd.Process.Pid) }

// lives checks that the target runs, and that nobody holds it.
func (x *target) lives() {
	x.t.Helper()
	before := x.beats.Load()
	eventually(x.t, "the target's heart beats", func() bool { return x.beats.Load() > before+2 })
	eventually(x.t, "the target is not traced", func() bool { return x.status("TracerPid") == "0" })
	if s := x.status("State"); strings.HasPrefix(s, "T") || strings.HasPrefix(s, "t") {
		x.t.Fatalf("the target's state is %s", s)
	}
}

func (x *target) status(key string) string { return statusOf(x.cmd.Process.Pid, key) }

func statusOf(pid int, key string) string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for _, line := range strings.Split(string(b), "\n") {
		if v, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("not so within 20 s: ", what)
}

// dumper runs the example as its user would.
func dumper(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := buildDumper()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(path, args...)
}

// value finds a register in a thread's part of a dump.
func (r *registers) value(name string) uint64 {
	for i, n := range r.names {
		if n == name {
			return r.values[i]
		}
	}
	return 0
}
