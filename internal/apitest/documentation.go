package apitest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// EachFunc walks the exported functions and methods of the package in the working
// directory, which is that of the tests.
func EachFunc(t testing.TB, f func(d *ast.FuncDecl, name, comment string)) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	must(t, err)
	fset := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		must(t, err)
		for _, d := range file.Decls {
			d, is := d.(*ast.FuncDecl)
			if !is || !d.Name.IsExported() {
				continue
			}
			if d.Recv != nil {
				receiver := d.Recv.List[0].Type
				if p, is := receiver.(*ast.StarExpr); is {
					receiver = p.X
				}
				if x, is := receiver.(*ast.IndexExpr); is {
					receiver = x.X
				}
				if id, is := receiver.(*ast.Ident); !is || !id.IsExported() {
					continue
				}
			}
			f(d, d.Name.Name, strings.Join(strings.Fields(d.Doc.Text()), " "))
		}
	}
}

// Called lists the functions of package mach that a function calls by itself.
func Called(d *ast.FuncDecl) (list []string) {
	ast.Inspect(d.Body, func(n ast.Node) bool {
		if s, is := n.(*ast.SelectorExpr); is {
			if x, is := s.X.(*ast.Ident); is && x.Name == "mach" && (strings.HasPrefix(s.Sel.Name, "Mach") || callPrefix(s.Sel.Name)) {
				list = append(list, s.Sel.Name)
			}
		}
		return true
	})
	return list
}

func callPrefix(name string) bool {
	for _, p := range []string{"Task", "Thread", "Host", "Clock", "PIDFor", "Processor"} {
		if rest, is := strings.CutPrefix(name, p); is && (strings.HasPrefix(rest, "Get") || strings.HasPrefix(rest, "Set") || strings.HasPrefix(rest, "Info") ||
			strings.HasPrefix(rest, "Statistics") || strings.HasPrefix(rest, "Suspend") || strings.HasPrefix(rest, "Resume")) {
			return true
		}
	}
	return false
}

// Documentation wants the comment of a function to begin with its name, and to name each Mach
// call that the function makes by itself. The package has at least so many functions.
func Documentation(t *testing.T, least int) {
	n := 0
	EachFunc(t, func(d *ast.FuncDecl, name, comment string) {
		n++
		if !strings.HasPrefix(comment, name+" ") {
			t.Errorf("%s: its comment does not begin with its name: %q", name, comment)
		}
		_, calls, says := strings.Cut(comment, "Mach calls: ")
		for _, c := range Called(d) {
			if plain(c) {
				continue
			}
			if !says {
				t.Errorf("%s calls mach.%s and does not say so", name, c)
			} else if c := strings.ToLower(c); !strings.Contains(strings.ReplaceAll(strings.ToLower(calls), "_", ""), c) && !strings.Contains(calls, "those of") {
				t.Errorf("%s calls mach.%s and says %q", name, c, calls)
			}
		}
	})
	if n < least {
		t.Errorf("only %d functions found", n)
	}
}

// plain are names that are no calls: types, and figures that need none.
func plain(name string) bool {
	switch name {
	case "MachPort", "MachMsgTypeNumber", "MachVMAddress", "MachVMSize", "MachPortType_t", "MachTaskSelf", "MachTaskFlavor", "MachTaskBasicInfo",
		"MachMsgOption", "MachTimebaseInfo_t", "MachTimespec", "MachPortStatus", "MachPortName", "MachPortUrefs", "ThreadStateFlavor", "TaskInfo_t", "HostInfo_t", "ThreadInfo_t":
		return true
	}
	return false
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// waits is what comments say of a call that comes back at once.
var waits = regexp.MustCompile(`\b(does not|never) (wait|block)s?\b( for)?`)

// Waiting wants a comment that says of Mach calls that they do not wait to say when: whoever
// serves the port may take his time, and only the kernel does not.
func Waiting(t *testing.T) {
	EachFunc(t, func(_ *ast.FuncDecl, name, comment string) {
		m := waits.FindStringSubmatchIndex(comment)
		if m == nil || m[6] >= 0 || !strings.Contains(comment, "Mach calls: ") {
			return // or says what it does not wait for
		}
		if rest := comment[m[1]:]; !strings.HasPrefix(rest, " if the kernel serves ") {
			t.Errorf("%s says that it %q, and not under which condition", name, comment[m[0]:m[1]])
		}
	})
}
