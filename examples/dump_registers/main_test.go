package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

func TestRun(t *testing.T) {
	port.LeakCheck(t)
	c := sleeper(t)
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

// TestMain lets the test binary be the process that is looked at: it sleeps until its input ends.
func TestMain(m *testing.M) {
	if os.Getenv("EXAMPLE_SLEEPS") == "1" {
		os.Stdout.WriteString("ready\n")
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "EXAMPLE_SLEEPS=1", "GORACE=atexit_sleep_ms=0")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Skip("no processes here: ", err)
	}
	t.Cleanup(func() {
		in.Close()
		c.Wait()
	})
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Skip("the child does not run here: ", err)
	}
	return c
}

func TestErrors(t *testing.T) {
	port.LeakCheck(t)
	if err := run(&bytes.Buffer{}, "x"); err == nil {
		t.Error("x is a process")
	}
	var e *task.OpenError
	if err := run(&bytes.Buffer{}, "1073741824"); !errors.As(err, &e) {
		t.Errorf("error is %v", err)
	}
}
