package callcheck

import (
	"go/ast"
	"go/types"
	"testing"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/gocheck"
)

// Pitfall lost-pointers: a pointer that becomes a number in a wrapper is lost to the
// collector, and to the stack when it moves. Every pointer that a function of
// package mach takes is a typed pointer in its frame, until the stub.
func TestPointersStayPointers(t *testing.T) {
	for _, target := range []gocheck.Target{{GOOS: "darwin", GOARCH: "arm64"}, {GOOS: "darwin", GOARCH: "amd64"}, {GOOS: "linux", GOARCH: "amd64"}} {
		p, err := gocheck.Load(root, module, target)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := abi.Load("arm64")
		if err != nil {
			t.Fatal(err)
		}
		pointers := 0
		functions := p.Functions()
		for _, name := range exported(facts) {
			fn := functions[name]
			if fn == nil || fn.Body == nil {
				continue
			}
			pointers += checkPointers(t, p, name, fn)
		}
		t.Logf("%v: %d pointers stay pointers", target, pointers)
		if pointers < 400 {
			t.Errorf("%v: only %d pointers found", target, pointers)
		}
	}
}

func checkPointers(t *testing.T, p *gocheck.Package, name string, fn *ast.FuncDecl) (n int) {
	t.Helper()
	ast.Inspect(fn.Body, func(node ast.Node) bool {
		// What is given to a frame's field, and what it is made of.
		if kv, is := node.(*ast.KeyValueExpr); is && hasPointer(p, kv.Value) {
			n++
			if !isPointer(p.Info.TypeOf(kv.Value)) {
				t.Errorf("%s: a pointer becomes a %v in the frame", name, p.Info.TypeOf(kv.Value))
			}
		}
		return true
	})
	return n
}

// hasPointer reports whether an expression is made of a variable that is a
// pointer.
func hasPointer(p *gocheck.Package, e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, is := n.(*ast.Ident); is {
			if v, is := p.Info.Uses[id].(*types.Var); is && isPointer(v.Type()) {
				found = true
			}
		}
		return true
	})
	return found
}

func isPointer(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return true
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	}
	return false
}
