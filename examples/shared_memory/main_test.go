package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

func TestMain(m *testing.M) {
	if os.Getenv(role) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	porttest.LeakCheck(t)
	var out bytes.Buffer
	err := run(&out)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != "in the shared memory: WRITTEN BY THE FIRST PROCESS\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestOther(t *testing.T) {
	porttest.LeakCheck(t)
	var out bytes.Buffer
	if err := other(strings.NewReader("x"), &out); err == nil {
		t.Error("x is an address")
	}
	if err := other(strings.NewReader("8"), &out); err == nil {
		t.Error("there is memory at 8")
	}
	x, err := task.Self().Allocate(100, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	copy(x.Bytes(), "abc")
	if err := other(strings.NewReader(fmt.Sprint(x.Address())), &out); err != nil || out.String() != "done\n" || string(x.Bytes()[:4]) != "ABC\x00" {
		t.Errorf("memory is %q, %v, %q", x.Bytes()[:4], err, out.String())
	}
}
