//go:build linux && (amd64 || arm64)

package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzOptions: a command line is refused with a reason, or it names a program or a file, and
// the command line that children get asks for the same limits.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"prog a b", "-h", "-missing x", "-missing x y", "-missing x -trace -", "-root / -ro /tmp -rw . -net prog", "-arch arm64 -count a,b,,c -count d prog -x",
		"-strict -host-programs -host-processes p", "-argv0 z p", "--root=/nonesuch p", "-gdb :0 -random-slide p", "-- -p", "-kernel 3 -exactly p", "-arch mips p", "-root", "-ro= p"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, " ")
		for _, name := range []string{"darwinrun", "/x/go_darwin_arm64_exec"} {
			o, err := parse(append([]string{name}, args...))
			if err != nil {
				if o != nil || err.Error() == "" {
					t.Fatalf("%q: %+v, %v", line, o, err)
				}
				continue
			}
			if o.missing != "" {
				continue
			}
			if len(o.args) == 0 || !slices.Contains([]string{"", "arm64", "amd64"}, o.arch) {
				t.Fatalf("%q: %+v", line, o)
			}
			for _, dir := range slices.Concat(o.readOnly, o.writable) {
				if !filepath.IsAbs(dir) {
					t.Errorf("%q: the folder %q", line, dir)
				}
			}
			again, err := parse(append(slices.Clone(o.runner), "program"))
			if err != nil {
				t.Fatalf("%q: children get %q: %v", line, o.runner, err)
			}
			if again.network != o.network || again.host != o.host || again.processes != o.processes || again.strict != o.strict || again.root != o.root ||
				!subset(o.readOnly, again.readOnly) || !subset(o.writable, again.writable) {
				t.Errorf("%q: children get %q", line, o.runner)
			}
		}
	})
}

func subset(a, b []string) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}
