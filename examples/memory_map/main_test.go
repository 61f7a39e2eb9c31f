package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

var line = regexp.MustCompile(`^[0-9a-f]{16}-[0-9a-f]{16} +\d+[BKMGTPE] [-r][-w][-x]/[-r][-w][-x] SM=(COW|PRV|NUL|SHM|P/A|S/A|LPG) +\d+ +\d+ (file|zero-filled|reserved|submap) +\S`)

func check(t *testing.T, out string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) < 6 {
		t.Fatalf("got\n%s", out)
	}
	last := len(lines) - 1
	for _, l := range lines[:last] {
		if !line.MatchString(l) {
			t.Errorf("line is %q", l)
		}
	}
	if n, _, _ := strings.Cut(lines[last], " "); n != strconv.Itoa(last) || !strings.Contains(lines[last], "the footprint is ") {
		t.Errorf("%d regions, and the sum is %q", last, lines[last])
	}
}

func TestSelf(t *testing.T) {
	port.LeakCheck(t)
	for _, recurse := range []bool{false, true} {
		var out bytes.Buffer
		if err := run(&out, "", recurse); err != nil {
			t.Fatal(err)
		}
		check(t, out.String())
		if exe, _ := os.Executable(); !strings.Contains(out.String(), exe) {
			t.Errorf("the program is not in the map of its memory:\n%s", out.String())
		}
	}
}

func TestOther(t *testing.T) {
	port.LeakCheck(t)
	c := sleeper(t)
	var out bytes.Buffer
	err := run(&out, strconv.Itoa(c.Process.Pid), true)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	check(t, out.String())
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
	for _, pid := range []string{"x", "1073741824"} {
		if err := run(&bytes.Buffer{}, pid, false); err == nil {
			t.Errorf("the memory of process %s was listed", pid)
		}
	}
}

func TestHuman(t *testing.T) {
	for n, want := range map[uint64]string{0: "0B", 9999: "9999B", 10240: "10K", 1 << 40: "1024G", 1<<64 - 1: "15E"} {
		if got := human(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
