//go:build linux && (amd64 || arm64)

package main

import "testing"

// TestFamily: guests that a guest starts are tasks of its kernel, from their start to their end;
// and what outlives the first guest goes on without one.
func TestFamily(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "family"))
		const failure = "mach: failed, no cause given (KERN_FAILURE)"
		compare(t, r.stdout, `found: true true
the old task is dead: true
the new one is another: true true
it dies with its process: true
and is not found: `+failure+`
a grandchild: true true
is dead: true
from the heir: 77
from the heir: 78
in the memory: seen, and change
a broken program: `+failure+`
the first guest ends
the survivor's wait ends: mach: port died (MACH_RCV_PORT_DIED)
and it cannot make ports: mach: object is gone (KERN_TERMINATED)
it can start others: true
survived
`)
		if r.code != 0 {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
	})
}
