//go:build linux && (amd64 || arm64)

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFlags: what docs/darwinrun.md says of flags that no other test is about.
func TestFlags(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "flags")
		base := t.TempDir()
		here, other, root := filepath.Join(base, "here"), filepath.Join(base, "other"), filepath.Join(base, "root")
		for _, d := range []string{here, other, filepath.Join(root, "tmp")} {
			if err := os.MkdirAll(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range []string{filepath.Join(base, "outside"), filepath.Join(root, "inside")} {
			if err := os.WriteFile(f, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for link, to := range map[string]string{"out": "../outside", "absolute": filepath.Join(base, "outside"), "in": "/inside"} {
			if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("TMPDIR", here)
		run := func(want string, args ...string) {
			t.Helper()
			r := darwinrun(t, here, args...)
			compare(t, r.stdout, want)
			if r.code != 0 {
				t.Errorf("%q: exit status %d\n%s", args, r.code, r.stderr)
			}
		}
		run("name "+exe+"\n", exe, "n")
		run("name another\n", "-argv0", "another", exe, "n")

		file := filepath.Join(other, "f")
		run("write "+file+": Read-only file system\n", exe, "w:"+file)
		run("write "+file+": yes\n", "-rw", other, exe, "w:"+file)
		run("write "+file+": Read-only file system\n", "-rw", other, "-ro", other, exe, "w:"+file)

		run("read /inside: yes\nread /../inside: yes\nread /in: yes\n", "-root", root, exe, "r:/inside", "r:/../inside", "r:/in")
		run("read /out: No such file or directory\nread /absolute: No such file or directory\nread "+base+"/outside: No such file or directory\n",
			"-root", root, exe, "r:/out", "r:/absolute", "r:"+base+"/outside")

		run("bound to 7f000001\n", exe, "b")
		run("bound to 00000000\n", "-net", exe, "b")
	})
}

// TestRandomSlide: a program is at the same address each time, or not.
func TestRandomSlide(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "flags")
		addresses := func(flags ...string) map[string]bool {
			seen := map[string]bool{}
			for range 8 {
				r := darwinrun(t, t.TempDir(), append(flags, exe, "a")...)
				if r.code != 0 || !strings.HasPrefix(r.stdout, "0x") {
					t.Fatalf("%d, %q\n%s", r.code, r.stdout, r.stderr)
				}
				seen[r.stdout] = true
			}
			return seen
		}
		if seen := addresses(); len(seen) != 1 {
			t.Errorf("without a flag: %v", seen)
		}
		if seen := addresses("-random-slide"); len(seen) < 2 {
			t.Errorf("-random-slide, eight times: %v", seen)
		}
	})
}
