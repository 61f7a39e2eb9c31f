//go:build linux && (amd64 || arm64)

package main

import "testing"

// TestStepped: what was translated for a step of a debugged guest stops nobody later.
func TestStepped(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		exe := guest(t, arch, "stepped")
		for _, c := range []struct {
			args []string
			want string
		}{
			{[]string{exe}, "stepped true true\n2\n6\n6\n6\n"},
			{[]string{exe, "again"}, "stepped true true\n3\n6\n6\n6\n"}, // the instruction that adds was executed twice
		} {
			r := darwinrun(t, t.TempDir(), c.args...)
			compare(t, r.stdout, c.want)
			if r.code != 0 {
				t.Errorf("%q: exit status %d\n%s", c.args[1:], r.code, r.stderr)
			}
		}
	})
}

// TestOtherCPU: a debugger has no traps and no registers for a process of another CPU (Rosetta's, on Darwin),
// refuses it, and leaves it as it is.
func TestOtherCPU(t *testing.T) {
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "othercpu"), guest(t, other[arch], "othercpu"))
		compare(t, r.stdout, "true true\nread on\n")
		r.endsWell(t)
	})
}
