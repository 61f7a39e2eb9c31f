//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// TestMain lets the test binary be the runner, for tests and for what guests start.
func TestMain(m *testing.M) {
	if os.Getenv("DARWINRUN_BE_RUNNER") != "" {
		main()
		os.Exit(0)
	}
	if outside := os.Getenv("DARWINRUN_BE_CONFINED"); outside != "" {
		tryConfined(outside)
	}
	os.Exit(m.Run())
}

// result of one run of a guest.
type result struct {
	stdout, stderr string
	code           int
	err            error
}

// endsWell wants the exit status 0.
func (r result) endsWell(t *testing.T) {
	t.Helper()
	if r.code != 0 {
		t.Errorf("exit status %d\n%s", r.code, r.stderr)
	}
}

// darwinrun runs a guest in a folder with the given command line.
func darwinrun(t *testing.T, dir string, args ...string) result {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DARWINRUN_BE_RUNNER=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%q did not end; output so far:\n%s%s", args, &out, &errs)
	}
	r := result{stdout: out.String(), stderr: errs.String(), err: err}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		r.code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return r
}

var builds sync.Map // "arch source" to a function that builds once

// guest builds a Go program of testdata/go for darwin.
func guest(t *testing.T, arch, name string, flags ...string) string {
	t.Helper()
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	build, _ := builds.LoadOrStore(arch+" "+name, sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "darwinrun-guest")
		if err != nil {
			return "", err
		}
		exe := filepath.Join(dir, name)
		cmd := exec.Command("go", append(append([]string{"build"}, flags...), "-o", exe, filepath.Join("testdata", "go", name+".go"))...)
		cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", errors.New(string(out))
		}
		return exe, nil
	}))
	exe, err := build.(func() (string, error))()
	if err != nil {
		t.Fatalf("building %s for %s: %v", name, arch, err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(exe)); builds.Delete(arch + " " + name) })
	return exe
}

func eachArch(t *testing.T, f func(t *testing.T, arch string)) {
	for _, arch := range []string{"arm64", "amd64"} {
		t.Run(arch, func(t *testing.T) { f(t, arch) })
	}
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("line %d: %q, want %q", i+1, a, b)
		}
	}
}

func TestFaults(t *testing.T) {
	const invalid = "true runtime error: invalid memory address or nil pointer dereference\n"
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "faults"))
		compare(t, r.stdout, "store "+invalid+"after the store: false\nload "+invalid+
			"divide true runtime error: integer divide by zero\n"+
			"index true runtime error: index out of range [3] with length 0\n"+
			"map true assignment to entry in nil map\nstack growth: 10000\n")
		r.endsWell(t)
	})
}

func TestThreads(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "threads"))
		compare(t, r.stdout, "1600 true\nthrough the pipe\ncollected: true\n")
		r.endsWell(t)
	})
}

func TestSystem(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "system"), "argument")
		compare(t, r.stdout, "darwin 2\nfile2 ----------\nlink L---------\n5 -rw-r-----\ntrue\n"+
			"child "+arch+" got \"input\", env yes\nexit status 7\nuser defined signal 1\nfrom the server\nbeyond this machine: true\n"+
			"outside of the writable folders: open /usr/darwinrun-test: read-only file system\n")
		r.endsWell(t)
	})
}

func TestForks(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "forks"))
		compare(t, r.stdout, "done\n")
		r.endsWell(t)
	})
}

// TestCount: the same program executes the same instructions between its calls every time.
func TestCount(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		exe := guest(t, arch, "count")
		var first string
		for i := range 3 {
			r := darwinrun(t, t.TempDir(), "-count", "getppid", exe)
			if !strings.HasPrefix(r.stderr, "count getppid intervals=49 ") {
				t.Fatalf("%d: %s", r.code, r.stderr)
			}
			// The extremes depend on what Go's scheduler does meanwhile; the usual case may not.
			usual := r.stderr[strings.Index(r.stderr, "mode="):]
			if i == 0 {
				first = usual
			} else if usual != first {
				t.Errorf("run %d: %q, the first: %q", i, usual, first)
			}
		}
		t.Log(strings.TrimSpace(first))
	})
}

func TestTrace(t *testing.T) {
	t.Setenv("MACH_GUARDS", "off") // what its last guest does ends a program otherwise
	eachArch(t, func(t *testing.T, arch string) {
		dir := t.TempDir()
		r := darwinrun(t, dir, "-trace", "trace", guest(t, arch, "count"))
		b, err := os.ReadFile(filepath.Join(dir, "trace"))
		if err != nil || r.code != 0 {
			t.Fatal(err, r)
		}
		// Results are lines of their own: other threads run in between.
		for _, want := range []string{"] getppid(", "] getppid = ", "] sysctlbyname(\"", "] _exit(0)"} {
			if !strings.Contains(string(b), want) {
				t.Errorf("the trace has no %q", want)
			}
		}
		r = darwinrun(t, dir, "-trace", "-", cguest(t, arch, "flags"), "m:")
		for _, want := range []string{"] mach_host_self(", "] mach_host_self = ", "] printf(\"mach_msg %#x\\n\""} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("-trace -: no %q in\n%s", want, r.stderr)
			}
		}
	})
}

// TestFolders: the program changes its working folder, and not the ones that -ro names.
func TestFolders(t *testing.T) {
	exe := guest(t, "arm64", "system")
	dir := t.TempDir()
	r := darwinrun(t, dir, "-ro", os.TempDir(), exe)
	if r.code != 1 || !strings.Contains(r.stdout, "read-only file system") {
		t.Errorf("with -ro on the temporary folder: %d\n%s", r.code, r.stdout)
	}
}

func TestErrors(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "no program given"},
		{[]string{"-nonsense", "x"}, 2, "nonsense"},
		{[]string{"-arch", "mips", "x"}, 2, "arm64 or amd64"},
		{[]string{filepath.Join(dir, "none")}, 125, "no such file"},
		{[]string{text}, 125, "not a Mach-O file"},
	} {
		if r := darwinrun(t, dir, c.args...); r.code != c.code || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: %d, %q", c.args, r.code, r.stderr)
		}
	}
}

// TestGoTest is the use that the runner is made for.
func TestGoTest(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	packages := []string{"container/heap", "container/list", "container/ring", "encoding/ascii85", "encoding/base32", "encoding/hex", "errors",
		"math/bits", "math/cmplx", "path", "text/tabwriter", "unicode", "unicode/utf8"}
	for _, arch := range []string{"arm64", "amd64"} {
		bin := t.TempDir()
		if err := os.Symlink(self, filepath.Join(bin, "go_darwin_"+arch+"_exec")); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("go", append([]string{"test", "-count=1"}, packages...)...)
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0", "DARWINRUN_BE_RUNNER=1")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Count(string(out), "ok  \t") != len(packages) {
			t.Errorf("%s: %v\n%s", arch, err, out)
		}
	}
}
