package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/gocheck"
	"github.com/gomach/mach/internal/abi/zig"
)

// Every function-like macro of the headers is a Go function that says so in
// its comment, or has a line in except.txt.
func TestFunctionMacrosCovered(t *testing.T) {
	tc := zig.ForTest(t)
	root := filepath.Join("..", "..", "..")
	except, err := gocheck.ReadExceptions(filepath.Join("..", "except.txt"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := gocheck.Load(root, "github.com/gomach/mach", gocheck.Target{GOOS: "linux", GOARCH: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	named := p.Named()
	headers := map[string]string{}
	ctx := context.Background()
	for _, arch := range abi.Archs {
		c := &clang{tc: tc, tree: tc.Headers, arch: arch}
		prologue, err := c.prologue(ctx)
		if err != nil {
			t.Fatal(err)
		}
		macros, err := c.functionMacros(ctx, prologue, c.header)
		if err != nil {
			t.Fatal(err)
		}
		for name, h := range macros {
			if !strings.HasPrefix(h, "mach-o/") {
				headers[name] = h
			}
		}
	}
	used := map[string]bool{}
	done, left := 0, 0
	for _, name := range sortedKeys(headers) {
		key, excepted := except.Find("macro", name)
		switch {
		case named[name]:
			done++
		case excepted:
			used[key] = true
			left++
		default:
			t.Errorf("macro %s of <%s>: no Go function says that it is this one, and except.txt has no line", name, headers[name])
		}
	}
	for key := range except {
		if strings.HasPrefix(key, "macro ") && !used[key] {
			t.Errorf("except.txt: nothing needs the line %q any more", key)
		}
	}
	t.Logf("%d function-like macros: %d in Go, %d left out with a reason", len(headers), done, left)
	if len(headers) < 150 {
		t.Errorf("only %d function-like macros found", len(headers))
	}
}
