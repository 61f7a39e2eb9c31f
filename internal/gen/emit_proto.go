package gen

import (
	"fmt"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// emitProto writes internal/proto: the prototypes and MIG messages as compact
// Go tables, for the hosted kernel and the emulator, which must not parse
// megabytes of JSON at start.
func (g *Gen) emitProto() (map[string][]byte, error) {
	fs, err := g.functions()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("// Functions are the functions that libSystem exports, in order of name; the\n// symbol numbers of internal/libsystem count from 1 in the same order.\nvar Functions = [...]Function{\n")
	for _, f := range fs {
		var ps []string
		for _, p := range f.Params {
			ps = append(ps, fmt.Sprintf("{%q, %q, %s, %d}", p.CName, p.C, g.kind(p), argSize(p)))
		}
		ret, err := g.returnKind(f)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\t{Name: %q, Returns: %s, Params: []Param{%s}},\n", f.C, ret, strings.Join(ps, ", "))
	}
	b.WriteString("}\n")
	fn, err := assemble(target{Package: "proto"}, []block{{Text: b.String()}})
	if err != nil {
		return nil, err
	}
	mig, err := g.emitMIG()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"internal/proto/zfunctions.go": fn, "internal/proto/zmig.go": mig}, nil
}

func argSize(p param) int {
	if p.Ptr || p.Text {
		return 8
	}
	return p.Size
}

// kind classifies an argument for the kernel's and the guests' decoders.
func (g *Gen) kind(p param) string {
	switch {
	case p.Text:
		return "CString"
	case p.Ptr:
		return "Pointer"
	case p.Struct != nil && p.Struct.Size > 16:
		return "BigStruct"
	case p.Struct != nil:
		return "SmallStruct"
	case p.Size == 8:
		return "Word64"
	default:
		return "Word32"
	}
}

func (g *Gen) returnKind(f *function) (string, error) {
	switch f.Result {
	case "error":
		return "KernReturn", nil
	case "":
		return "Void", nil
	case "string":
		return "CString", nil
	}
	t, err := g.resolve(f.Returns)
	if err != nil {
		return "", err
	}
	switch {
	case t.Ptr:
		return "Pointer", nil
	case t.Size == 8:
		return "Word64", nil
	}
	return "Word32", nil
}

func (g *Gen) emitMIG() ([]byte, error) {
	m, err := abi.LoadMIG()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("// Routines are the MIG routines with a public header, in order of subsystem\n// and message id.\nvar Routines = [...]Routine{\n")
	for _, sub := range sorted(m.Subsystems) {
		ids := m.Subsystems[sub]
		for _, name := range sorted(ids) {
			fmt.Fprintf(&b, "\t{Subsystem: %q, Name: %q, ID: %d", sub, name, ids[name])
			if l := m.Layouts[name]; l != nil {
				fmt.Fprintf(&b, ", Request: %s, Reply: %s", message(l.Request), message(l.Reply))
			}
			b.WriteString("},\n")
		}
	}
	b.WriteString("}\n")
	return assemble(target{Package: "proto"}, []block{{Text: b.String()}})
}

func message(m *abi.Message) string {
	if m == nil {
		return "Message{}"
	}
	var fs []string
	for _, f := range m.Fields {
		fs = append(fs, fmt.Sprintf("{%q, %q, %d}", f.Name, f.Type, f.Offset))
	}
	return fmt.Sprintf("Message{Size: %d, Fields: []Field{%s}}", m.Size, strings.Join(fs, ", "))
}
