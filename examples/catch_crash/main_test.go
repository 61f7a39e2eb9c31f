package main

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

func TestMain(m *testing.M) {
	if os.Getenv(role) != "" {
		crash(os.Stdin, os.Stdout)
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
	want := regexp.MustCompile(`^caught EXC_BAD_ACCESS: bad access to 0x0: .*KERN_(INVALID_ADDRESS|PROTECTION_FAILURE).*
the process itself: .*nil pointer dereference
$`)
	if !want.Match(out.Bytes()) {
		t.Errorf("got\n%s", out.String())
	}
}
