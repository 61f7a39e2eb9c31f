// Package rules enforces what holds for the whole tree: who may import whom, where
// unsafe and linknames are, how long a file may be, that no module is left out.
package rules

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Module is the module's path.
const Module = "github.com/gomach/mach"

// MaxLines is the length that no hand-written file exceeds.
const MaxLines = 800

// File is what the rules look at in a Go file.
type File struct {
	Path      string // in the module, with slashes
	Imports   []string
	Linknames []string
	Inits     int
	Lines     int
	Generated bool
	Doc       string // the first sentence about the package, if it stands here
}

// Dir is the folder, "." for the root.
func (f *File) Dir() string { return path.Dir(f.Path) }

// Test reports whether it is a test file.
func (f *File) Test() bool { return strings.HasSuffix(f.Path, "_test.go") }

func (f *File) imports(pkg string) bool {
	for _, i := range f.Imports {
		if i == pkg {
			return true
		}
	}
	return false
}

// Scan reads every Go file of the tree, for all systems alike.
func Scan(root string) ([]*File, error) {
	var files []*File
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := read(name)
		if err != nil {
			return err
		}
		f.Path = filepath.ToSlash(rel)
		files = append(files, f)
		return nil
	})
	return files, err
}

func read(name string) (*File, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return parse(name, src)
}

func parse(name string, src []byte) (*File, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &File{Lines: strings.Count(string(src), "\n"), Generated: ast.IsGenerated(tree)}
	if tree.Doc != nil {
		f.Doc = new(doc.Package).Synopsis(tree.Doc.Text())
	}
	for _, i := range tree.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		f.Imports = append(f.Imports, p)
	}
	for _, g := range tree.Comments {
		for _, c := range g.List {
			if rest, ok := strings.CutPrefix(c.Text, "//go:linkname "); ok {
				f.Linknames = append(f.Linknames, rest)
			}
		}
	}
	for _, d := range tree.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			f.Inits++
		}
	}
	return f, nil
}

// standard reports whether an import path is of the standard library: those
// have no dot in their first element.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}

// ReadList reads lines "path: reason".
func ReadList(file string) (map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list := map[string]string{}
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p, reason, ok := strings.Cut(line, ": ")
		if !ok || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s:%d: want \"path: reason\"", file, n)
		}
		list[p] = reason
	}
	return list, in.Err()
}
