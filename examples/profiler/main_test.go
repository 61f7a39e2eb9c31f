package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach/internal/apitest"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
	"github.com/google/pprof/profile"
)

const role = "PROFILER_TARGET"

func TestMain(m *testing.M) {
	if os.Getenv(role) != "" {
		go func() { io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
		go waits(make(chan int))
		fmt.Println("ready")
		outerWork()
		return
	}
	os.Exit(m.Run())
}

// What the target does, and the profile has to show.
//
//go:noinline
func outerWork() {
	for n := uint64(1); n != 0; {
		n = middleWork(n)
	}
}

// middleWork is what the walk passes over while innerWork, which has no frame,
// runs.
//
//go:noinline
func middleWork(n uint64) uint64 { return innerWork(n) + 1 }

//go:noinline
func innerWork(n uint64) uint64 {
	for range 100_000_000 {
		n = n*6364136223846793005 + 1442695040888963407
	}
	return n | 1
}

//go:noinline
func waits(c chan int) { <-c }

func TestProfile(t *testing.T) {
	porttest.LeakCheck(t)
	c := apitest.Child(t, role)
	// A slow machine takes fewer samples.
	for _, duration := range []time.Duration{700 * time.Millisecond, 8 * time.Second} {
		p := profileOf(t, c.Process.Pid, duration)
		var all, inner, both, waiting int64
		for _, s := range p.Sample {
			var names []string
			for _, l := range s.Location {
				for _, line := range l.Line {
					names = append(names, line.Function.Name)
				}
			}
			stack := strings.Join(names, " ")
			all += s.Value[0]
			if strings.Contains(stack, "innerWork") {
				inner += s.Value[0]
				if i, o := strings.Index(stack, "innerWork"), strings.Index(stack, "outerWork"); o > i {
					both += s.Value[0]
				}
			}
			if strings.Contains(stack, ".waits") {
				waiting += s.Value[0]
			}
		}
		if inner < 10 && duration < time.Second {
			continue
		}
		// The runtime's own threads run too, on a slow machine for most of the time.
		if inner < 10 || inner < all/4 || both < inner*9/10 || waiting > 2 {
			t.Errorf("%d samples, %d in the working function, %d with its caller, %d in one that waits\n%v", all, inner, both, waiting, p)
		}
		return
	}
}

// profileOf runs the program, and reads what it wrote.
func profileOf(t *testing.T, pid int, duration time.Duration) *profile.Profile {
	t.Helper()
	o := options{duration: duration, interval: 5 * time.Millisecond,
		out: filepath.Join(t.TempDir(), "profile.pb.gz"), exe: os.Args[0], pid: pid}
	err := run(t.Context(), o)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(o.out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A target that ends leaves what was sampled; one that has ended is an error.
func TestTargetEnds(t *testing.T) {
	porttest.LeakCheck(t)
	c := apitest.Child(t, role)
	o := options{duration: time.Minute, interval: 5 * time.Millisecond, out: filepath.Join(t.TempDir(), "p"), pid: c.Process.Pid}
	time.AfterFunc(2*time.Second, func() { c.Process.Kill() }) // a first sample takes a while in an emulator
	err := run(t.Context(), o)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	o.pid = 1 << 30
	if run(context.Background(), o) == nil {
		t.Error("a process that does not exist has a profile")
	}
}

func TestNoSymbols(t *testing.T) {
	s := readSymbols(filepath.Join(t.TempDir(), "none"))
	if (table{s, 0}).name(5) != "" || (table{}).name(5) != "" {
		t.Error("no file has symbols")
	}
	tab := table{&symbols{list: []symbol{{10, "a"}, {20, "b"}}}, 1000}
	for pc, want := range map[uint64]string{1009: "", 1010: "a", 1019: "a", 1020: "b", 5000: "b"} {
		if got := tab.name(pc); got != want {
			t.Errorf("%d is in %q, want %q", pc, got, want)
		}
	}
}
