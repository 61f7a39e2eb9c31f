package callcheck

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/gocheck"
	"github.com/gomach/mach/internal/abi/zig"
)

const (
	root   = "../../.."
	module = "github.com/gomach/mach"
)

// custom are written by hand, on other calls.
var custom = []string{"mach_msg_server", "mach_msg_server_once", "mach_msg_server_importance"}

func oracle(t *testing.T, arch string) (*abi.Facts, map[string][]Place) {
	t.Helper()
	facts, err := abi.Load(arch)
	if err != nil {
		t.Fatal(err)
	}
	places, err := Oracle(context.Background(), zig.ForTest(t), facts, arch)
	if err != nil {
		t.Fatal(err)
	}
	return facts, places
}

// Pitfall argument-frames: every frame has every argument where clang's callee looks for it.
// (TestEveryArgument of cmd/internal/guest/machkern calls with distinct values in
// all arguments.)
func TestFrames(t *testing.T) {
	for _, arch := range abi.Archs {
		facts, places := oracle(t, arch)
		for _, goos := range []string{"darwin", "ios"} {
			p, err := gocheck.Load(root, module, gocheck.Target{GOOS: goos, GOARCH: arch})
			if err != nil {
				t.Fatal(err)
			}
			functions := p.Functions()
			frames, onStack := 0, 0
			for _, name := range exported(facts) {
				if slices.Contains(custom, name) {
					continue
				}
				fn := functions[name]
				if fn == nil {
					t.Errorf("%s/%s: %s has no wrapper", goos, arch, name)
					continue
				}
				f, err := FrameOf(p, fn)
				if err != nil {
					t.Errorf("%s/%s: %s: %v", goos, arch, name, err)
					continue
				}
				frames++
				for _, w := range CheckFrame(f, places[name], arch) {
					t.Errorf("%s/%s: %s: %s", goos, arch, name, w)
				}
				for _, at := range places[name] {
					if at.Reg < 0 {
						onStack++
					}
				}
			}
			t.Logf("%s/%s: %d frames agree with clang, %d arguments of them on the stack", goos, arch, frames, onStack)
			if want := map[string]int{"arm64": 30, "amd64": 80}[arch]; frames < 370 || onStack < want {
				t.Errorf("%s/%s: only %d frames and %d stack arguments checked", goos, arch, frames, onStack)
			}
		}
	}
}

// Pitfall argument-frames, the case that eight-byte slots get wrong: Apple's arm64 convention
// packs.
func TestMachVMMapPacks(t *testing.T) {
	_, places := oracle(t, "arm64")
	for _, name := range []string{"mach_vm_map", "vm_map"} {
		for i, want := range []int{0, 4, 8} {
			if p := places[name][8+i]; p.Reg >= 0 || p.Stack != want {
				t.Errorf("%s: argument %d is at %s, want stack+%d", name, 9+i, p, want)
			}
		}
	}
}

// Elsewhere a frame is a row of words.
func TestWords(t *testing.T) {
	for _, target := range []gocheck.Target{{GOOS: "linux", GOARCH: "amd64"}, {GOOS: "windows", GOARCH: "amd64"}} {
		p, err := gocheck.Load(root, module, target)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		facts, err := abi.Load(target.GOARCH)
		if err != nil {
			t.Fatal(err)
		}
		functions := p.Functions()
		for _, name := range exported(facts) {
			fn := functions[name]
			if fn == nil || slices.Contains(custom, name) {
				continue // TestFrames reports what has no wrapper
			}
			f, err := FrameOf(p, fn)
			if err != nil {
				t.Errorf("%s: %s: %v", target, name, err)
				continue
			}
			n++
			for _, w := range CheckWords(f) {
				t.Errorf("%s: %s: %s", target, name, w)
			}
		}
		t.Logf("%s: %d frames are words in C order", target, n)
		if n < 370 {
			t.Errorf("%s: only %d frames checked", target, n)
		}
	}
}

