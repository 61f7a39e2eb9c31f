//go:build linux

package port_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/gomach/mach/port/porttest"
)

// What must not compile, beside what must, as programs that use the package
// would write it.
func TestSnippets(t *testing.T) {
	porttest.LeakCheck(t)
	if testing.Short() {
		t.Skip("reads the packages from their source, which takes seconds")
	}
	fset := token.NewFileSet()
	source := importer.ForCompiler(fset, "source", nil)
	if _, err := source.Import("github.com/gomach/mach/port"); err != nil {
		t.Skip("no source at hand: ", err)
	}
	for _, c := range []struct{ body, err string }{
		{`(*port.Send)(new(port.Send)).Close()`, ""},
		{`_ = (*port.Send)(new(port.Receive))`, "cannot convert"},
		{`_ = (*port.Receive)(new(port.Send))`, "cannot convert"},
		{`_ = (*port.Send)(new(port.SendOnce))`, "cannot convert"},
		{`_ = (*port.SendOnce)(new(port.Receive))`, "cannot convert"},
		{`_ = (*port.Set)(new(port.Receive))`, "cannot convert"},
		{`_ = port.Send(port.Receive{})`, "cannot convert"},
		{`_, _ = port.NewReceive(port.QueueLimit(3))`, ""},
		{`_, _ = port.NewReceive(func(*mach.MachPortOptions) {})`, "cannot use"},
		{`_ = port.Option(func(*mach.MachPortOptions) {})`, "cannot convert"},
	} {
		text := "package p\nimport (\n\"github.com/gomach/mach\"\n\"github.com/gomach/mach/port\"\n)\nvar _ mach.KernReturn\nfunc _() {\n" + c.body + "\n}\n"
		f := must(parser.ParseFile(fset, "p.go", text, 0))(t)
		conf := types.Config{Importer: source}
		_, err := conf.Check("p", fset, []*ast.File{f}, nil)
		switch {
		case c.err == "" && err != nil:
			t.Errorf("%s: %v", c.body, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v, want %q", c.body, err, c.err)
		}
	}
}
