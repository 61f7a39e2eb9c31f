//go:build linux && (amd64 || arm64)

package libsystem

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

// targets are Zig's names of the CPUs.
var targets = map[string]string{"arm64": "aarch64-macos", "amd64": "x86_64-macos"}

// compiler makes programs for darwin, and has a darwinrun to run them with.
type compiler struct {
	tool   *zig.Toolchain
	runner string
}

func newCompiler(t *testing.T) *compiler {
	t.Helper()
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	k := &compiler{zig.ForTest(t), filepath.Join(t.TempDir(), "darwinrun")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", k.runner, "github.com/gomach/mach/cmd/darwinrun")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return k
}

// compile gives the program of a C file.
func (k *compiler) compile(t *testing.T, arch, source string) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	exe := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(source), ".c"))
	if _, err := k.tool.Run(ctx, here, "cc", "-target", targets[arch], "-O1", "-Wall", "-Werror", "-Wno-unused-result", "-Wno-deprecated-declarations", "-o", exe, source); err != nil {
		t.Fatal(err)
	}
	return exe
}

// TestC compiles the programs of testdata/c with Apple's headers for both CPUs, runs them under
// darwinrun in an empty folder, and compares what they print with the file beside them.
func TestC(t *testing.T) {
	tool := newCompiler(t)
	sources, err := filepath.Glob("testdata/c/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatal("no programs", err)
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		want, err := os.ReadFile(strings.TrimSuffix(source, ".c") + ".out")
		if err != nil {
			t.Fatal(err)
		}
		for arch := range targets {
			t.Run(name+"/"+arch, func(t *testing.T) {
				got := tool.run(t, t.TempDir(), nil, tool.compile(t, arch, source))
				if !bytes.Equal(got, want) {
					t.Errorf("prints:\n%s\nwant:\n%s", got, want)
				}
			})
		}
	}
}
