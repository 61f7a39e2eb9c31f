//go:build linux

package port_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/apitest"
)

// The source has what a reader of the documentation needs, and the tests what a
// reader of the tests trusts.
func TestDocumentation(t *testing.T) {
	fset := token.NewFileSet()
	var source, tests []*ast.File
	for _, name := range must(filepath.Glob("*.go"))(t) {
		f := must(parser.ParseFile(fset, name, nil, parser.ParseComments))(t)
		if strings.HasSuffix(name, "_test.go") {
			tests = append(tests, f)
		} else {
			source = append(source, f)
		}
	}
	examples := map[string]bool{}
	for _, e := range doc.Examples(tests...) {
		examples[strings.SplitN(e.Name, "_", 2)[0]] = true
	}
	for _, f := range source {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				checkFunc(t, d)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, is := s.(*ast.TypeSpec); is && s.Name.IsExported() {
						checkType(t, d, s, examples)
					}
				}
			}
		}
	}
	for _, f := range tests {
		for _, d := range f.Decls {
			if d, is := d.(*ast.FuncDecl); is {
				checkTest(t, d)
			}
		}
	}
}

// The functions of package mach that this package calls, and what looks like
// one but converts or only tells.
var (
	machCall = regexp.MustCompile(`^(Mach(Port|Msg|VM)|Bootstrap)[A-Z]`)
	noCall   = map[string]bool{"MachMsgTypeName": true, "MachMsgBits": true, "MachMsgOption": true, "MachMsgGuardFlags": true,
		"MachMsgDescriptorType": true, "BootstrapPort": true}
)

// A function says what it does, and which Mach calls it makes if it makes any
// by itself.
func checkFunc(t *testing.T, d *ast.FuncDecl) {
	if !d.Name.IsExported() || d.Recv != nil && !exportedReceiver(d) {
		return
	}
	text := d.Doc.Text()
	if !strings.HasPrefix(text, d.Name.Name+" ") && d.Name.Name != "Error" && d.Name.Name != "String" {
		t.Errorf("%s: its comment does not begin with its name", d.Name.Name)
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		if called := calledOf(n, "mach"); machCall.MatchString(called) && !noCall[called] && !strings.Contains(text, "Mach calls:") {
			t.Errorf("%s calls mach.%s and does not say so", d.Name.Name, called)
		}
		return true
	})
}

// calledOf is the name of what a call calls out of a package.
func calledOf(n ast.Node, pkg string) string {
	if c, is := n.(*ast.CallExpr); is {
		if f, is := c.Fun.(*ast.SelectorExpr); is {
			if x, is := f.X.(*ast.Ident); is && x.Name == pkg {
				return f.Sel.Name
			}
		}
	}
	return ""
}

func exportedReceiver(d *ast.FuncDecl) bool {
	e := d.Recv.List[0].Type
	if p, is := e.(*ast.StarExpr); is {
		e = p.X
	}
	id, is := e.(*ast.Ident)
	return is && id.IsExported()
}

// Types that hold something have an example; these are values, or show in the
// examples of others.
var noExample = map[string]bool{"Error": true, "Kind": true, "Option": true, "Source": true, "Handler": true, "Sender": true,
	"Notification": true, "DeadName": true, "SendPossible": true, "NoSenders": true, "PortDestroyed": true, "Cancelled": true}

func checkType(t *testing.T, d *ast.GenDecl, s *ast.TypeSpec, examples map[string]bool) {
	name := s.Name.Name
	if !strings.HasPrefix(d.Doc.Text()+s.Doc.Text(), name+" ") {
		t.Errorf("type %s: its comment does not begin with its name", name)
	}
	if examples[name] == noExample[name] {
		t.Errorf("type %s: example %v", name, examples[name])
	}
}

// Every test counts rights and memory before and after, but for those that make
// none.
var noRights = map[string]bool{"TestMain": true, "TestErrorsNameTheCall": true, "TestDocumentation": true,
	"TestWaitingIsConditional": true}

func checkTest(t *testing.T, d *ast.FuncDecl) {
	name := d.Name.Name
	if !strings.HasPrefix(name, "Test") || noRights[name] || d.Recv != nil {
		return
	}
	if x, is := d.Body.List[0].(*ast.ExprStmt); is {
		if calledOf(x.X, "porttest") == "LeakCheck" {
			return
		}
		if c, is := x.X.(*ast.CallExpr); is {
			if f, is := c.Fun.(*ast.Ident); is && f.Name == "leakCheck" { // of a test inside the package
				return
			}
		}
	}
	t.Errorf("%s does not begin with porttest.LeakCheck", name)
}

func TestWaitingIsConditional(t *testing.T) { apitest.Waiting(t) }
