package gen

import (
	"fmt"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// The items of the API as values, for programs that tell people about them: by
// C name, with the Go form that package mach gives each.

// Constant is a C constant.
type Constant struct {
	C      string            `json:"c"`
	Go     string            `json:"go"`
	Type   string            `json:"type,omitempty"` // in Go; empty if it has none of its own
	Header string            `json:"header"`
	Text   bool              `json:"text,omitempty"` // it is a string
	Values map[string]string `json:"values"`         // by GOARCH, as a Go literal
	Note   string            `json:"note,omitempty"` // since when, what changed
}

// Record is a struct or union.
type Record struct {
	C       string            `json:"c"`
	Go      string            `json:"go"`
	Kind    string            `json:"kind"`
	Header  string            `json:"header"`
	Names   []string          `json:"names,omitempty"` // typedefs for it
	Layouts map[string]Layout `json:"layouts"`         // by GOARCH
	Note    string            `json:"note,omitempty"`
}

// Layout is where the fields of a record are on one CPU family.
type Layout struct {
	Size   int         `json:"size"`
	Align  int         `json:"align"`
	Fields []abi.Field `json:"fields"`
}

// Function is an exported function.
type Function struct {
	C         string `json:"c"`
	Go        string `json:"go"`
	Header    string `json:"header"`
	Prototype string `json:"prototype"` // in C
	Signature string `json:"signature"` // in Go
	Doc       string `json:"doc"`
}

// Constants lists all constants by C name.
func (g *Gen) Constants() []Constant {
	var out []Constant
	for _, c := range sorted(g.consts) {
		k := g.consts[c]
		v := map[string]string{}
		for arch, x := range k.Value {
			if arch != "" {
				v[arch] = x
			}
		}
		if both, ok := k.Value[""]; ok {
			for _, arch := range abi.Archs {
				if g.arch[arch].Constants[c] != nil || g.arch["arm64"].Constants[c] == nil && g.arch["amd64"].Constants[c] == nil {
					v[arch] = both
				}
			}
		}
		out = append(out, Constant{C: c, Go: k.GoName, Type: k.GoType, Header: k.Header, Text: k.String != nil, Values: v, Note: note(g.history(&k.Origin, changes(k)))})
	}
	return out
}

// Records lists all records that have a name by C name.
func (g *Gen) Records() []Record {
	names := map[string][]string{}
	for _, c := range sorted(g.types) {
		if r := g.recordOf(g.types[c].Canonical); r != nil {
			names[r.Tag] = append(names[r.Tag], c)
		}
	}
	var out []Record
	for _, tag := range sorted(g.records) {
		r := g.records[tag]
		if r.inner {
			continue
		}
		x := Record{C: tag, Go: r.GoName, Kind: r.Kind, Header: r.Header, Names: names[tag], Layouts: map[string]Layout{}}
		if x.Header == "" {
			x.Header = g.recordHeader(tag)
		}
		x.Note = note(g.history(&r.Origin, recordChange(r.Record)))
		for _, arch := range abi.Archs {
			if a := g.arch[arch].Records[tag]; a != nil {
				x.Layouts[arch] = Layout{a.Size, a.Align, a.Fields}
			}
		}
		if len(x.Layouts) == 0 { // what the facts have inside others only
			for _, arch := range abi.Archs {
				x.Layouts[arch] = Layout{r.Size, r.Align, r.Fields}
			}
		}
		out = append(out, x)
	}
	return out
}

// Functions lists what libSystem exports, by C name.
func (g *Gen) Functions() ([]Function, error) {
	fs, err := g.functions()
	if err != nil {
		return nil, err
	}
	var out []Function
	for _, f := range fs {
		doc, err := g.funcDoc(f)
		if err != nil {
			return nil, err
		}
		var c, args []string
		for i, p := range f.Params {
			c = append(c, declare(f.Function.Params[i].Type, f.Function.Params[i].Name))
			args = append(args, p.Name+" "+p.Type)
		}
		if len(c) == 0 {
			c = []string{"void"}
		}
		out = append(out, Function{
			C: f.C, Go: f.GoName, Header: f.Header, Doc: uncomment(doc),
			Prototype: declare(f.Returns, f.C) + "(" + strings.Join(c, ", ") + ")",
			Signature: strings.TrimSpace(fmt.Sprintf("func %s(%s) %s", f.GoName, strings.Join(args, ", "), f.Result)),
		})
	}
	return out, nil
}

// declare puts a name into a C type.
func declare(typ, name string) string {
	if m := arrayRE().FindStringSubmatch(typ); m != nil && name != "" {
		return m[1] + " " + name + strings.TrimPrefix(typ, m[1])
	}
	if i := strings.Index(typ, "(*)"); i >= 0 {
		return typ[:i+2] + name + typ[i+2:]
	}
	if strings.HasSuffix(typ, "*") || name == "" {
		return typ + name
	}
	return typ + " " + name
}

// note is a history as a sentence.
func note(history string) string { return strings.TrimSpace(uncomment(history)) }

func uncomment(s string) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(l, "//"), " ")
	}
	return strings.Join(lines, "\n")
}
