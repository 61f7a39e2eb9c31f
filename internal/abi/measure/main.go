// Command measure takes the facts about the Mach API from a tree of C headers: the
// value of every constant, the layout of every record, every prototype. It
// writes them in the form of the committed facts, one item a line.
//
//	go run ./internal/abi/measure -sdk DIR [-arch arm64|amd64] [-tbd FILE] [-mig]
//
// Nothing that it compiles is ever run: values come from the constants that
// clang folds into LLVM IR, layouts from clang's own record dump, prototypes
// from its syntax tree.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/gomach/mach/internal/abi/symbols"
	"github.com/gomach/mach/internal/abi/zig"
)

func main() {
	sdk := flag.String("sdk", "", "the header tree: an SDK, its usr/include, or any folder that has mach/mach.h (default: the tree that Zig carries)")
	arch := flag.String("arch", "arm64", "the CPU family: arm64 or amd64")
	tbd := flag.String("tbd", "", "libSystem's text stub, for the exported flags (default: the one that Zig carries)")
	mig := flag.Bool("mig", false, "measure MIG's messages instead of the items")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *sdk, *arch, *tbd, *mig); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, sdk, arch, tbd string, mig bool) error {
	tc, err := zig.Find()
	if err != nil {
		return err
	}
	if sdk == "" {
		sdk = tc.Headers
	}
	if tbd == "" {
		tbd = tc.TBD
	}
	exports, err := symbols.ReadFile(tbd, symbols.LibSystem, arch)
	if err != nil {
		return err
	}
	tree, err := includeDir(sdk)
	if err != nil {
		return err
	}
	c := &clang{tc: tc, tree: tree, arch: arch}
	if mig {
		m, err := measureMIG(ctx, c)
		if err != nil {
			return err
		}
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(m)
	}
	m, err := measure(ctx, c, exports)
	if err != nil {
		return err
	}
	for _, h := range c.skipped {
		fmt.Fprintf(os.Stderr, "measure: left out %s, which does not compile with the other headers\n", h)
	}
	return m.write(w)
}

// includeDir finds the folder that holds mach/mach.h.
func includeDir(sdk string) (string, error) {
	for _, sub := range []string{"", "include", "usr/include"} {
		dir := filepath.Join(sdk, sub)
		if _, err := os.Stat(filepath.Join(dir, "mach", "mach.h")); err == nil {
			return filepath.Abs(dir)
		}
	}
	return "", fmt.Errorf("%s has no mach/mach.h", sdk)
}

// facts are what one tree holds, by kind and C name. Items are plain maps, so
// that the written form has exactly the keys of the committed files.
type facts map[string]map[string]map[string]any

// write prints the facts as JSON, one item a line, sorted by name.
func (f facts) write(w io.Writer) error {
	var b strings.Builder
	b.WriteString("{\n")
	for i, kind := range sortedKeys(f) {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, " %q: {\n", kind)
		for j, name := range sortedKeys(f[kind]) {
			if j > 0 {
				b.WriteString(",\n")
			}
			line, err := json.Marshal(f[kind][name])
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "  %q: %s", name, line)
		}
		b.WriteString("\n }")
	}
	b.WriteString("\n}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
