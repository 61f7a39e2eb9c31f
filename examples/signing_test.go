// Package examples holds programs, and this test of what lies beside them.
package examples

import (
	"encoding/xml"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// opens are the calls that get the control port of another task, for which macOS wants an
// entitlement (task_for_pid in xnu bsd/kern/kern_proc.c; taskgated(8), amfid).
var opens = map[string]bool{
	"task.ForPID": true, "exc.Debug": true, "exc.Launch": true,
	"mach.TaskForPID": true, "mach.DebugControlPortForPID": true,
}

// An example that opens another task has a list of entitlements beside it, and its README
// says how to sign it; the others have none.
func TestEntitlements(t *testing.T) {
	dirs, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	need := 0
	for _, main := range dirs {
		dir := filepath.Dir(main)
		call := firstOpen(t, dir)
		list, err := os.Open(filepath.Join(dir, "debugger.entitlements"))
		if call == "" {
			if err == nil {
				list.Close()
				t.Errorf("%s has entitlements and opens no other task", dir)
			}
			continue
		}
		need++
		if err != nil {
			t.Errorf("%s calls %s: %v", dir, call, err)
			continue
		}
		if !entitled(t, list, "com.apple.security.cs.debugger") {
			t.Errorf("%s: its list lacks com.apple.security.cs.debugger", dir)
		}
		list.Close()
		readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
		if err != nil {
			t.Error(err)
		}
		if !strings.Contains(string(readme), "codesign -s - -f --entitlements examples/"+dir+"/debugger.entitlements") {
			t.Errorf("%s/README.md does not say how to sign it", dir)
		}
	}
	if need < 6 || need == len(dirs) {
		t.Errorf("%d of %d examples open another task", need, len(dirs))
	}
}

// firstOpen is a call in the package that opens another task.
func firstOpen(t *testing.T, dir string) (call string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is {
				if x, is := s.X.(*ast.Ident); is && opens[x.Name+"."+s.Sel.Name] {
					call = x.Name + "." + s.Sel.Name
				}
			}
			return true
		})
	}
	return call
}

// entitled reports whether a property list has a key that is true.
func entitled(t *testing.T, r io.Reader, key string) bool {
	t.Helper()
	d := xml.NewDecoder(r)
	last := ""
	for {
		token, err := d.Token()
		if err == io.EOF {
			return false
		}
		if err != nil {
			t.Error(err)
			return false
		}
		switch x := token.(type) {
		case xml.CharData:
			if s := strings.TrimSpace(string(x)); s != "" {
				last = s
			}
		case xml.StartElement:
			if x.Name.Local == "true" && last == key {
				return true
			}
		}
	}
}
