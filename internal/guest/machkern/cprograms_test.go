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

	"github.com/gomach/mach/internal/abi/zig"
	"github.com/gomach/mach/internal/guest/cpu"
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
	runner := filepath.Join(dir, "darwinrun")
	if b, err := exec.Command("go", "build", "-o", runner, root+"/cmd/darwinrun").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
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
				got, err := run(ctx, runner, exe)
				if err != nil {
					t.Errorf("%v", err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s prints:\n%s\nwant:\n%s", name, got, want)
				}
			})
		}
	}
}

func run(ctx context.Context, runner string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, runner, args...).CombinedOutput()
}
