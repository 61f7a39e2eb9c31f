package ctest

import (
	"fmt"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// Bit is a bit-field whose place the object file shows: in a record of Size
// bytes at Start, where only this field's bits are set.
type Bit struct {
	Name        string // record and field
	Start, Size int
	Offset      int // of the field's storage, as facts have it
	First, Last int // bits, counted from Offset
}

// bitSection is where the probes stand.
const bitSection = "__machbits"

func (g *generator) records() {
	// Some headers keep old names of members alive as macros.
	names := map[string]bool{}
	for _, r := range g.facts.Records {
		for _, f := range r.Fields {
			if f.Name != "" {
				names[f.Name] = true
			}
		}
	}
	for _, n := range sorted(names) {
		g.printf("#undef %s\n", n)
	}
	for _, name := range sorted(g.facts.Records) {
		r := g.facts.Records[name]
		if r.SDK != g.sdk {
			g.p.Absent["records"]++
			continue
		}
		g.p.Checked["records"]++
		typ := g.recordType(name, r)
		align := r.Align
		if e := abi.ErratumOf("records", name, g.arch); e != nil && e.Key == "align" {
			align = e.Right.(int)
		}
		g.assert(fmt.Sprintf("sizeof(%s) == %d", typ, r.Size), name, "size")
		g.assert(fmt.Sprintf("_Alignof(%s) == %d", typ, align), name, "alignment")
		for i, path := range Paths(r) {
			if path != "" {
				g.field(name, typ, path, r, &r.Fields[i])
			}
		}
	}
}

// recordType is how C names the record: by its tag, or by the typedef of a
// record that has none.
func (g *generator) recordType(name string, r *abi.Record) string {
	if t := g.facts.Types[name]; t != nil && t.Canonical == name {
		return name
	}
	return r.Kind + " " + name
}

// Paths gives each field the expression that C reaches it by from the record,
// "" for a member without a name.
func Paths(r *abi.Record) []string {
	paths := make([]string, len(r.Fields))
	var stack []string // of prefixes, by depth
	for i, f := range r.Fields {
		prefix := ""
		if f.Depth > 1 && f.Depth-2 < len(stack) {
			prefix = stack[f.Depth-2]
		}
		stack = stack[:min(f.Depth-1, len(stack))]
		if f.Name == "" {
			stack = append(stack, prefix)
			continue
		}
		paths[i] = prefix + f.Name
		stack = append(stack, prefix+f.Name+".")
	}
	return paths
}

func (g *generator) field(name, typ, path string, r *abi.Record, f *abi.Field) {
	item := name + "." + path
	if f.Bits != nil {
		g.p.Checked["bit-fields"]++
		g.probes = append(g.probes, fmt.Sprintf("%s p%d; | {.%s = -1},", typ, len(g.probes), path))
		g.p.Bits = append(g.p.Bits, Bit{item, g.offset, r.Size, f.Offset, f.Bits[0], f.Bits[1]})
		g.offset += r.Size
		return
	}
	g.p.Checked["fields"]++
	g.assert(fmt.Sprintf("offsetof(%s, %s) == %d", typ, path, f.Offset), item, "offset")
	if !strings.Contains(f.Type, "::") {
		g.assert(fmt.Sprintf("SAME(((%s *)0)->%s, %s)", typ, path, f.Type), item, "its type is "+f.Type)
	}
}

// bitProbes writes one packed struct, in a section of its own, with a record
// for each bit-field that has all bits of this field set and no other.
func (g *generator) bitProbes() {
	g.printf("#pragma clang diagnostic ignored \"-Wbitfield-constant-conversion\"\n")
	g.printf("const struct __attribute__((packed)) {\n")
	for _, p := range g.probes {
		member, _, _ := strings.Cut(p, " | ")
		g.printf("\t%s\n", member)
	}
	g.printf("} bit_probes __attribute__((used, section(\"__DATA,%s\"))) = {\n", bitSection)
	for _, p := range g.probes {
		_, initializer, _ := strings.Cut(p, " | ")
		g.printf("\t%s\n", initializer)
	}
	g.printf("};\n")
}
