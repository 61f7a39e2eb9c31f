package gocheck

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/ctest"
)

// record compares size and alignment, and then every member at every depth.
func (c *checker) record(name string, r *abi.Record) {
	goName := c.names.records[name]
	obj, found := c.Types.Scope().Lookup(goName).(*types.TypeName)
	c.item("record", name, func(wrong func(string, ...any)) {
		if !found {
			wrong("no Go type says in its comment that it is this one")
			return
		}
		if got := c.Sizes.Sizeof(obj.Type()); int(got) != r.Size {
			wrong("%s has %d bytes, want %d", goName, got, r.Size)
		}
		align := r.Align
		if e := abi.ErratumOf("records", name, c.Target.GOARCH); e != nil && e.Key == "align" {
			align = e.Right.(int)
		}
		if got := c.Sizes.Alignof(obj.Type()); int(got) != align && !c.excepted("align", name) {
			wrong("%s has alignment %d, want %d", goName, got, align)
		}
	})
	if !found {
		return
	}
	for i, path := range ctest.Paths(r) {
		if path == "" {
			continue
		}
		f := &r.Fields[i]
		c.item("field", name+"."+path, func(wrong func(string, ...any)) {
			c.field(obj.Type(), r, i, f, wrong)
		})
	}
}

// place is where a member of a record is in Go.
type place struct {
	offset int
	typ    types.Type
	method *ast.FuncDecl // the accessor, of a bit-field
	owner  types.Type    // the record with the accessor
}

// field finds the i-th member by the names on the way to it.
func (c *checker) field(root types.Type, r *abi.Record, i int, f *abi.Field, wrong func(string, ...any)) {
	at := place{typ: root}
	for _, name := range wayTo(r, i) {
		goName, ok := member(at.typ, name)
		if !ok {
			wrong("%s has no member that the naming rule spells like %s", c.name(at.typ), name)
			return
		}
		next, ok := c.step(at, goName)
		if !ok {
			wrong("%s of %s is no member that can be followed", goName, c.name(at.typ))
			return
		}
		at = next
	}
	if f.Bits != nil {
		c.bitField(at, f, wrong)
		return
	}
	if at.offset != f.Offset {
		wrong("at offset %d, want %d", at.offset, f.Offset)
	}
	if want, err := c.shapes.of(f.Type); err == nil && want.record != "" && c.sameRecord(at.typ, want) {
		return
	}
	// A union inside has no name in C that says its size; its members do.
	if _, err := c.shapes.of(f.Type); err != nil && hasKids(r, i) {
		return
	}
	if d := c.differ(c.shapes, f.Type, at.typ); d != "" {
		wrong("%s", d)
	}
}

func (c *checker) sameRecord(t types.Type, want shape) bool {
	goName := c.names.records[want.record]
	obj, ok := c.Types.Scope().Lookup(goName).(*types.TypeName)
	return ok && types.Identical(obj.Type(), t)
}

func hasKids(r *abi.Record, i int) bool {
	return i+1 < len(r.Fields) && r.Fields[i+1].Depth > r.Fields[i].Depth
}

// wayTo lists the named members from the record down to its i-th field.
func wayTo(r *abi.Record, i int) []string {
	var way []string
	depth := r.Fields[i].Depth + 1
	for ; i >= 0 && depth > 1; i-- {
		f := &r.Fields[i]
		if f.Depth >= depth {
			continue
		}
		depth = f.Depth
		if f.Name != "" {
			way = append([]string{f.Name}, way...)
		}
	}
	return way
}

// step goes from a record to a member: a field of the struct, a view of the
// union, or a bit-field's accessor; also through embedded unions.
func (c *checker) step(at place, name string) (place, bool) {
	obj, index, _ := types.LookupFieldOrMethod(types.NewPointer(at.typ), true, c.Types, name)
	if obj == nil {
		return place{}, false
	}
	offset, t := at.offset, at.typ
	through := index
	if _, method := obj.(*types.Func); method {
		through = index[:len(index)-1]
	}
	for _, i := range through {
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return place{}, false
		}
		fields := make([]*types.Var, st.NumFields())
		for j := range fields {
			fields[j] = st.Field(j)
		}
		offset += int(c.Sizes.Offsetsof(fields)[i])
		t = fields[i].Type()
	}
	m, ok := obj.(*types.Func)
	if !ok {
		return place{offset: offset, typ: t}, true
	}
	result := m.Type().(*types.Signature).Results()
	owner, isNamed := types.Unalias(t).(*types.Named)
	if result.Len() != 1 || !isNamed {
		return place{}, false
	}
	if view, ok := result.At(0).Type().(*types.Pointer); ok {
		return place{offset: offset, typ: view.Elem()}, true
	}
	return place{offset, result.At(0).Type(), c.methods[owner.Obj().Name()+"."+name], t}, true
}

// bitField compares the bits that the Go member or accessor reaches.
func (c *checker) bitField(at place, f *abi.Field, wrong func(string, ...any)) {
	first, width := 8*f.Offset+f.Bits[0], f.Bits[1]-f.Bits[0]+1
	if at.method == nil {
		size := int(c.Sizes.Sizeof(at.typ))
		if 8*at.offset != first || 8*size != width {
			wrong("bytes %d to %d, want bits %d to %d", at.offset, at.offset+size-1, first, first+width-1)
		}
		return
	}
	get, ok := c.accessor(at, at.method)
	if !ok {
		wrong("the accessor's body is not of the form that the check can read")
		return
	}
	if get.first != first || get.mask != 1<<width-1 {
		wrong("the accessor reads from bit %d with mask %#x, want bit %d and %d bits", get.first, get.mask, first, width)
	}
	owner := types.Unalias(at.owner).(*types.Named).Obj().Name()
	set := c.methods[owner+".Set"+at.method.Name.Name]
	if set == nil {
		wrong("no Set%s", at.method.Name.Name)
		return
	}
	for _, lit := range literals(set) {
		if lit != get.mask && lit != uint64(get.shift) {
			wrong("Set%s uses %#x, which is neither the mask %#x nor the shift %d", at.method.Name.Name, lit, get.mask, get.shift)
		}
	}
}

type bits struct {
	first, shift int
	mask         uint64
}

// accessor reads "return r.Storage >> shift & mask".
func (c *checker) accessor(at place, m *ast.FuncDecl) (bits, bool) {
	if len(m.Body.List) != 1 {
		return bits{}, false
	}
	ret, ok := m.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return bits{}, false
	}
	and, ok := ret.Results[0].(*ast.BinaryExpr)
	if !ok || and.Op != token.AND {
		return bits{}, false
	}
	shift, ok := and.X.(*ast.BinaryExpr)
	if !ok || shift.Op != token.SHR {
		return bits{}, false
	}
	sel, ok := shift.X.(*ast.SelectorExpr)
	if !ok {
		return bits{}, false
	}
	storage, ok := c.step(place{offset: at.offset, typ: at.owner}, sel.Sel.Name)
	n, mask := literals(shift.Y), literals(and.Y)
	if !ok || len(n) != 1 || len(mask) != 1 {
		return bits{}, false
	}
	return bits{8*storage.offset + int(n[0]), int(n[0]), mask[0]}, true
}

// literals lists the integer literals below a node.
func literals(n ast.Node) []uint64 {
	var out []uint64
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.INT {
			if v, exact := constant.Uint64Val(constant.MakeFromLiteral(lit.Value, token.INT, 0)); exact {
				out = append(out, v)
			}
		}
		return true
	})
	return out
}
