package gen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// record is a struct or union with its Go form.
type record struct {
	*abi.Record
	Tag     string
	GoName  string
	GoAlign int
	Arch    string // "" where both families agree, else the one it is for
	Packed  bool   // eight-byte members are PackedUint64
	Members []member
	Bits    []bitField
	inner   bool // anonymous, inside another record
	done    bool
}

// member is a field of the Go struct.
type member struct {
	GoName string // "_" for padding, "" for an embedded union
	C      string
	Type   string
	Offset int
	Size   int
	CType  string
}

// bitField is read and written through accessors on a storage member.
type bitField struct {
	GoName  string
	C       string
	Storage string // member that holds it
	Width   int    // of the storage, in bits
	First   int    // bit in the storage
	Last    int
}

// node is a field with its nested fields.
type node struct {
	abi.Field
	kids []*node
}

func tree(fields []abi.Field) []*node {
	var roots []*node
	stack := []*node{}
	for _, f := range fields {
		n := &node{Field: f}
		stack = stack[:f.Depth-1]
		if len(stack) == 0 {
			roots = append(roots, n)
		} else {
			p := stack[len(stack)-1]
			p.kids = append(p.kids, n)
		}
		stack = append(stack, n)
	}
	return roots
}

// joinRecords collects the records of both families; one that differs between
// them stands twice, under its tag for arm64 and under "tag@amd64".
func (g *Gen) joinRecords() {
	g.records = map[string]*record{}
	arm, amd := g.arch["arm64"].Records, g.arch["amd64"].Records
	for tag, r := range amd {
		g.records[tag] = &record{Record: r, Tag: tag}
	}
	for tag, r := range arm {
		if o, ok := amd[tag]; ok && o.Size != r.Size {
			g.records[tag] = &record{Record: r, Tag: tag, Arch: "!amd64"}
			continue
		}
		g.records[tag] = &record{Record: r, Tag: tag}
	}
	for tag, r := range unlisted {
		if g.records[tag] == nil {
			g.records[tag] = &record{Record: r, Tag: tag}
		}
	}
	// Anonymous unions become records of their own, called after their place.
	for _, tag := range slices.Sorted(maps.Keys(g.records)) {
		r := g.records[tag]
		for _, n := range tree(r.Fields) {
			if !strings.Contains(n.Type, "::(") {
				continue
			}
			u := &record{Tag: strings.TrimSpace(strings.TrimPrefix(n.Type, "union ")), inner: true}
			u.Record = &abi.Record{Kind: "union", Align: r.Align, Size: r.Size - n.Offset}
			u.Origin = r.Origin
			for _, k := range n.kids {
				f := k.Field
				f.Offset -= n.Offset
				f.Depth = 1
				u.Fields = append(u.Fields, f)
			}
			g.records[u.Tag] = u
		}
	}
}

// unlisted are structs that the facts know only as the elements of an array
// typedef, whose size holds them to account.
var unlisted = map[string]*abi.Record{
	"mach_vm_read_entry": {Kind: "struct", Size: 16, Align: 8, Origin: abi.Origin{Header: "mach/vm_region.h", Seen: abi.Trees}, Fields: []abi.Field{
		{Name: "address", Type: "mach_vm_address_t", Depth: 1},
		{Name: "size", Type: "mach_vm_size_t", Offset: 8, Depth: 1},
	}},
	"vm_read_entry": {Kind: "struct", Size: 16, Align: 8, Origin: abi.Origin{Header: "mach/vm_region.h", Seen: abi.Trees}, Fields: []abi.Field{
		{Name: "address", Type: "vm_address_t", Depth: 1},
		{Name: "size", Type: "vm_size_t", Offset: 8, Depth: 1},
	}},
}

// recordOf finds the record that a canonical type is, if any.
func (g *Gen) recordOf(canonical string) *record {
	c := strings.TrimSpace(canonical)
	c = strings.TrimPrefix(strings.TrimPrefix(c, "struct "), "union ")
	return g.records[c]
}

// inside is the record that a member of this type holds, if any: itself,
// behind a typedef or as an array.
func (g *Gen) inside(c string) *record {
	if m := arrayRE().FindStringSubmatch(c); m != nil {
		c = m[1]
	}
	c = strings.TrimSpace(c)
	if t := g.types[c]; t != nil {
		c = t.Canonical
	}
	return g.recordOf(c)
}

// layoutRecords decides the Go members of all records, and which records need
// packed eight-byte members: those whose own layout Go cannot express, and
// those that stand at a misaligned offset inside another.
func (g *Gen) layoutRecords() error {
	for _, r := range g.records {
		// Descriptors and trailers stand at multiples of four in a message.
		r.Packed = strings.HasPrefix(r.Tag, "mach_msg_")
		if r.inner {
			outer, field := innerName(g, r)
			r.GoName = outer + field
		}
	}
	for {
		again := false
		for _, tag := range sorted(g.records) {
			g.records[tag].done = false
		}
		for _, tag := range sorted(g.records) {
			changed, err := g.layout(g.records[tag])
			if err != nil {
				return err
			}
			again = again || changed
		}
		if !again {
			break
		}
	}
	return nil
}

// innerName is the outer record's name and the member that an anonymous union
// is called after.
func innerName(g *Gen, u *record) (outer, field string) {
	tag, _, _ := strings.Cut(u.Tag, "::")
	o := g.records[tag]
	for _, n := range tree(o.Fields) {
		if strings.TrimSpace(strings.TrimPrefix(n.Type, "union ")) == u.Tag {
			if n.Name != "" {
				return o.GoName, FieldName(n.Name)
			}
			return o.GoName, "Union"
		}
	}
	return o.GoName, "Union"
}

