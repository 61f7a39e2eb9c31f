package main

import (
	"bytes"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port/porttest"
)

func TestRun(t *testing.T) {
	porttest.LeakCheck(t)
	var out bytes.Buffer
	if err := run(&out, 2*time.Millisecond, 20); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^ordinary   late by \S+ in the middle, \S+ at most\nreal-time  late by \S+ in the middle, \S+ at most\n$`).Match(out.Bytes()) {
		t.Errorf("got\n%s", out.String())
	}
}

// A real-time thread may compute for 50 ms at most.
func TestTooMuch(t *testing.T) {
	porttest.LeakCheck(t)
	if err := run(&bytes.Buffer{}, time.Second, 0); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Errorf("error is %v", err)
	}
}
