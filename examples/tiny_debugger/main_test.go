package main

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

func TestMain(m *testing.M) {
	if os.Getenv(role) != "" {
		target()
		return
	}
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	if mach.MachTaskSelf() == mach.MACH_PORT_NULL {
		t.Skip("no Mach kernel on this system")
	}
	porttest.LeakCheck(t)
	var out bytes.Buffer
	err := run(&out)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	const want = `stopped at breakpoint, argument 2
stopped at breakpoint, argument 3
stepped one instruction
stopped at breakpoint, argument 4
the argument is 100 now
square of 2 is 4
square of 3 is 9
square of 4 is 10000
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
