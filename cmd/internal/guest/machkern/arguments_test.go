//go:build linux && (amd64 || arm64)

package machkern

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/abi/gotool"
	"github.com/gomach/mach/internal/gen"
	"github.com/gomach/mach/internal/proto"
)

const root = "../../../.."

// usedByRuntime are functions that Go's runtime calls and believes.
var usedByRuntime = map[string]bool{"mach_absolute_time": true, "mach_timebase_info": true}

// TestEveryArgument calls every function of package mach from a darwin program with distinct
// values in all arguments: each arrives at the waist, and each result comes back. It is the
// proof of the frames (internal/libsystem, zframe_*.go) and of the decoder above against Apple's
// calling conventions: Go's side was written from frame tables, this side from the C
// prototypes' kinds.
func TestEveryArgument(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	source := wideProgram(t)
	for _, a := range []*cpu.Arch{cpu.ARM64, cpu.AMD64} {
		t.Run(a.Name, func(t *testing.T) {
			dir := t.TempDir()
			exe, report := filepath.Join(dir, "wide"), filepath.Join(dir, "report")
			build(t, a.Name, exe, source)
			recorded := record(t, a, exe, report)
			lines, err := os.ReadFile(report)
			if err != nil {
				t.Fatal(err)
			}
			wide := 0
			for line := range strings.Lines(string(lines)) {
				fields := strings.Split(strings.TrimSpace(line), "|")
				name, want := fields[0], fields[1:]
				got, ok := recorded[name]
				if !ok {
					t.Errorf("%s was never called", name)
					continue
				}
				delete(recorded, name)
				if len(want) > 7 {
					wide++
				}
				if strings.Join(got, "|") != strings.Join(want, "|") {
					t.Errorf("%s:\n passed %v\n came   %v", name, want, got)
				}
			}
			if wide < 30 {
				t.Errorf("only %d functions of more than six arguments", wide)
			}
			for name := range recorded {
				t.Errorf("%s is called but not reported", name)
			}
		})
	}
}

// wideProgram writes the program that makes all calls.
func wideProgram(t *testing.T) string {
	text, err := os.ReadFile("testdata/wide/main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	have := wrappers(t)
	var calls bytes.Buffer
	calls.WriteString("\nfunc calls() {\n")
	for i := range proto.Functions {
		c := proto.Functions[i].Name
		if usedByRuntime[c] || strings.HasPrefix(c, "mach_msg_server") { // Go's own loop: a Go function cannot be called from C
			continue
		}
		if !have[gen.FuncName(c)] {
			t.Errorf("package mach lacks %s", gen.FuncName(c))
			continue
		}
		fmt.Fprintf(&calls, "\tcall(%q, mach.%s)\n", c, gen.FuncName(c))
	}
	calls.WriteString("}\n")
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, append(text, calls.Bytes()...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// wrappers are the functions of package mach that call the waist.
func wrappers(t *testing.T) map[string]bool {
	files, err := filepath.Glob(root + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, f := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				out[fn.Name.Name] = true
			}
		}
	}
	return out
}

func build(t *testing.T, arch, exe string, sources ...string) {
	t.Helper()
	gotool.ForTest(t)
	cmd := exec.Command("go", append([]string{"build", "-o", exe}, sources...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
}

// record runs the program with functions that answer a number of their own.
func record(t *testing.T, a *cpu.Arch, exe, report string) map[string][]string {
	state := libsystem.New(libsystem.Policy{}, New(Options{}))
	out := map[string][]string{}
	lookup := func(symbol string) *proc.Function {
		for i := range proto.Functions {
			f := &proto.Functions[i]
			if f.Name != symbol || usedByRuntime[symbol] {
				continue
			}
			return &proc.Function{Do: func(c *proc.Call) {
				var args [12]uint64
				arguments(c, f, &args)
				fields := show(c, f, &args)
				v := answer(f, uint64(i))
				c.Return(v)
				out[symbol] = append(fields, "="+answered(f, v))
			}}
		}
		return state.Lookup(symbol)
	}
	p, err := proc.New(proc.Config{Path: exe, Args: []string{exe, report}, Arch: a, Lookup: lookup, Data: state.Data, Personal: state, Env: []string{"GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=1"}})
	if err != nil {
		t.Fatal(err)
	}
	state.Attach(p)
	if code, err := p.Run(); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v", code, err)
	}
	return out
}

// answer is the register that a function returns; the upper half of a 32-bit result is not
// to be looked at.
func answer(f *proto.Function, n uint64) uint64 {
	switch f.Returns {
	case proto.KernReturn, proto.Word32:
		return 0xdead_beef_0000_5000 + n
	case proto.Word64:
		return 0x8123_4567_0000_0000 + n
	}
	return 0
}

func answered(f *proto.Function, v uint64) string {
	switch f.Returns {
	case proto.KernReturn, proto.Word32:
		return strconv.FormatUint(uint64(uint32(v)), 16)
	case proto.Word64:
		return strconv.FormatUint(v, 16)
	case proto.Pointer:
		return ""
	}
	return ""
}

// show prints arguments as the program does.
func show(c *proc.Call, f *proto.Function, args *[12]uint64) (out []string) {
	for i, p := range f.Params {
		v := args[i]
		switch {
		case p.Kind == proto.CString:
			if s, ok := c.String(v); ok && strings.HasPrefix(s, "text ") {
				out = append(out, "s:"+s)
				continue
			}
		case p.Kind == proto.BigStruct:
			b, ok := c.Bytes(v, uint64(p.Size))
			if ok {
				out = append(out, fmt.Sprintf("b:%x", b))
				continue
			}
		case p.Kind == proto.SmallStruct:
			b := make([]byte, p.Size)
			for j := range b {
				b[j] = byte(v >> (8 * j))
			}
			out = append(out, fmt.Sprintf("b:%x", b))
			continue
		}
		if p.Size < 8 {
			v &= 1<<(8*p.Size) - 1
		}
		out = append(out, strconv.FormatUint(v, 16))
	}
	return out
}
