package gocheck

import (
	"fmt"
	"go/types"
	"regexp"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// shape is what the ABI sees of a type.
type shape struct {
	size    int
	signed  bool
	number  bool   // an integer: signed counts
	anySign bool   // the facts do not say whether it is signed, or it does not matter
	char    bool   // C's char, which Go takes for a byte
	pointer bool   // a data or function pointer
	elem    string // what a data pointer points to, in C
	array   bool
	record  string // struct or union tag
}

// shapes resolves C types by the facts of one CPU family.
type shapes struct {
	facts *abi.Facts
}

var builtin = map[string]shape{
	"char":               {size: 1, number: true, char: true, anySign: true},
	"signed char":        {size: 1, number: true, signed: true},
	"unsigned char":      {size: 1, number: true},
	"short":              {size: 2, number: true, signed: true},
	"unsigned short":     {size: 2, number: true},
	"int":                {size: 4, number: true, signed: true},
	"unsigned int":       {size: 4, number: true},
	"long":               {size: 8, number: true, signed: true},
	"unsigned long":      {size: 8, number: true},
	"long long":          {size: 8, number: true, signed: true},
	"unsigned long long": {size: 8, number: true},
	"unsigned __int128":  {size: 16},
}

// elsewhere are typedefs of other headers than Mach's.
var elsewhere = map[string]string{
	"int8_t": "signed char", "uint8_t": "unsigned char", "__uint8_t": "unsigned char",
	"int16_t": "short", "uint16_t": "unsigned short", "__uint16_t": "unsigned short",
	"int32_t": "int", "uint32_t": "unsigned int", "__uint32_t": "unsigned int", "u_int32_t": "unsigned int",
	"int64_t": "long long", "uint64_t": "unsigned long long", "__uint64_t": "unsigned long long",
	"size_t": "unsigned long", "uintptr_t": "unsigned long", "intptr_t": "long", "uid_t": "unsigned int",
	"__darwin_mach_port_t": "unsigned int", "__darwin_natural_t": "unsigned int",
	"uuid_t": "unsigned char[16]", "__uint128_t": "unsigned __int128",
	"va_list": "char *", "__darwin_mach_port_name_t": "unsigned int",
}

var arrayType = regexp.MustCompile(`^(.*?) ?\[(\d*)\](.*)$`)

func (s *shapes) of(c string) (shape, error) {
	c = strings.TrimSpace(c)
	switch {
	case strings.Contains(c, "(*)"):
		return shape{size: 8, pointer: true}, nil
	case strings.HasSuffix(c, "*"), strings.HasSuffix(c, "*const"):
		return shape{size: 8, pointer: true, elem: strings.TrimSpace(c[:strings.LastIndexByte(c, '*')])}, nil
	}
	c = strings.TrimSpace(strings.TrimPrefix(c, "const "))
	if m := arrayType.FindStringSubmatch(c); m != nil {
		elem, err := s.of(m[1] + m[3])
		if err != nil {
			return shape{}, err
		}
		n, _ := strconv.Atoi(m[2])
		return shape{size: n * elem.size, array: true, elem: m[1] + m[3]}, nil
	}
	if b, ok := builtin[c]; ok {
		return b, nil
	}
	tag := strings.TrimPrefix(strings.TrimPrefix(c, "struct "), "union ")
	if t := s.facts.Types[c]; t != nil {
		return s.typedef(c, t)
	}
	if r := s.facts.Records[tag]; r != nil {
		return shape{size: r.Size, record: tag}, nil
	}
	if e, ok := elsewhere[c]; ok {
		return s.of(e)
	}
	if strings.HasPrefix(c, "enum ") {
		return shape{size: 4, number: true}, nil
	}
	if size := s.elementSize(c); size != 0 {
		return shape{size: size, record: tag}, nil
	}
	return shape{}, fmt.Errorf("unknown C type %q", c)
}

// elementSize is the size of a record that the facts know only as the element
// of an array typedef, such as struct mach_vm_read_entry; 0 if it is none.
func (s *shapes) elementSize(c string) int {
	for _, t := range s.facts.Types {
		if m := arrayType.FindStringSubmatch(t.Canonical); m != nil && m[1] == c && t.Size != nil {
			if n, err := strconv.Atoi(m[2]); err == nil && n > 0 {
				return *t.Size / n
			}
		}
	}
	return 0
}

func (s *shapes) typedef(name string, t *abi.Type) (shape, error) {
	canonical := t.Canonical
	if strings.Contains(canonical, "(") && !strings.Contains(canonical, "(*)") {
		return shape{size: 8, pointer: true}, nil // a function, never by value
	}
	tag := strings.TrimPrefix(strings.TrimPrefix(canonical, "struct "), "union ")
	if r := s.facts.Records[tag]; r != nil {
		return shape{size: r.Size, record: tag}, nil
	}
	if canonical == name || strings.HasPrefix(canonical, "enum ") { // an enum
		// C gives an enum a signed type if an enumerator is negative; which
		// one it is the facts do not say.
		return shape{size: *t.Size, number: true, anySign: true}, nil
	}
	if canonical == t.Type || !strings.HasSuffix(canonical, "*") {
		return s.of(canonical)
	}
	return s.of(t.Type)
}

// goShape is the shape of a Go type.
func (p *Package) goShape(t types.Type) shape {
	size := int(p.Sizes.Sizeof(t))
	if n, ok := types.Unalias(t).(*types.Named); ok {
		switch n.Obj().Name() {
		case "PackedUint64":
			return shape{size: size, number: true}
		case "PackedInt64":
			return shape{size: size, number: true, signed: true}
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Signature:
		return shape{size: size, pointer: true}
	case *types.Array:
		return shape{size: size, array: true}
	case *types.Struct:
		return shape{size: size, record: t.String()}
	case *types.Basic:
		switch {
		case u.Kind() == types.UnsafePointer, u.Kind() == types.String:
			return shape{size: 8, pointer: true}
		case u.Info()&types.IsInteger != 0:
			return shape{size: size, number: true, signed: u.Info()&types.IsUnsigned == 0}
		}
	}
	return shape{size: size}
}

// differ says how a Go type differs from a C type, or "".
func (p *Package) differ(s *shapes, c string, g types.Type) string {
	want, err := s.of(c)
	if err != nil {
		return err.Error()
	}
	got := p.goShape(g)
	switch {
	case got.size != want.size:
		return fmt.Sprintf("%s has %d bytes, %s has %d", c, want.size, p.name(g), got.size)
	case got.pointer != want.pointer:
		return fmt.Sprintf("%s and %s: one of them is a pointer", c, p.name(g))
	case want.number && !got.number && !got.pointer:
		return fmt.Sprintf("%s is a number, %s is none", c, p.name(g))
	case want.number && got.number && !want.anySign && want.signed != got.signed:
		return fmt.Sprintf("%s and %s: one of them is signed", c, p.name(g))
	case want.array != got.array || (want.record != "") != (got.record != ""):
		return fmt.Sprintf("%s and %s are of different kinds", c, p.name(g))
	}
	if want.pointer && want.elem != "" {
		return p.differElem(s, want.elem, g)
	}
	return ""
}

// differElem compares what pointers point to. An unsafe.Pointer is right for
// void and for what the headers do not define; a Go string for C text.
func (p *Package) differElem(s *shapes, elem string, g types.Type) string {
	bare := strings.TrimSpace(strings.TrimPrefix(elem, "const "))
	want, err := s.of(elem)
	opaque := err != nil || bare == "void"
	switch u := g.Underlying().(type) {
	case *types.Basic:
		if u.Kind() == types.String && bare == "char" {
			return ""
		}
		if u.Kind() == types.UnsafePointer && (opaque || want.pointer && want.elem == "") {
			return ""
		}
		return fmt.Sprintf("%s * is %s in Go", elem, p.name(g))
	case *types.Pointer:
		if opaque {
			return fmt.Sprintf("%s * is %s in Go", elem, p.name(g))
		}
		// An array of chars stands for the char that C lets it decay to.
		if a, ok := u.Elem().Underlying().(*types.Array); ok && want.char {
			return p.differ(s, elem, a.Elem())
		}
		return p.differ(s, elem, u.Elem())
	}
	return ""
}

// name is a Go type without the package's path.
func (p *Package) name(t types.Type) string {
	return types.TypeString(t, types.RelativeTo(p.Types))
}
