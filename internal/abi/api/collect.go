package main

import (
	"fmt"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/gomach/mach/internal/abi/gocheck"
)

const module = "github.com/gomach/mach"

// packages are the public ones, by folder. One that is not there yet has no
// API.
var packages = []string{".", "port", "task", "host", "exc", "mig", "core", "symbol", "hosted"}

// targets are the platforms whose API is recorded.
var targets = []gocheck.Target{
	{GOOS: "darwin", GOARCH: "arm64"}, {GOOS: "darwin", GOARCH: "amd64"},
	{GOOS: "ios", GOARCH: "arm64"}, {GOOS: "ios", GOARCH: "amd64"},
	{GOOS: "linux", GOARCH: "amd64"}, {GOOS: "linux", GOARCH: "arm64"}, {GOOS: "windows", GOARCH: "amd64"},
}

// Collect lists the features of all public packages: a line each, sorted. A
// line that is not so on every platform names the platforms.
func Collect(root string) ([]string, error) {
	var paths []string
	for _, p := range packages {
		if p == "hosted" {
			continue // it is imported for its effect, and exports nothing
		}
		if has, err := hasGo(filepath.Join(root, p)); err != nil {
			return nil, err
		} else if has {
			paths = append(paths, path.Join(module, p))
		}
	}
	on := map[string][]string{} // feature -> platforms
	for _, t := range targets {
		loaded, err := gocheck.LoadEach(root, paths, t)
		if err != nil {
			return nil, err
		}
		for _, p := range loaded {
			for _, f := range features(p.Types) {
				on[f] = append(on[f], t.GOOS+"-"+t.GOARCH)
			}
		}
	}
	var out []string
	for f, where := range on {
		if len(where) != len(targets) {
			pkg, rest, _ := strings.Cut(f, ", ")
			f = fmt.Sprintf("%s (%s), %s", pkg, strings.Join(where, " "), rest)
		}
		out = append(out, f)
	}
	sort.Strings(out)
	return out, nil
}

func hasGo(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return false, nil
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			return true, nil
		}
	}
	return false, err
}

// features lists what a package exports.
func features(pkg *types.Package) []string {
	var out []string
	qualify := func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Path()
	}
	add := func(format string, args ...any) {
		out = append(out, "pkg "+pkg.Path()+", "+fmt.Sprintf(format, args...))
	}
	typ := func(t types.Type) string { return types.TypeString(t, qualify) }
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch o := obj.(type) {
		case *types.Const:
			add("const %s %s = %s", name, typ(o.Type()), o.Val().ExactString())
		case *types.Var:
			add("var %s %s", name, typ(o.Type()))
		case *types.Func:
			add("func %s%s", name, strings.TrimPrefix(signature(o, qualify), "func"))
		case *types.TypeName:
			if o.IsAlias() {
				add("type %s = %s", name, typ(types.Unalias(o.Type())))
				continue
			}
			for _, f := range typeFeatures(o, qualify) {
				add("%s", f)
			}
		}
	}
	return out
}

func signature(f *types.Func, qualify types.Qualifier) string {
	return types.TypeString(f.Type(), qualify)
}

// typeFeatures lists a type, its exported members and its methods.
func typeFeatures(o *types.TypeName, qualify types.Qualifier) []string {
	name := o.Name()
	if n, ok := o.Type().(*types.Named); ok && n.TypeParams().Len() > 0 {
		name += "[...]"
	}
	var out []string
	switch u := o.Type().Underlying().(type) {
	case *types.Struct:
		out = append(out, "type "+name+" struct")
		hidden := false
		for i := range u.NumFields() {
			f := u.Field(i)
			switch {
			case f.Exported() && f.Embedded():
				out = append(out, "type "+name+" struct, embedded "+types.TypeString(f.Type(), qualify))
			case f.Exported():
				out = append(out, fmt.Sprintf("type %s struct, %s %s", name, f.Name(), types.TypeString(f.Type(), qualify)))
			case f.Name() != "_":
				hidden = true
			}
		}
		if hidden {
			out = append(out, "type "+name+" struct, unexported fields")
		}
	case *types.Interface:
		var methods []string
		for i := range u.NumMethods() {
			methods = append(methods, u.Method(i).Name())
		}
		out = append(out, "type "+name+" interface { "+strings.Join(methods, ", ")+" }")
		for i := range u.NumMethods() {
			m := u.Method(i)
			out = append(out, "type "+name+" interface, "+m.Name()+strings.TrimPrefix(signature(m, qualify), "func"))
		}
		return out
	default:
		out = append(out, "type "+name+" "+types.TypeString(u, qualify))
	}
	values := types.NewMethodSet(o.Type())
	pointers := types.NewMethodSet(types.NewPointer(o.Type()))
	for i := range pointers.Len() {
		m, ok := pointers.At(i).Obj().(*types.Func)
		if !ok || !m.Exported() || len(pointers.At(i).Index()) > 1 {
			continue
		}
		receiver := "*" + name
		if values.Lookup(m.Pkg(), m.Name()) != nil {
			receiver = name
		}
		out = append(out, fmt.Sprintf("method (%s) %s%s", receiver, m.Name(), strings.TrimPrefix(signature(m, qualify), "func")))
	}
	return out
}
