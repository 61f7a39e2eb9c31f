//go:build linux && (amd64 || arm64)

package main

import (
	"os"
	"strings"
	"testing"
)

// TestMisc: see testdata/c/misc.c. A program of the host is not started, and a line says why.
func TestMisc(t *testing.T) {
	want, err := os.ReadFile("testdata/c/misc.out")
	if err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), cguest(t, arch, "misc", "-Wno-format-overflow", "-Wno-format"))
		compare(t, r.stdout, string(want))
		if r.code != 0 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "-host-programs would let it run") {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
	})
}
