package main

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/apitest"
	"github.com/gomach/mach/port/porttest"
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
	porttest.LeakCheck(t)
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
	porttest.LeakCheck(t)
	c := apitest.Sleeper(t)
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

func TestMain(m *testing.M) { apitest.MainOrSleeper(m) }

func TestErrors(t *testing.T) {
	porttest.LeakCheck(t)
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