func TestStubs(t *testing.T) {
	for _, arch := range abi.Archs {
		b, err := os.ReadFile(filepath.Join(root, "internal", "libsystem", "call_darwin_"+arch+".s"))
		if err != nil {
			t.Fatal(err)
		}
		good := string(b)
		for _, w := range Stubs(good, arch) {
			t.Errorf("%s: %s", arch, w)
		}
		for _, c := range [][2]string{
			{"MOVQ 40(DI), CX", "MOVQ 48(DI), CX"}, {"MOVUPS 112(DI), X0", "MOVUPS 96(DI), X0"},
			{"LDP  48(R19), (R4, R5)", "LDP  48(R19), (R5, R4)"}, {"STP  (R9, R10), 32(RSP)", "STP  (R10, R9), 32(RSP)"},
			{"SUB  $96, RSP", "SUB  $80, RSP"},
		} {
			if !strings.Contains(good, c[0]) {
				continue
			}
			if w := Stubs(strings.ReplaceAll(good, c[0], c[1]), arch); len(w) == 0 {
				t.Errorf("%s: %q for %q goes unseen", arch, c[1], c[0])
			}
		}
		if w := Stubs("", arch); len(w) != 3 {
			t.Errorf("%s: no stubs at all: %q", arch, w)
		}
	}
}

// A function's own stub loads what the function takes, from where the frame has
// it.
func TestOwnStubs(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(root, "internal", "libsystem", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	header := read("args.h")
	stubs, err := OwnStubs(read("zsymbols_darwin.s"))
	if err != nil {
		t.Fatal(err)
	}
	if len(stubs) < 280 {
		t.Errorf("only %d functions have a stub of their own", len(stubs))
	}
	for _, arch := range abi.Archs {
		for _, w := range Loads(header, arch) {
			t.Errorf("%s: %s", arch, w)
		}
		facts, err := abi.Load(arch)
		if err != nil {
			t.Fatal(err)
		}
		for name, n := range stubs {
			f := facts.Functions[name]
			if f == nil || len(f.Params) != n {
				t.Errorf("%s: the stub of %s loads %d arguments", arch, name, n)
			}
		}
	}
	for _, c := range []struct{ arch, old, new string }{
		{"arm64", "MOVD 32(R0), R2", "MOVD 40(R0), R2"}, {"arm64", "LDP 32(R0), (R2, R3); ARGS2", "ARGS2; LDP 32(R0), (R2, R3)"},
		{"arm64", "LDP 48(R0), (R4, R5)", "LDP 48(R0), (R5, R4)"},
		{"amd64", "MOVQ 24(DI), SI; ARGS1", "ARGS1; MOVQ 24(DI), SI"}, {"amd64", "MOVQ 56(DI), R9; ARGS5", "MOVQ 56(DI), R9; ARGS4"},
	} {
		if w := Loads(strings.Replace(header, c.old, c.new, 1), c.arch); len(w) == 0 {
			t.Errorf("%s: %q for %q goes unseen", c.arch, c.new, c.old)
		}
	}
	if _, err := OwnStubs(strings.Replace(read("zsymbols_darwin.s"), "JMP libc_mach_port_type(", "JMP libc_mach_port_names(", 1)); err == nil {
		t.Error("a stub that jumps elsewhere goes unseen")
	}
}

// The frame check sees each way that a frame can be wrong.
func TestFrameCheckFails(t *testing.T) {
	_, places := oracle(t, "arm64")
	at := places["mach_vm_map"]
	good := func() *Frame {
		f := &Frame{Wide: true, Size: headSize + 8*wordSize + stackArea}
		for i, p := range at {
			s := Slot{Offset: headSize + 8*i, Size: 8}
			if p.Reg < 0 {
				s = Slot{Offset: headSize + 8*8 + p.Stack, Size: 4}
			}
			f.Args = append(f.Args, s)
		}
		return f
	}
	if w := CheckFrame(good(), at, "arm64"); len(w) != 0 {
		t.Fatalf("a right frame: %q", w)
	}
	for name, spoil := range map[string]func(f *Frame){
		"eight-byte slots":   func(f *Frame) { f.Args[9].Offset += 4; f.Args[10].Offset += 8 },
		"two swapped":        func(f *Frame) { f.Args[1], f.Args[2] = f.Args[2], f.Args[1] },
		"too narrow":         func(f *Frame) { f.Args[9].Size = 2 },
		"not wide":           func(f *Frame) { f.Wide = false },
		"a short frame":      func(f *Frame) { f.Size -= 8 },
		"an argument less":   func(f *Frame) { f.Args = f.Args[:10] },
		"a wrong reference":  func(f *Frame) { f.Args[2].ByRef = true },
		"a far stack offset": func(f *Frame) { f.Args[10].Size = 100 },
	} {
		f := good()
		spoil(f)
		if w := CheckFrame(f, at, "arm64"); len(w) == 0 {
			t.Errorf("%s goes unseen", name)
		}
	}
	f := good()
	f.Args = []Slot{{Offset: 16, Size: 4}, {Offset: 20, Size: 4}}
	if w := CheckWords(f); len(w) != 1 {
		t.Errorf("packed words: %q", w)
	}
}
