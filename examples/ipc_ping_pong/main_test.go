package main

import (
	"bytes"
	"strings"
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
	if err := run(&out, 300); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "300 round trips, ball 44\n") {
		t.Errorf("%s", out.String())
	}
}
