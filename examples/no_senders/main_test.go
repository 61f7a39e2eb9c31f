package main

import (
	"bytes"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port/porttest"
)

func TestRun(t *testing.T) {
	if mach.MachTaskSelf() == mach.MACH_PORT_NULL {
		t.Skip("no Mach kernel on this system")
	}
	porttest.LeakCheck(t)
	var out bytes.Buffer
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	const want = `session 2 has no senders, of 1 that were made
session 1 lives by a copy
session 1 has no senders, of 1 that were made
session 3 is in the post
session 3 has no senders, of 1 that were made
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
