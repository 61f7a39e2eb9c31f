//go:build linux && (amd64 || arm64)

package main

import (
	"os"
	"testing"
)

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
		r.endsWell(t)
	})
}

// TestHostProgramBetween: a host program that a guest starts inherits no way into the guest's
// kernel. A guest that it starts by a runner of its own has another kernel, with its own children.
func TestHostProgramBetween(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), "-host-programs", guest(t, arch, "between"), self)
		const none = "mach: failed, no cause given (KERN_FAILURE)"
		compare(t, r.stdout, `first: itself: found
0
behind: a port: <nil> itself: found the one before: `+none+`
behind: a port: <nil> itself: found the one before: `+none+`
behind: a port: <nil> itself: found the one before: found
`)
		r.endsWell(t)
	})
}