// layout computes the members of r. It reports whether it found a record that
// has to be packed, in which case all layouts are computed again.
func (g *Gen) layout(r *record) (changed bool, err error) {
	if r.done {
		return false, nil
	}
	r.done = true
	r.Members, r.Bits = nil, nil
	if r.Kind == "union" {
		return g.layoutUnion(r)
	}
	align := 1
	end := 0
	nodes := tree(r.Fields)
	for i := 0; i < len(nodes); i++ {
		n := nodes[i]
		if n.Bits != nil {
			j := i
			for j < len(nodes) && nodes[j].Bits != nil {
				j++
			}
			next := r.Size
			if j < len(nodes) {
				next = nodes[j].Offset
			}
			e, a, err := g.layoutBits(r, nodes[i:j], next)
			if err != nil {
				return false, err
			}
			end, align = e, max(align, a)
			i = j - 1
			continue
		}
		in := g.inside(n.Type)
		if in != nil {
			if c, err := g.layout(in); c || err != nil {
				return c, err
			}
		}
		t, err := g.resolve(n.Type)
		if err != nil {
			return false, fmt.Errorf("%s.%s: %w", r.Tag, n.Name, err)
		}
		if t.Size == 0 {
			continue // a flexible array: Go would pad after a field of no size
		}
		if r.Packed && t.Align == 8 && in == nil && !strings.HasPrefix(t.Expr, "[") {
			t = goType{Expr: packedType(t), Size: 8, Align: 4}
		}
		if n.Offset%t.Align != 0 {
			if in != nil && !in.Packed {
				in.Packed = true
				return true, nil
			}
			if !r.Packed {
				r.Packed = true
				return true, nil
			}
			return false, fmt.Errorf("gen: %s.%s: offset %d not aligned to %d", r.Tag, n.Name, n.Offset, t.Align)
		}
		if n.Offset > roundUp(end, t.Align) {
			r.pad(end, n.Offset)
		}
		name := ""
		if n.Name != "" {
			name = FieldName(n.Name)
		}
		r.Members = append(r.Members, member{name, n.Name, t.Expr, n.Offset, t.Size, n.Type})
		end = n.Offset + t.Size
		align = max(align, t.Align)
	}
	if r.Size%align != 0 { // Go would round the size up
		if r.Packed {
			return false, fmt.Errorf("gen: %s: size %d is no multiple of alignment %d", r.Tag, r.Size, align)
		}
		r.Packed = true
		return true, nil
	}
	if end < r.Size && roundUp(end, align) != r.Size {
		r.pad(end, r.Size)
	}
	r.GoAlign = align
	return false, nil
}

func packedType(t goType) string {
	if t.Expr == "int64" {
		return "PackedInt64"
	}
	return "PackedUint64"
}

func (r *record) pad(from, to int) {
	r.Members = append(r.Members, member{"_", "", fmt.Sprintf("[%d]byte", to-from), from, to - from, ""})
}

// layoutBits lays out a run of bit-fields that ends before offset next. Fields
// of whole bytes become members; other runs become one unsigned word with
// accessors.
func (g *Gen) layoutBits(r *record, run []*node, next int) (end, align int, err error) {
	whole := true
	for _, n := range run {
		width := n.Bits[1] - n.Bits[0] + 1
		if n.Bits[0] != 0 || width%8 != 0 {
			whole = false
		}
	}
	align = 1
	if whole {
		for _, n := range run {
			size := (n.Bits[1] + 1) / 8
			t := fmt.Sprintf("[%d]byte", size)
			if size == 1 || size == 2 || size == 4 {
				t = fmt.Sprintf("uint%d", size*8)
				if n.Offset%size == 0 {
					align = max(align, size)
				}
			}
			name := FieldName(n.Name)
			r.Members = append(r.Members, member{name, n.Name, t, n.Offset, size, n.Type})
			end = n.Offset + size
		}
		return end, align, nil
	}
	start := run[0].Offset
	last := 0
	for _, n := range run {
		last = max(last, (n.Offset-start)*8+n.Bits[1])
	}
	size := 1
	for size*8 <= last {
		size *= 2
	}
	if start+size > next {
		return 0, 0, fmt.Errorf("gen: %s: bit-fields at %d do not fit", r.Tag, start)
	}
	storage := "Bits"
	r.Members = append(r.Members, member{storage, "", fmt.Sprintf("uint%d", size*8), start, size, ""})
	for _, n := range run {
		if n.Name == "" {
			continue
		}
		shift := (n.Offset - start) * 8
		r.Bits = append(r.Bits, bitField{FieldName(n.Name), n.Name, storage, size * 8, shift + n.Bits[0], shift + n.Bits[1]})
	}
	return start + size, size, nil
}

// layoutUnion gives a union one storage array and pointers to its members.
func (g *Gen) layoutUnion(r *record) (bool, error) {
	align, size := 1, 0
	for _, n := range tree(r.Fields) {
		if in := g.inside(n.Type); in != nil {
			if c, err := g.layout(in); c || err != nil {
				return c, err
			}
		}
		t, err := g.resolve(n.Type)
		if err != nil {
			return false, fmt.Errorf("%s.%s: %w", r.Tag, n.Name, err)
		}
		align, size = max(align, t.Align), max(size, t.Size)
		r.Members = append(r.Members, member{FieldName(n.Name), n.Name, t.Expr, n.Offset, t.Size, n.Type})
	}
	if r.inner {
		r.Record.Size = roundUp(size, align)
	}
	if align > 4 && r.Align == 4 && r.Kind == "union" && !r.inner {
		align = 4
	}
	r.GoAlign = align
	return false, nil
}

func roundUp(n, a int) int { return (n + a - 1) / a * a }
