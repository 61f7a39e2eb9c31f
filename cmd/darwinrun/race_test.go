//go:build linux && (amd64 || arm64)

package main

import (
	"strings"
	"testing"
)

// The race detector's runtime, which Apple's compiler made, works in guests: it finds a race
// and says so in the exit status.
func TestRaceDetector(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "race", "-race"))
		if r.code != 66 || !strings.Contains(r.stderr, "WARNING: DATA RACE") || !strings.HasPrefix(r.stdout, "done") {
			t.Errorf("exit status %d\n%s%s", r.code, r.stdout, r.stderr)
		}
	})
}
