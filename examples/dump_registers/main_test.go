package main

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"testing"

	"github.com/gomach/mach/internal/apitest"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

func TestRun(t *testing.T) {
	porttest.LeakCheck(t)
	c := apitest.Sleeper(t)
	var out bytes.Buffer
	err := run(&out, strconv.Itoa(c.Process.Pid))
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^thread 0, number \d+, ".*"\n( +(rax|x0) [0-9a-f]{16} +(rbx|x1) [0-9a-f]{16}[^\n]*\n)([^\n]* (sp|rsp) [0-9a-f]{16}[^\n]*\n|[^\n]*\n)+    #0  [0-9a-f]{16}\n`)
	if !want.Match(out.Bytes()) {
		t.Errorf("got\n%s", out.String())
	}
}

func TestMain(m *testing.M) { apitest.MainOrSleeper(m) }

func TestErrors(t *testing.T) {
	porttest.LeakCheck(t)
	if err := run(&bytes.Buffer{}, "x"); err == nil {
		t.Error("x is a process")
	}
	var e *task.OpenError
	if err := run(&bytes.Buffer{}, "1073741824"); !errors.As(err, &e) {
		t.Errorf("error is %v", err)
	}
}
