//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomach/mach/internal/abi/gotool"
)

// waiting starts a program that says "ready" and waits then.
func waiting(t *testing.T, path string) int {
	t.Helper()
	cmd := started(t, path, "")
	if line := cmd.line(t); line != "ready\n" {
		t.Fatalf("%q", line)
	}
	return cmd.Process.Pid
}

// settled waits until the first thread waits in a system call, of that number if it is
// not negative (proc_pid_syscall(5)).
func settled(t *testing.T, pid, call int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
		if err != nil {
			t.Skip("no system calls of processes are told: ", err)
		}
		number, _, _ := strings.Cut(string(b), " ")
		if call < 0 && strings.Trim(number, "\n") != "running" || number == fmt.Sprint(call) {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("the target is at %q", b)
		}
	}
}

// ours are the functions of the thread's stack by mach, of a process or a core.
func ours(t *testing.T, what string, thread uint64) []string {
	t.Helper()
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"stack", "--json", what}, &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	var told struct{ Threads []threadStackJSON }
	if err := json.Unmarshal([]byte(out.String()), &told); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, th := range told.Threads {
		if th.ID != thread {
			continue
		}
		var names []string
		for _, f := range th.Frames {
			name := f.Function
			if f.Signal {
				name = "<signal handler called>"
			}
			names = append(names, name)
		}
		return names
	}
	t.Fatalf("thread %d is not there\n%s", thread, out.String())
	return nil
}

type threadStackJSON struct {
	ID     uint64
	Frames []struct {
		Function string
		Signal   bool
	}
}

// theirs are those by gdb.
func theirs(t *testing.T, pid int) []string {
	t.Helper()
	gdb, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip("gdb is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	b, err := exec.CommandContext(ctx, gdb, "-nx", "-batch", "-p", fmt.Sprint(pid), "-ex", "set backtrace past-main on", "-ex", "set backtrace past-entry on",
		"-ex", "set width 0", "-ex", "echo \\n--bt--\\n", "-ex", "bt").CombinedOutput()
	if err != nil {
		t.Fatalf("gdb: %v\n%s", err, b)
	}
	_, text, _ := strings.Cut(string(b), "--bt--")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^#[0-9]+ +(?:0x([0-9a-f]+) in )?(<signal handler called>|[^ ]+)`).FindAllStringSubmatch(text, -1) {
		if strings.Trim(m[1], "0") == "" && m[1] != "" {
			continue // an end that gdb does not see as one
		}
		names = append(names, m[2])
	}
	if len(names) < 50 {
		t.Fatalf("gdb shows\n%s", b)
	}
	return names
}

func sameStack(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("mach shows\n%s\nand gdb\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A recursion without frame pointers, and through a handler of a signal, is shown as
// gdb shows it; out of a core, too.
func TestStackOfC(t *testing.T) {
	gotool.CompilerForTest(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "deep")
	if b, err := exec.Command("gcc", "-O2", "-g", "-fomit-frame-pointer", "-o", path, "testdata/stack/deep.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	pid := waiting(t, path)
	settled(t, pid, -1)
	got, want := ours(t, fmt.Sprint(pid), uint64(pid)), theirs(t, pid)
	sameStack(t, got, want)
	if !slices.Contains(got, "<signal handler called>") {
		t.Errorf("there is no handler of a signal: %v", got)
	}
	file := filepath.Join(dir, "core")
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"core", "-o", file, fmt.Sprint(pid)}, &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	sameStack(t, ours(t, file, uint64(pid)), want)
}

func TestStackOfGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "godeep")
	cmd := exec.Command("go", "build", "-o", path, "./testdata/stack/godeep")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	pid := waiting(t, path)
	settled(t, pid, syscall.SYS_READ)
	sameStack(t, ours(t, fmt.Sprint(pid), uint64(pid)), theirs(t, pid))
}

// A stripped program has Go's own table, which names functions and measures frames.
func TestStackOfStrippedGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "godeep")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "./testdata/stack/godeep")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	pid := waiting(t, path)
	settled(t, pid, syscall.SYS_READ)
	want := []string{"internal/runtime/syscall/linux.Syscall6", "syscall.RawSyscall6", "syscall.Syscall", "syscall.read"}
	for range 51 {
		want = append(want, "main.deeper")
	}
	sameStack(t, ours(t, fmt.Sprint(pid), uint64(pid)), append(want, "main.main", "runtime.main", "runtime.goexit"))
}
