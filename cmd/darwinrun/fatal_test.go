//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/internal/abi/zig"
)

// cguest compiles a C program of testdata/c for darwin.
func cguest(t *testing.T, arch, name string, flags ...string) string {
	t.Helper()
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	tool := zig.ForTest(t)
	dir := t.TempDir()
	exe := filepath.Join(dir, name)
	source, err := filepath.Abs(filepath.Join("testdata", "c", name+".c"))
	if err != nil {
		t.Fatal(err)
	}
	target := map[string]string{"arm64": "aarch64-macos", "amd64": "x86_64-macos"}[arch]
	args := append([]string{"cc", "-target", target, "-O1", "-UNDEBUG", "-o", exe}, flags...)
	if _, err := tool.Run(t.Context(), dir, append(args, source)...); err != nil {
		t.Fatal(err)
	}
	return exe
}

// killedBy is the signal that ended a run, or 0.
func (r result) killedBy() syscall.Signal {
	var exit *exec.ExitError
	if errors.As(r.err, &exit) {
		if w := exit.Sys().(syscall.WaitStatus); w.Signaled() {
			return w.Signal()
		}
	}
	return 0
}

// TestFatal: abort(3) "causes abnormal program termination to occur, unless the signal
// SIGABRT is being caught and the signal handler does not return"; a handler runs first, and
// ignoring or blocking the signal changes nothing.
func TestFatal(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "fatal")
		for _, c := range []struct {
			args, stdout, stderr string
			signal               syscall.Signal
			code                 int
		}{
			{args: "abort", signal: syscall.SIGABRT},
			{args: "abort handled", signal: syscall.SIGABRT, stdout: "handler\n"},
			{args: "abort ignored", signal: syscall.SIGABRT},
			{args: "abort blocked", signal: syscall.SIGABRT},
			{args: "abort left", code: 3, stdout: "left\n"},
			{args: "assert", signal: syscall.SIGABRT, stderr: "Assertion failed: (argc == 99), function main, file fatal.c, line "},
			{args: "assert handled", signal: syscall.SIGABRT, stdout: "handler\n", stderr: "Assertion failed"},
			{args: "guard", signal: syscall.SIGABRT, stderr: "stack"},
			{args: "free", signal: syscall.SIGABRT, stderr: "pointer being freed was not allocated"},
			{args: "beside", signal: syscall.SIGABRT},
			{args: "thread", signal: syscall.SIGABRT},
			{args: "thread handled", signal: syscall.SIGABRT, stdout: "handler\n"},
			{args: "sleeping", signal: syscall.SIGTERM},
		} {
			r := darwinrun(t, t.TempDir(), append([]string{exe}, strings.Fields(c.args)...)...)
			if r.killedBy() != c.signal || r.stdout != c.stdout || !strings.Contains(r.stderr, c.stderr) || c.signal == 0 && r.code != c.code {
				t.Errorf("%s: %v, signal %d, output %q, errors %q", c.args, r.err, r.killedBy(), r.stdout, r.stderr)
			}
		}
	})
}

// TestForkEnds: a child that dies, aborts or exits leaves its parent as it was (fork(2)).
func TestForkEnds(t *testing.T) {
	want, err := os.ReadFile("testdata/c/fork.out")
	if err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), cguest(t, arch, "fork"))
		compare(t, r.stdout, string(want))
		if r.err != nil {
			t.Errorf("%v\n%s", r.err, r.stderr)
		}
	})
}

// TestTruncated: see testdata/c/truncated.c. At the end the program dies of the signal.
func TestTruncated(t *testing.T) {
	want, err := os.ReadFile("testdata/c/truncated.out")
	if err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "truncated")
		for _, flags := range [][]string{nil, {"-count", "none"}} {
			r := darwinrun(t, t.TempDir(), append(flags, exe)...)
			compare(t, r.stdout, string(want))
			if r.killedBy() != syscall.SIGBUS {
				t.Errorf("%q: %v\n%s", flags, r.err, r.stderr)
			}
		}
	})
}

// TestStackOverflow: see testdata/c/overflow.c.
func TestStackOverflow(t *testing.T) {
	const want = "first thread: signal 11 code 2\nagain: signal 11 code 2\nanother thread: signal 10 code 2\n" // SEGV_ACCERR
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "overflow")
		r := darwinrun(t, t.TempDir(), exe, "caught")
		compare(t, r.stdout, want)
		if r.err != nil {
			t.Errorf("%v\n%s", r.err, r.stderr)
		}
		r = darwinrun(t, t.TempDir(), exe, "without")
		if r.killedBy() != syscall.SIGSEGV || r.stdout != "" {
			t.Errorf("without a stack for the handler: %v, %q\n%s", r.err, r.stdout, r.stderr)
		}
	})
}
