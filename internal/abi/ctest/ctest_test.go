package ctest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/zig"
)

// clone gives a test facts of its own to spoil.
func clone(t *testing.T, arch string) *abi.Facts {
	t.Helper()
	f, err := abi.Load(arch)
	if err != nil {
		t.Fatal(err)
	}
	return f.Clone()
}

func hasHeader(tc *zig.Toolchain) func(string) bool { return hasIn(tc.Headers) }

func hasIn(tree string) func(string) bool {
	return func(h string) bool {
		_, err := os.Stat(filepath.Join(tree, h))
		return err == nil
	}
}

// Apple's headers agree with the facts on every target (pitfalls packed-fields and missing-symbols:
// layouts and prototypes).
func TestHeadersAgree(t *testing.T) {
	tc := zig.ForTest(t)
	for _, target := range Targets {
		t.Run(target.Triple, func(t *testing.T) {
			p := Generate(clone(t, target.Arch), target.Arch, zig.SDK, hasHeader(tc))
			wrong, err := Compile(context.Background(), tc, target, "", p)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range wrong {
				t.Error(w)
			}
			t.Logf("asserted:  %v", p.Checked)
			t.Logf("not in the %s tree here: %v", zig.SDK, p.Absent)
			for kind, least := range map[string]int{"constants": 1600, "types": 570, "records": 171, "functions": 337, "variables": 12, "fields": 1000, "bit-fields": 50} {
				if p.Checked[kind] < least {
					t.Errorf("only %d %s asserted, want at least %d", p.Checked[kind], kind, least)
				}
			}
		})
	}
}

// TestUndeclared: no public header declares the functions that the facts say so
// of. One that does wants its prototype compared.
func TestUndeclared(t *testing.T) {
	tc := zig.ForTest(t)
	for _, target := range Targets[:2] {
		facts := clone(t, target.Arch)
		for name, f := range facts.Functions {
			if !f.Undeclared() {
				continue
			}
			g := &generator{facts: facts, arch: target.Arch, sdk: zig.SDK, p: Program{Checked: Counts{}, Absent: Counts{}}}
			g.prologue(hasHeader(tc))
			g.printf("#line 1 \"%s\"\nconst void *const it = (const void *)&%s;\n", name, name)
			g.p.Source = g.b.String()
			wrong, err := Compile(context.Background(), tc, target, "", &g.p)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(wrong, "\n"), "undeclared identifier") {
				t.Errorf("%s: %s is declared: %q", target.Triple, name, wrong)
			}
		}
	}
}

// Where a full 14.2 SDK is at hand (MACH_SDK_14_2=DIR, its include folder), the
// items that facts take from it are asserted too: mach_vm.h, exc.h and others
// that the 26.4 tree here leaves out.
func TestOlderHeadersAgree(t *testing.T) {
	tree := os.Getenv("MACH_SDK_14_2")
	if tree == "" {
		t.Skip("MACH_SDK_14_2 names no 14.2 SDK: its items were not asserted")
	}
	tc := zig.ForTest(t)
	for _, target := range Targets[:2] {
		p := Generate(clone(t, target.Arch), target.Arch, "14.2", hasIn(tree))
		wrong, err := Compile(context.Background(), tc, target, tree, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wrong {
			t.Errorf("%s: %s", target.Triple, w)
		}
		t.Logf("%s: asserted on 14.2: %v", target.Triple, p.Checked)
	}
}

// One mistake of each sort makes the program fail, and the message names it.
func TestMistakesFail(t *testing.T) {
	tc := zig.ForTest(t)
	for _, c := range []struct {
		name  string
		spoil func(f *abi.Facts)
		want  string
	}{
		{"a constant's value", func(f *abi.Facts) { f.Constants["KERN_FAILURE"].Value = "6" }, "KERN_FAILURE: value"},
		{"a constant's sign", func(f *abi.Facts) { f.Constants["KERN_FAILURE"].Signed = false }, "KERN_FAILURE: signedness"},
		{"a text", func(f *abi.Facts) {
			s := "com.apple"
			f.Constants["MACH_PORT_WEAK_REPLY_ENTITLEMENT"].String = &s
		}, "MACH_PORT_WEAK_REPLY_ENTITLEMENT: text"},
		{"two fields", func(f *abi.Facts) {
			fields := f.Records["mach_msg_header_t"].Fields
			fields[2].Name, fields[3].Name = fields[3].Name, fields[2].Name
		}, "mach_msg_header_t.msgh_local_port: offset"},
		{"a field's width", func(f *abi.Facts) {
			f.Records["mach_msg_header_t"].Fields[5].Type = "uint64_t"
		}, "mach_msg_header_t.msgh_id: its type is uint64_t"},
		{"two bit-fields", func(f *abi.Facts) {
			fields := f.Records["mach_msg_port_descriptor_t"].Fields
			fields[3].Name, fields[4].Name = fields[4].Name, fields[3].Name
		}, "mach_msg_port_descriptor_t.type: its bits are at"},
		{"a type's size", func(f *abi.Facts) { *f.Types["mach_port_t"].Size = 8 }, "mach_port_t: size"},
		{"a type's sign", func(f *abi.Facts) { f.Types["mach_port_t"].Canonical = "int" }, "mach_port_t: its type"},
		{"a parameter's width", func(f *abi.Facts) {
			f.Functions["mach_port_allocate"].Params[1].Type = "uint64_t"
		}, "prototype of mach_port_allocate"},
		{"a result's width", func(f *abi.Facts) { f.Functions["task_suspend"].Returns = "long" }, "prototype of task_suspend"},
		{"a parameter too many", func(f *abi.Facts) {
			fn := f.Functions["task_suspend"]
			fn.Params = append(fn.Params, abi.Param{Type: "int"})
		}, "prototype of task_suspend"},
		{"a variable's type", func(f *abi.Facts) { f.Variables["vm_page_size"].Type = "int" }, "vm_page_size"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := clone(t, "arm64")
			c.spoil(f)
			p := Generate(f, "arm64", zig.SDK, hasHeader(tc))
			wrong, err := Compile(context.Background(), tc, Targets[0], "", p)
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(wrong, "\n"); !strings.Contains(text, c.want) {
				t.Errorf("reported %q, want something with %q", text, c.want)
			}
			if len(wrong) > 6 {
				t.Errorf("one mistake, %d reports: %q", len(wrong), wrong)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	r := &abi.Record{Fields: []abi.Field{
		{Name: "a", Depth: 1}, {Name: "b", Depth: 2}, {Name: "c", Depth: 3}, {Name: "d", Depth: 2},
		{Name: "", Depth: 1}, {Name: "e", Depth: 2}, {Name: "f", Depth: 3}, {Name: "g", Depth: 1},
	}}
	want := "a a.b a.b.c a.d  e e.f g"
	if got := strings.Join(Paths(r), " "); got != want {
		t.Errorf("Paths = %q, want %q", got, want)
	}
}
