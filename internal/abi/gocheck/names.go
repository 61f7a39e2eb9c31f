package gocheck

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// names maps C names to what package mach calls them. It is read from the doc
// comments, which say of each item what it is in C: so the comments are held
// to account too, and the generator's own tables are not trusted.
type names struct {
	types     map[string]string // typedef -> Go type
	records   map[string]string // tag, or typedef of a record without a tag -> Go type
	functions map[string]string // C function -> Go function
	variables map[string]string // C variable -> Go function
	decls     map[string]*ast.FuncDecl
	methods   map[string]*ast.FuncDecl // "Type.Method"
}

var (
	typeDoc = regexp.MustCompile(`^(\w+) is C's (?:(struct|union) )?(\w+)(?: of <[^>]+>)?[.:]`)
	funcDoc = regexp.MustCompile(`(?m)^C: (\w+)(?: of <|, which libSystem exports and no public header declares)`)
	varDoc  = regexp.MustCompile(`^(\w+) returns libSystem's variable (\w+)\.`)
)

func readNames(p *Package) *names {
	n := &names{
		map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{},
		map[string]*ast.FuncDecl{}, map[string]*ast.FuncDecl{},
	}
	for _, f := range p.Files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				n.function(d)
			case *ast.GenDecl:
				if d.Tok == token.TYPE {
					n.typeDecl(d)
				}
			}
		}
	}
	return n
}

func (n *names) function(d *ast.FuncDecl) {
	if d.Recv != nil {
		n.methods[receiver(d)+"."+d.Name.Name] = d
		return
	}
	n.decls[d.Name.Name] = d
	text := d.Doc.Text()
	if m := varDoc.FindStringSubmatch(text); m != nil && m[1] == d.Name.Name {
		n.variables[m[2]] = m[1]
	} else if m := funcDoc.FindStringSubmatch(text); m != nil {
		n.functions[m[1]] = d.Name.Name
	}
}

func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func (n *names) typeDecl(d *ast.GenDecl) {
	for _, s := range d.Specs {
		s := s.(*ast.TypeSpec)
		doc := s.Doc
		if doc == nil {
			doc = d.Doc
		}
		m := typeDoc.FindStringSubmatch(strings.ReplaceAll(doc.Text(), "\n", " "))
		if m == nil || m[1] != s.Name.Name {
			continue
		}
		_, isStruct := s.Type.(*ast.StructType)
		if m[2] != "" || isStruct {
			n.records[m[3]] = m[1]
		}
		if m[2] == "" {
			n.types[m[3]] = m[1]
		}
	}
}

var macroDoc = regexp.MustCompile(`(?m)^C: ((?:\w+(?:, | and )?)+) of <`)

// Named lists the C functions and macros that some function or method of the
// package says to be, in a last line "C: name of <header>." or, for several,
// "C: a, b and c of <header>.".
func (p *Package) Named() map[string]bool {
	out := map[string]bool{}
	for _, f := range p.Files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			for _, m := range macroDoc.FindAllStringSubmatch(fn.Doc.Text(), -1) {
				for _, name := range strings.Fields(strings.NewReplacer(",", " ", " and ", " ").Replace(m[1])) {
					out[name] = true
				}
			}
		}
	}
	return out
}

// Functions are the Go functions of the package by the C function that each
// wraps.
func (p *Package) Functions() map[string]*ast.FuncDecl {
	n := readNames(p)
	out := map[string]*ast.FuncDecl{}
	for c, g := range n.functions {
		out[c] = n.decls[g]
	}
	return out
}
