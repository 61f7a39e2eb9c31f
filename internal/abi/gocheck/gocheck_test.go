package gocheck

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach/internal/abi"
)

const root = "../../.."

// loaded are the platforms that tests have asked for; loading takes a while.
var loaded = map[string]*Package{}

func load(t *testing.T, target Target, tags ...string) (*Package, *abi.Facts, Exceptions) {
	t.Helper()
	if testing.Short() {
		t.Skip("reads the source code, as everywhere, and all of it: that takes minutes in an emulator")
	}
	key := target.String() + " " + strings.Join(tags, " ")
	if loaded[key] == nil {
		p, err := Load(root, module, target, tags...)
		if err != nil {
			t.Fatal(err)
		}
		loaded[key] = p
	}
	facts, err := abi.Load(target.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	except, err := ReadExceptions(filepath.Join(root, "internal", "abi", "except.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return loaded[key], facts, except
}

// Package mach is as the facts say, on all four platforms, item by item: as a
// whole under mach_unstable, and by default but for what release.txt holds
// back to a later date.
func TestPackageMach(t *testing.T) {
	release, err := abi.LoadRelease()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	var except Exceptions
	for _, target := range Targets {
		p, facts, e := load(t, target)
		for _, problem := range Check(p, facts, e).Problems {
			if !p.HeldBack(problem, release) {
				t.Errorf("%s: %s", target, problem)
			}
		}
		p, facts, e = load(t, target, "mach_unstable")
		except = e
		r := Check(p, facts, e)
		for _, p := range r.Problems {
			t.Errorf("%s with mach_unstable: %s", target, p)
		}
		for k := range r.Used {
			used[k] = true
		}
		t.Log("\n" + r.Table(facts))
		for _, k := range Kinds {
			if n := r.Tallies[k]; n.Total == 0 || n.Checked+n.Excepted+n.Wrong != n.Total {
				t.Errorf("%s: %s: the counts do not add up: %+v", target, k, *n)
			}
		}
	}
	for key := range except {
		if kind, _, _ := strings.Cut(key, " "); kind != "macro" && !used[key] {
			t.Errorf("except.txt: nothing needs the line %q any more", key)
		}
	}
}

// Each sort of mistake is seen, and named. The mistake is made in the facts:
// it is the difference that counts.
func TestCheckFails(t *testing.T) {
	p, facts, except := load(t, Targets[0])
	clean := map[string]bool{}
	for _, p := range Check(p, facts, except).Problems {
		clean[p.String()] = true
	}
	for _, c := range []struct {
		name  string
		spoil func(f *abi.Facts)
		want  []string
	}{
		{"none", func(*abi.Facts) {}, nil},
		{"a value", func(f *abi.Facts) { f.Constants["KERN_FAILURE"].Value = "6" },
			[]string{"constant KERN_FAILURE: value 5, want 6"}},
		{"a typed constant's size", func(f *abi.Facts) { f.Constants["MACH_PORT_RIGHT_SEND"].Size = 8 },
			[]string{"constant MACH_PORT_RIGHT_SEND: MachPortRight has 4 bytes, in C it has 8"}},
		{"a typed constant's sign", func(f *abi.Facts) { k := f.Constants["MACH_PORT_RIGHT_SEND"]; k.Signed, k.Size = true, 8 },
			[]string{"constant MACH_PORT_RIGHT_SEND: MachPortRight has 4 bytes, in C it has 8", "constant MACH_PORT_RIGHT_SEND: MachPortRight is signed: false, in C true"}},
		{"a constant more", func(f *abi.Facts) { f.Constants["KERN_NO_SUCH"] = f.Constants["KERN_FAILURE"] },
			[]string{"constant KERN_NO_SUCH: no constant"}},
		{"a text", func(f *abi.Facts) {
			s := "com.apple"
			f.Constants["MACH_PORT_WEAK_REPLY_ENTITLEMENT"].String = &s
		}, []string{"constant MACH_PORT_WEAK_REPLY_ENTITLEMENT: text"}},
		{"two fields", func(f *abi.Facts) {
			m := f.Records["mach_msg_header_t"].Fields
			m[2].Name, m[3].Name = m[3].Name, m[2].Name
		}, []string{"field mach_msg_header_t.msgh_local_port: at offset 12, want 8", "field mach_msg_header_t.msgh_remote_port: at offset 8, want 12"}},
		{"a field's width", func(f *abi.Facts) { f.Records["mach_msg_header_t"].Fields[5].Type = "uint64_t" },
			[]string{"field mach_msg_header_t.msgh_id: uint64_t has 8 bytes, MachMsgID has 4"}},
		{"a nested field", func(f *abi.Facts) {
			for i, m := range f.Records["mach_msg_empty_rcv_t"].Fields {
				if m.Name == "msgh_id" {
					f.Records["mach_msg_empty_rcv_t"].Fields[i].Offset = 16
				}
			}
		}, []string{"field mach_msg_empty_rcv_t.header.msgh_id: at offset 20, want 16"}},
		{"a bit-field of a byte", func(f *abi.Facts) {
			m := f.Records["mach_msg_port_descriptor_t"].Fields
			m[3].Name, m[4].Name = m[4].Name, m[3].Name
		}, []string{"field mach_msg_port_descriptor_t.type: bytes 11 to 11, want bits 80 to 87", "field mach_msg_port_descriptor_t.disposition: bytes"}},
		{"a bit-field of a bit", func(f *abi.Facts) { f.Records["mach_port_qos"].Fields[1].Bits = []int{2, 2} },
			[]string{"field mach_port_qos.prealloc: the accessor reads from bit 1 with mask 0x1, want bit 2 and 1 bits"}},
		{"a record's size", func(f *abi.Facts) { f.Records["mach_msg_header_t"].Size = 28 },
			[]string{"record mach_msg_header_t: MachMsgHeader has 24 bytes, want 28", "type mach_msg_header_t:"}},
		{"a record's alignment", func(f *abi.Facts) { f.Records["mach_timespec"].Align = 8 },
			[]string{"record mach_timespec: MachTimespec has alignment 4, want 8"}},
		{"a type's size", func(f *abi.Facts) { *f.Types["mach_vm_size_t"].Size = 4 },
			[]string{"type mach_vm_size_t: MachVMSize has 8 bytes, want 4"}},
		{"a parameter's width", func(f *abi.Facts) { f.Functions["mach_port_allocate"].Params[1].Type = "uint64_t" },
			[]string{"function mach_port_allocate: parameter 2, right: uint64_t has 8 bytes, MachPortRight has 4"}},
		{"a parameter's sign", func(f *abi.Facts) { f.Functions["mach_port_allocate"].Params[1].Type = "int" },
			[]string{"function mach_port_allocate: parameter 2, right: int and MachPortRight: one of them is signed"}},
		{"a pointer less", func(f *abi.Facts) { f.Functions["mach_port_allocate"].Params[2].Type = "uint64_t" },
			[]string{"function mach_port_allocate: parameter 3, name: uint64_t and *MachPortName: one of them is a pointer"}},
		{"a pointer to another width", func(f *abi.Facts) { f.Functions["mach_port_allocate"].Params[2].Type = "uint64_t *" },
			[]string{"function mach_port_allocate: parameter 3, name: uint64_t has 8 bytes"}},
		{"two parameters", func(f *abi.Facts) {
			p := f.Functions["mach_port_mod_refs"].Params
			p[1], p[2] = p[2], p[1]
		}, []string{"function mach_port_mod_refs: parameter 2", "function mach_port_mod_refs: parameter 3"}},
		{"a parameter less", func(f *abi.Facts) { f.Functions["task_suspend"].Params = nil },
			[]string{"function task_suspend: 1 parameters, want 0"}},
		{"a result", func(f *abi.Facts) { f.Functions["task_suspend"].Returns = "int" },
			[]string{"function task_suspend: result"}},
		{"a variable's width", func(f *abi.Facts) { f.Variables["vm_page_shift"].Type = "long" },
			[]string{"variable vm_page_shift: long has 8 bytes, int32 has 4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			spoiled := facts.Clone()
			c.spoil(spoiled)
			var got []string
			for _, p := range Check(p, spoiled, except).Problems {
				if !clean[p.String()] {
					got = append(got, p.String())
				}
			}
			text := strings.Join(got, "\n")
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("reported\n%s\nwant a line with %q", text, want)
				}
			}
			if len(c.want) == 0 && text != "" {
				t.Errorf("reported %s", text)
			}
		})
	}
}

func TestHeldBack(t *testing.T) {
	p, _, _ := load(t, Targets[0])
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	release := &abi.Release{Date: day, Moves: map[string]time.Time{
		"const KERN_FAILURE": day.AddDate(0, 1, 0), "const KERN_ABORTED": day, "record MachMsgHeader": day.AddDate(0, 1, 0),
	}}
	for _, c := range []struct {
		kind, name string
		want       bool
	}{
		{"constant", "KERN_FAILURE", true}, {"constant", "KERN_ABORTED", false}, {"constant", "KERN_SUCCESS", false},
		{"record", "mach_msg_header_t", true}, {"field", "mach_msg_header_t.msgh_id", true}, {"record", "mach_msg_body_t", false},
	} {
		if got := p.HeldBack(Problem{Kind: c.kind, Name: c.name}, release); got != c.want {
			t.Errorf("%s %s held back: %t", c.kind, c.name, got)
		}
	}
}

func TestReadExceptions(t *testing.T) {
	for _, bad := range []string{"function x\n", "function x:\n", "function: why\n", "a b c: why\n", "a b: why\na b: again\n"} {
		file := filepath.Join(t.TempDir(), "except.txt")
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if e, err := ReadExceptions(file); err == nil {
			t.Errorf("%q: %v, want an error", bad, e)
		}
	}
}
