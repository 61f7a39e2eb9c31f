//go:build linux && (amd64 || arm64)

package machkern

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/internal/abi/zig"
)

// TestCPrograms compiles the programs of testdata/c with Apple's headers for both CPUs, runs
// them under darwinrun, and compares what they print with the file beside them. They know
// nothing of Go: structs, calling convention and libSystem are C's.
func TestCPrograms(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	tc := zig.ForTest(t)
	dir := t.TempDir()
	runner := buildRunner(t)
	sources, err := filepath.Glob("testdata/c/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatal("no programs", err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		want, err := os.ReadFile(strings.TrimSuffix(source, ".c") + ".out")
		if err != nil {
			t.Fatal(err)
		}
		for arch, triple := range map[string]string{"arm64": "aarch64-macos", "amd64": "x86_64-macos"} {
			t.Run(name+"/"+arch, func(t *testing.T) {
				exe := filepath.Join(dir, name+"-"+arch)
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
				defer cancel()
				if _, err := tc.Run(ctx, here, "cc", "-target", triple, "-O1", "-Wall", "-Werror", "-Wno-deprecated-declarations", "-o", exe, source); err != nil {
					t.Fatal(err)
				}
				expect(t, ctx, want, runner, exe)
				// What it prints with a flag stands in a file of the flag's name.
				const flag = "-host-processes"
				if want, err := os.ReadFile("testdata/c/" + name + "." + flag + ".out"); err == nil && mayLook() {
					expect(t, ctx, want, runner, flag, exe)
				}
			})
		}
	}
}

// mayLook says whether this system lets a process read the memory of its parent.
func mayLook() bool {
	b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	return os.Geteuid() == 0 || err != nil || strings.TrimSpace(string(b)) == "0"
}

// expect runs a command and compares what it prints.
func expect(t *testing.T, ctx context.Context, want []byte, command string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.WaitDelay = 10 * time.Second // for what the program itself has started
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Error(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%v prints:\n%s\nwant:\n%s", args, got, want)
	}
}
