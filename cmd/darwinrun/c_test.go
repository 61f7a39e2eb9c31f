//go:build linux && (amd64 || arm64)

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/internal/abi/zig"
)

// TestC runs a C program that uses a bit of everything of the C library.
func TestC(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	tool, err := zig.Find()
	if err != nil {
		t.Skip(err)
	}
	want, err := os.ReadFile("testdata/c/libc.out")
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range []string{"arm64", "amd64"} {
		t.Run(arch, func(t *testing.T) {
			dir := t.TempDir()
			exe := filepath.Join(dir, "libc")
			target := map[string]string{"arm64": "aarch64-macos", "amd64": "x86_64-macos"}[arch]
			source, err := filepath.Abs("testdata/c/libc.c")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tool.Run(t.Context(), dir, "cc", "-target", target, "-O1", "-o", exe, source); err != nil {
				t.Fatal(err)
			}
			r := darwinrun(t, dir, exe, "hi")
			compare(t, r.stdout, string(want))
			if r.code != 5 {
				t.Errorf("exit status %d, want 5\n%s", r.code, r.stderr)
			}
		})
	}
}
