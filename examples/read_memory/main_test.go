package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

func TestDemo(t *testing.T) {
	porttest.LeakCheck(t)
	var out bytes.Buffer
	if err := run(&out, nil); err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(out.String(), "\n")
	if rest != hex.Dump([]byte("Memory of a task, read through its port.")) || !strings.HasSuffix(head, "rw-/rwx SM=PRV application specific 1") {
		t.Errorf("got\n%s", out.String())
	}
}

// The program as any other process, and up to the end of what is mapped.
func TestArguments(t *testing.T) {
	porttest.LeakCheck(t)
	page := mach.VMPageSize()
	x, err := task.Self().Allocate(2*page, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	copy(x.Bytes()[page-4:], "last")
	if err := task.Self().Deallocate(x.Address()+page, page); err != nil {
		t.Fatal(err)
	}
	args := func(off, size uint64) []string {
		return []string{fmt.Sprint(os.Getpid()), fmt.Sprintf("%#x", x.Address()+off), fmt.Sprint(size)}
	}
	var out bytes.Buffer
	if err := run(&out, args(page-4, 4)); err != nil || !strings.HasSuffix(out.String(), hex.Dump([]byte("last"))) {
		t.Errorf("got\n%s\n%v", out.String(), err)
	}
	out.Reset()
	if err := run(&out, args(page-4, 8)); !errors.Is(err, mach.KERN_INVALID_ADDRESS) || !strings.HasSuffix(out.String(), hex.Dump([]byte("last"))) {
		t.Errorf("beyond the end, got\n%s\n%v", out.String(), err)
	}
	for _, bad := range [][]string{{"1"}, {"x", "1", "1"}, {"1", "x", "1"}, {"1", "1", "x"}, {"1073741824", "1", "1"}, args(page, 4)} {
		if err := run(&out, bad); err == nil {
			t.Errorf("%q succeeds", bad)
		}
	}
}
