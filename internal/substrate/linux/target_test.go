//go:build linux && (amd64 || arm64)

package linux

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	targets "github.com/gomach/mach/internal/substrate/target"
)

func TestMain(m *testing.M) {
	if pid := os.Getenv("SUBSTRATE_DUMPER"); pid != "" {
		dumper(pid)
	}
	if os.Getenv("SUBSTRATE_GOTARGET") != "" {
		goTarget()
	}
	if calls := os.Getenv("SUBSTRATE_FILTER"); calls != "" {
		filteredDumper(calls)
	}
	if os.Getenv("SUBSTRATE_LIMITED") != "" {
		limited()
	}
	targets.Main(m)
}

// target is a running testdata/target.c.
type target struct {
	*targets.Target
	t  testing.TB
	p  *Process
	tr *Tracer
}

func startTarget(t testing.TB, args ...string) *target {
	t.Helper()
	return held(t, targets.Start(t, args...))
}

// launch starts a program as a target.
func launch(t testing.TB, env []string, path string, args ...string) *target {
	t.Helper()
	return held(t, targets.Launch(t, env, path, args...))
}

func held(t testing.TB, process *targets.Target) *target {
	t.Helper()
	x := &target{Target: process, t: t}
	var err error
	if x.p, err = Open(x.PID()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.p.Close() })
	if x.tr, err = x.p.Trace(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.tr.Close() })
	return x
}

// ready waits for the line "ready" and gives the address in it, if any.
func (x *target) ready() uint64 {
	x.t.Helper()
	line := x.Line()
	text, ok := strings.CutPrefix(line, "ready")
	if !ok {
		x.t.Fatalf("target said %q", line)
	}
	addr, _ := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(text), "0x"), 16, 64)
	return addr
}

// beats reads the target's own progress count until it has grown twice.
func (x *target) progresses() {
	x.t.Helper()
	var last, grown int64 = -1, 0
	for range 500 {
		n, err := strconv.ParseInt(x.Line(), 10, 64)
		if err != nil {
			x.t.Fatalf("target complains: %v", err)
		}
		if last >= 0 && n > last {
			if grown++; grown == 3 {
				return
			}
		}
		last = n
	}
	x.t.Fatal("target makes no progress")
}

// eventually waits for something that takes a moment.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("not so within 10 s: ", what)
}

func (x *target) states() string {
	var b strings.Builder
	tids, _ := x.p.ThreadIDs(nil)
	for _, tid := range tids {
		if s, err := x.p.ThreadStat(tid); err == nil {
			b.WriteByte(s.State)
		}
	}
	return b.String()
}

// says waits for the target to say something, past what it said before.
func (x *target) says(want string) {
	x.t.Helper()
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if got = x.Line(); got == want {
			return
		}
	}
	x.t.Errorf("the target says %q, want %q", got, want)
}
