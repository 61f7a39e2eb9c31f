//go:build linux && (amd64 || arm64)

package main

import (
	"debug/macho"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/internal/abi/zig"
)

// Load commands by which a linker says how pointers are to be fixed up (<mach-o/loader.h>).
const (
	byOpcodes = macho.LoadCmd(0x80000022) // LC_DYLD_INFO_ONLY
	byChains  = macho.LoadCmd(0x80000034) // LC_DYLD_CHAINED_FIXUPS
)

// TestFixups loads one program as two linkers make it: Zig's, which writes opcodes, and
// LLVM's, which writes chained fixups as Apple's does.
func TestFixups(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	tool := zig.ForTest(t)
	source, err := filepath.Abs("testdata/c/fixups.c")
	if err != nil {
		t.Fatal(err)
	}
	const want = "one\nthree\ntwo\n0 1 7\n"
	for _, arch := range []string{"arm64", "amd64"} {
		target := map[string]string{"arm64": "aarch64-macos.12.0", "amd64": "x86_64-macos.12.0"}[arch]
		compile := func(t *testing.T, dir string, args ...string) {
			if _, err := tool.Run(t.Context(), dir, append([]string{"cc", "-target", target, "-O1", source}, args...)...); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(arch+"/opcodes", func(t *testing.T) {
			dir := t.TempDir()
			exe := filepath.Join(dir, "fixups")
			compile(t, dir, "-o", exe)
			fixedUp(t, exe, byOpcodes)
			compare(t, darwinrun(t, dir, exe).stdout, want)
		})
		t.Run(arch+"/chains", func(t *testing.T) {
			dir := t.TempDir()
			object, exe := filepath.Join(dir, "fixups.o"), filepath.Join(dir, "fixups")
			linker := llvmLinker(t)
			compile(t, dir, "-c", "-o", object)
			name := map[string]string{"arm64": "arm64", "amd64": "x86_64"}[arch]
			cmd := exec.CommandContext(t.Context(), linker, "-arch", name, "-platform_version", "macos", "12.0", "12.0",
				"-fixup_chains", "-o", exe, object, tool.TBD)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			fixedUp(t, exe, byChains)
			compare(t, darwinrun(t, dir, exe).stdout, want)
		})
	}
}

// llvmLinker is LLVM's linker for Mach-O, which knows chained fixups from version 16 on.
func llvmLinker(t *testing.T) string {
	for version := 16; version < 30; version++ {
		if path, err := exec.LookPath(fmt.Sprintf("ld64.lld-%d", version)); err == nil {
			return path
		}
	}
	t.Skip("needs LLVM's linker, version 16 or newer (scripts/setup.sh installs Debian's lld-16)")
	return ""
}

// fixedUp wants the linker to have written what it was to write.
func fixedUp(t *testing.T, exe string, by macho.LoadCmd) {
	f, err := macho.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, l := range f.Loads {
		if cmd := macho.LoadCmd(f.ByteOrder.Uint32(l.Raw())); cmd == by {
			return
		}
	}
	t.Fatalf("no load command %#x", uint32(by))
}
