package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach/host"
	"github.com/gomach/mach/port/porttest"
)

func TestWatch(t *testing.T) {
	host.Port() // kept for good
	porttest.LeakCheck(t)
	loads, err := host.CPULoads(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	began := time.Now()
	if err := watch(t.Context(), &out, 3, 30*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 90*time.Millisecond {
		t.Errorf("three beats of 30 ms took %v", took)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	form := regexp.MustCompile(`^( *\d+% )+ memory: \d+\.\d GiB, \d+\.\d free, \d+\.\d wired$`)
	for _, l := range lines {
		if !form.MatchString(l) || strings.Count(l, "%") != len(loads) {
			t.Errorf("line is %q, of %d processors", l, len(loads))
		}
	}
	if len(lines) != 3 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestInterrupt(t *testing.T) {
	host.Port()
	porttest.LeakCheck(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := watch(ctx, &bytes.Buffer{}, 0, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}
