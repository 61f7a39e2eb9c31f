package gen

import (
	"fmt"
	"strconv"
	"strings"
)

// goType is a C type as Go sees it.
type goType struct {
	Expr  string // Go expression in package mach
	Size  int    // in bytes
	Align int    // Go's alignment on a 64-bit target
	Ptr   bool
	Func  bool // a C function pointer
}

var builtins = map[string]goType{
	"char":               {Expr: "byte", Size: 1, Align: 1},
	"signed char":        {Expr: "int8", Size: 1, Align: 1},
	"unsigned char":      {Expr: "uint8", Size: 1, Align: 1},
	"short":              {Expr: "int16", Size: 2, Align: 2},
	"unsigned short":     {Expr: "uint16", Size: 2, Align: 2},
	"int":                {Expr: "int32", Size: 4, Align: 4},
	"unsigned int":       {Expr: "uint32", Size: 4, Align: 4},
	"long":               {Expr: "int64", Size: 8, Align: 8},
	"unsigned long":      {Expr: "uint64", Size: 8, Align: 8},
	"long long":          {Expr: "int64", Size: 8, Align: 8},
	"unsigned long long": {Expr: "uint64", Size: 8, Align: 8},
	"unsigned __int128":  {Expr: "Uint128", Size: 16, Align: 8},
}

// system are the typedefs of <sys/types.h> and <stdint.h> that the facts use
// without listing them.
var system = map[string]string{
	"int8_t": "signed char", "uint8_t": "unsigned char", "__uint8_t": "unsigned char",
	"int16_t": "short", "uint16_t": "unsigned short", "__uint16_t": "unsigned short",
	"int32_t": "int", "uint32_t": "unsigned int", "__uint32_t": "unsigned int", "u_int32_t": "unsigned int",
	"int64_t": "long long", "uint64_t": "unsigned long long", "__uint64_t": "unsigned long long",
	"size_t": "unsigned long", "uintptr_t": "unsigned long", "intptr_t": "long",
	"uid_t": "unsigned int", "uuid_t": "unsigned char[16]", "__uint128_t": "unsigned __int128",
	"__darwin_mach_port_t": "unsigned int", "__darwin_natural_t": "unsigned int",
}

var arrayRE = re(`^(.*?)\s*\[(\d*)\](.*)$`)

// resolve turns a C type, as the facts spell it, into a Go type.
func (g *Gen) resolve(c string) (goType, error) {
	c = strings.TrimSpace(c)
	if strings.Contains(c, "(*)") || strings.Contains(c, "(") && !strings.Contains(c, "::(") {
		return goType{Expr: "unsafe.Pointer", Size: 8, Align: 8, Ptr: true, Func: true}, nil
	}
	if strings.HasSuffix(c, "*") {
		return g.pointerTo(strings.TrimSpace(strings.TrimSuffix(c, "*")))
	}
	if m := arrayRE().FindStringSubmatch(c); m != nil {
		elem, err := g.resolve(m[1] + m[3])
		if err != nil {
			return goType{}, err
		}
		n, _ := strconv.Atoi(m[2])
		return goType{Expr: fmt.Sprintf("[%d]%s", n, elem.Expr), Size: n * elem.Size, Align: elem.Align}, nil
	}
	c = strings.TrimSpace(strings.TrimPrefix(c, "const "))
	if t, ok := builtins[c]; ok {
		return t, nil
	}
	if s, ok := system[c]; ok {
		if _, listed := g.types[c]; !listed {
			return g.resolve(s)
		}
	}
	tag := c
	for _, kw := range []string{"struct ", "union ", "enum "} {
		tag = strings.TrimPrefix(tag, kw)
	}
	if t := g.types[tag]; t != nil && tag == c {
		return g.typedef(tag)
	}
	if r := g.records[tag]; r != nil {
		return goType{Expr: r.GoName, Size: r.Size, Align: r.GoAlign}, nil
	}
	if t := g.types[tag]; t != nil {
		return g.typedef(tag)
	}
	if strings.HasPrefix(c, "enum ") {
		return goType{Expr: "uint32", Size: 4, Align: 4}, nil
	}
	return goType{}, fmt.Errorf("gen: unknown C type %q", c)
}

func (g *Gen) pointerTo(elem string) (goType, error) {
	elem = strings.TrimSpace(strings.TrimSuffix(elem, " const"))
	bare := strings.TrimSpace(strings.TrimPrefix(elem, "const "))
	p := goType{Size: 8, Align: 8, Ptr: true}
	switch {
	case bare == "void", g.opaque(bare):
		p.Expr = "unsafe.Pointer"
		return p, nil
	}
	t, err := g.resolve(bare)
	if err != nil {
		return goType{}, err
	}
	if t.Func && strings.HasSuffix(bare, "func_t") { // function types: kmod_start_func_t
		p.Expr = "unsafe.Pointer"
		return p, nil
	}
	p.Expr = "*" + t.Expr
	return p, nil
}

// opaque reports whether the headers declare the struct without a body.
func (g *Gen) opaque(c string) bool {
	tag, ok := strings.CutPrefix(c, "struct ")
	return ok && g.records[tag] == nil && g.types[tag] == nil
}

// typedef resolves a listed typedef to its Go name, or through it where it
// has none (pointers).
func (g *Gen) typedef(name string) (goType, error) {
	t := g.types[name]
	if r := g.recordOf(t.Canonical); r != nil {
		return goType{Expr: g.typeNames[name], Size: r.Size, Align: r.GoAlign}, nil
	}
	if isPointer(t.Canonical) {
		target := t.Type
		if target == name {
			target = t.Canonical
		}
		return g.resolve(target)
	}
	under, err := g.underlying(name)
	if err != nil {
		return goType{}, err
	}
	under.Expr = g.typeNames[name]
	return under, nil
}

// signedEnums have a negative enumerator.
var signedEnums = map[string]bool{"task_role_t": true}

// underlying is the built-in Go type below a scalar or array typedef.
func (g *Gen) underlying(name string) (goType, error) {
	t := g.types[name]
	if t.Canonical == name || strings.HasPrefix(t.Canonical, "enum ") {
		sign := "u"
		if signedEnums[name] {
			sign = ""
		}
		return goType{Size: *t.Size, Align: *t.Size, Expr: fmt.Sprintf("%sint%d", sign, *t.Size*8)}, nil
	}
	if t.Type != name && strings.Contains(t.Canonical, "[") {
		return g.resolve(t.Type)
	}
	return g.resolve(t.Canonical)
}

func isPointer(canonical string) bool {
	return strings.HasSuffix(canonical, "*") || strings.Contains(canonical, "(")
}
