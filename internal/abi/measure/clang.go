package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/gomach/mach/internal/abi/zig"
)

// clang runs the compiler inside Zig on one header tree.
type clang struct {
	tc   *zig.Toolchain
	tree string
	arch string

	skipped []string // headers that do not compile with the rest
}

// run compiles src with the flags and returns what clang wrote to stdout. What
// it said, if it failed, is in the error's Stderr.
func (c *clang) run(ctx context.Context, src string, flags ...string) (stdout []byte, err error) {
	dir, err := os.MkdirTemp("", "measure")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "m.c"), []byte(src), 0o600); err != nil {
		return nil, err
	}
	target := map[string]string{"arm64": "arm64-apple-macos12.0", "amd64": "x86_64-apple-macos12.0"}[c.arch]
	if target == "" {
		return nil, fmt.Errorf("no CPU family %q: want arm64 or amd64", c.arch)
	}
	args := []string{
		"clang", "-target", target, "-nostdinc", "-isystem", c.tc.Builtin, "-isystem", c.tree,
		"-std=gnu17", "-w", "-ferror-limit=0", "-fno-caret-diagnostics",
	}
	return c.tc.Run(ctx, dir, append(append(args, flags...), "m.c")...)
}

// diagnostics returns what clang said in a failed run, or the error itself if
// the run failed otherwise.
func diagnostics(err error) (string, error) {
	var ze *zig.Error
	if errors.As(err, &ze) && strings.Contains(ze.Stderr, "error:") {
		return ze.Stderr, nil
	}
	return "", err
}

// headerGlobs are the headers of the Mach API. Those of mach/arm and mach/i386
// come in through mach/machine.
var headerGlobs = []string{
	"mach/*.h", "mach/machine/*.h", "mach_debug/*.h",
	"servers/bootstrap.h", "servers/netname.h", "servers/netname_defs.h",
	"mach-o/dyld.h", "mach-o/loader.h",
}

// prologue includes every header of the tree, less those that do not compile
// with the rest, which skipped lists.
func (c *clang) prologue(ctx context.Context) (string, error) {
	var headers []string
	for _, glob := range headerGlobs {
		files, err := filepath.Glob(filepath.Join(c.tree, glob))
		if err != nil {
			return "", err
		}
		for _, f := range files {
			rel, err := filepath.Rel(c.tree, f)
			if err != nil {
				return "", err
			}
			headers = append(headers, filepath.ToSlash(rel))
		}
	}
	sort.Strings(headers)
	// Try all of them at once first, since that is the usual case.
	ok, err := c.compiles(ctx, includes(headers))
	if err != nil || ok {
		return includes(headers), err
	}
	var good []string
	for _, h := range headers {
		ok, err := c.compiles(ctx, includes(append(good, h)))
		if err != nil {
			return "", err
		}
		if ok {
			good = append(good, h)
		} else {
			c.skipped = append(c.skipped, h)
		}
	}
	return includes(good), nil
}

func (c *clang) compiles(ctx context.Context, src string) (bool, error) {
	_, err := c.run(ctx, src, "-fsyntax-only")
	if err == nil {
		return true, nil
	}
	_, err = diagnostics(err)
	return false, err
}

func includes(headers []string) string {
	// Many headers assume the basic types.
	var b strings.Builder
	b.WriteString("#include <mach/mach_types.h>\n#include <mach/mach.h>\n")
	for _, h := range headers {
		fmt.Fprintf(&b, "#include <%s>\n", h)
	}
	return b.String()
}
