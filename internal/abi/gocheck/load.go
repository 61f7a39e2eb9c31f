// Package gocheck holds the Go package against the facts: it type-checks
// package mach for each platform and compares every constant, type, record,
// function and variable with what was measured. It reads the source and never
// runs it, so that one machine checks all platforms.
package gocheck

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// Target is a platform.
type Target struct{ GOOS, GOARCH string }

func (t Target) String() string { return t.GOOS + "/" + t.GOARCH }

// Targets are the platforms on which package mach calls libSystem.
var Targets = []Target{
	{"darwin", "arm64"}, {"darwin", "amd64"}, {"ios", "arm64"}, {"ios", "amd64"},
}

// Package is package mach as one platform sees it.
type Package struct {
	Target Target
	Types  *types.Package
	Info   *types.Info
	Files  []*ast.File
	Fset   *token.FileSet
	Sizes  types.Sizes
}

const module = "github.com/gomach/mach"

// loader type-checks packages from source, for a platform that need not be
// this machine's. Of all but the package asked for it skips function bodies.
type loader struct {
	ctx   build.Context
	root  string // of the module
	fset  *token.FileSet
	sizes types.Sizes
	done  map[string]*types.Package
}

// Load type-checks a package of the module for a platform.
func Load(root, path string, t Target, tags ...string) (*Package, error) {
	all, err := LoadEach(root, []string{path}, t, tags...)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// LoadEach type-checks several packages of the module for a platform.
func LoadEach(root string, paths []string, t Target, tags ...string) ([]*Package, error) {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled, ctx.BuildTags = t.GOOS, t.GOARCH, false, tags
	ctx.Compiler = "gc"
	l := &loader{ctx, root, token.NewFileSet(), types.SizesFor("gc", t.GOARCH), map[string]*types.Package{}}
	var all []*Package
	for _, path := range paths {
		info := &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		}
		pkg, files, err := l.check(path, info)
		if err != nil {
			return nil, err
		}
		l.done[path] = pkg
		all = append(all, &Package{t, pkg, info, files, l.fset, l.sizes})
	}
	return all, nil
}

// Import is the types.Importer of what a package imports.
func (l *loader) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := l.done[path]; p != nil {
		return p, nil
	}
	p, _, err := l.check(path, nil)
	if err == nil {
		l.done[path] = p
	}
	return p, err
}

// dir is where a package's source is. Packages of other modules are not
// needed: the library imports only the standard library.
func (l *loader) dir(path string) string {
	if path == module {
		return l.root
	}
	if rest, ok := strings.CutPrefix(path, module+"/"); ok {
		return filepath.Join(l.root, filepath.FromSlash(rest))
	}
	src := filepath.Join(l.ctx.GOROOT, "src")
	if strings.HasPrefix(path, "golang.org/x/") {
		src = filepath.Join(src, "vendor")
	}
	return filepath.Join(src, filepath.FromSlash(path))
}

func (l *loader) check(path string, info *types.Info) (*types.Package, []*ast.File, error) {
	dir := l.dir(path)
	bp, err := l.ctx.ImportDir(dir, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("%s for %s/%s: %w", path, l.ctx.GOOS, l.ctx.GOARCH, err)
	}
	mode := parser.SkipObjectResolution
	if info != nil {
		mode |= parser.ParseComments
	}
	var files []*ast.File
	for _, name := range bp.GoFiles {
		f, err := parser.ParseFile(l.fset, filepath.Join(dir, name), nil, mode)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: l, Sizes: l.sizes, IgnoreFuncBodies: info == nil}
	pkg, err := conf.Check(path, l.fset, files, info)
	return pkg, files, err
}
