package libsystem

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Between entersyscall and exitsyscall the stack must not grow and there is no
// P, so that neither a stack check nor the race detector's calls may stand
// there. (The compiler inlines no norace function into instrumented code.)
func TestFunctionsInSystemCalls(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "call_short_darwin.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil || !calls(fn.Body, "entersyscall") {
			continue
		}
		found++
		for _, want := range []string{"//go:nosplit", "//go:norace"} {
			if !hasDirective(fn.Doc, want) {
				t.Errorf("%s enters a system call without %s", fn.Name.Name, want)
			}
		}
		if !calls(fn.Body, "exitsyscall") {
			t.Errorf("%s does not leave the system call", fn.Name.Name)
		}
	}
	if found < 3 {
		t.Errorf("%d functions enter a system call, want at least 3", found)
	}
}

// With the build tag mach_profile package syscall has the frame as a number, so
// the stack must not grow before it is used.
func TestFunctionsForProfiles(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "call_profile_darwin.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		found++
		if !hasDirective(fn.Doc, "//go:nosplit") {
			t.Errorf("%s may grow the stack", fn.Name.Name)
		}
	}
	if found < 8 {
		t.Errorf("%d functions make calls, want at least 8", found)
	}
}

func calls(n ast.Node, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			id, ok := c.Fun.(*ast.Ident)
			found = found || ok && id.Name == name
		}
		return true
	})
	return found
}

func hasDirective(doc *ast.CommentGroup, want string) bool {
	for _, c := range doc.List {
		if strings.TrimSpace(c.Text) == want {
			return true
		}
	}
	return false
}
