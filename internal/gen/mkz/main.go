// Command mkz writes the generated files of the module, or with -check says
// which of them differ from what the generator would write.
//
//	go run ./internal/gen/mkz [-check] [-C dir]
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/gen"
)

func main() {
	check := flag.Bool("check", false, "compare instead of writing; exit 1 on a difference")
	dir := flag.String("C", ".", "the module's root")
	draft := flag.Bool("draft", false, "let functions without a text in internal/gen/doc through")
	flag.Parse()
	if err := run(*dir, *check, *draft); err != nil {
		fmt.Fprintln(os.Stderr, "mkz:", err)
		os.Exit(1)
	}
}

func run(dir string, check, draft bool) error {
	g, err := gen.New()
	if err != nil {
		return err
	}
	g.Draft = draft
	files, err := generate(g, filepath.Join(dir, "internal/abi/lastrelease"))
	if err != nil {
		return err
	}
	stale, err := gen.Stale(dir, files)
	if err != nil {
		return err
	}
	differ := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(old, files[name]) {
			continue
		}
		differ++
		if check {
			fmt.Println("differs:", name)
			continue
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	for _, name := range stale {
		differ++
		if check {
			fmt.Println("no longer generated:", name)
		} else if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if check && differ > 0 {
		return fmt.Errorf("%d generated files are out of date: run go generate ./...", differ)
	}
	return nil
}

// generate writes plain files for a first release, or merges with the facts
// of the last one, which a release copies to that folder.
func generate(g *gen.Gen, lastDir string) (map[string][]byte, error) {
	if _, err := os.Stat(lastDir); errors.Is(err, fs.ErrNotExist) {
		return g.Files()
	}
	last, err := gen.NewAt(lastDir)
	if err != nil {
		return nil, err
	}
	r, err := abi.LoadRelease()
	if err != nil {
		return nil, err
	}
	return g.Merge(last, r)
}
