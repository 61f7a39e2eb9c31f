package ctest

import (
	"context"
	"debug/macho"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomach/mach/internal/abi/zig"
)

// Target is a platform that the program is compiled for.
type Target struct {
	Triple string // in Zig's spelling
	Arch   string // GOARCH
}

// Targets are all that Zig compiles for. It has headers for macOS only, so
// that iOS is checked on the same tree: Apple keeps one set of Mach headers.
var Targets = []Target{
	{"aarch64-macos", "arm64"},
	{"x86_64-macos", "amd64"},
	{"aarch64-ios", "arm64"},
	{"aarch64-ios-simulator", "arm64"},
	{"x86_64-ios-simulator", "amd64"},
}

// Compile compiles the program with warnings as errors on a header tree, ""
// for Zig's own, reads the probes out of the object, and returns what is not
// so.
func Compile(ctx context.Context, tc *zig.Toolchain, t Target, tree string, p *Program) (wrong []string, err error) {
	dir, err := os.MkdirTemp("", "ctest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "facts.c"), []byte(p.Source), 0o600); err != nil {
		return nil, err
	}
	compiler, triple := "cc", t.Triple
	if tree != "" { // zig cc would find its own headers first
		compiler, triple = "clang", strings.NewReplacer("aarch64-", "arm64-apple-", "x86_64-", "x86_64-apple-").Replace(triple)+"12.0"
	}
	args := []string{
		compiler, "-target", triple, "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-Wno-#warnings",
		"-Werror=incompatible-function-pointer-types", "-Werror=incompatible-pointer-types", "-Werror=int-conversion",
		"-ferror-limit=0", "-fno-caret-diagnostics", "-c", "facts.c", "-o", "facts.o",
	}
	switch {
	case tree != "":
		args = append(args, "-nostdinc", "-isystem", tc.Builtin, "-isystem", tree)
	case !strings.HasSuffix(t.Triple, "macos"):
		args = append(args, "-isystem", tc.Headers)
	}
	_, err = tc.Run(ctx, dir, args...)
	var ze *zig.Error
	if errors.As(err, &ze) && strings.Contains(ze.Stderr, "error:") {
		for _, line := range strings.Split(ze.Stderr, "\n") {
			if strings.Contains(line, "error:") {
				wrong = append(wrong, strings.TrimSpace(line))
			}
		}
		return wrong, nil
	}
	if err != nil {
		return nil, err
	}
	return p.readBits(filepath.Join(dir, "facts.o"))
}

// readBits compares the probes in the object file with the facts.
func (p *Program) readBits(object string) (wrong []string, err error) {
	f, err := macho.Open(object)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	section := f.Section(bitSection)
	if section == nil {
		return nil, fmt.Errorf("%s: no section %s", object, bitSection)
	}
	data, err := section.Data()
	if err != nil {
		return nil, err
	}
	for _, b := range p.Bits {
		if b.Start+b.Size > len(data) {
			return append(wrong, fmt.Sprintf("%s: the probes end at %d", b.Name, len(data))), nil
		}
		want := make([]byte, b.Size)
		for bit := b.First; bit <= b.Last; bit++ {
			if at := b.Offset + bit/8; at < len(want) {
				want[at] |= 1 << (bit % 8)
			}
		}
		if got := data[b.Start : b.Start+b.Size]; string(got) != string(want) {
			wrong = append(wrong, fmt.Sprintf("%s: its bits are at % x, the facts say % x", b.Name, got, want))
		}
	}
	return wrong, nil
}
