package exc_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/gomach/mach/exc"
	targets "github.com/gomach/mach/internal/substrate/target"
	"github.com/gomach/mach/port/porttest"
)

// forks is a debugged testdata/forks.c with a breakpoint on its function.
func forks(t *testing.T) (*targets.Target, *exc.Debugger, *exc.Breakpoint) {
	t.Helper()
	x := targets.StartProgram(t, "testdata/forks.c")
	at, err := strconv.ParseUint(x.Line(), 0, 64)
	ok(t, err)
	d, err := exc.Debug(within(t), x.PID())
	ok(t, err)
	t.Cleanup(func() { d.Close() })
	bp, err := d.SetBreakpoint(within(t), at)
	ok(t, err)
	return x, d, bp
}

// goesOn has the parent stop at its breakpoint and go on.
func goesOn(t *testing.T, x *targets.Target, d *exc.Debugger, bp *exc.Breakpoint) {
	t.Helper()
	s, err := d.Wait(within(t))
	ok(t, err)
	if pid, err := d.Task().PID(); err != nil || pid != x.PID() || s.Reason != exc.AtBreakpoint || s.Point != bp {
		t.Fatal(pid, s, err)
	}
	ok(t, d.Continue(within(t)))
	if got := x.Line(); got != "42" {
		t.Errorf("the parent says %q", got)
	}
}

// A child of the debugged process comes to the breakpoint, is freed of it or, where
// it runs in the process's memory, led over it, and goes on; the process's own
// breakpoint stays. The kernel made it the heir of the process's handlers (xnu
// osfmk/kern/ipc_tt.c, ipc_task_init). What vfork and clone share: vfork(2), clone(2).
func TestChildrenGoOn(t *testing.T) {
	porttest.LeakCheck(t)
	x, d, bp := forks(t)
	for round := range 3 {
		for _, kind := range []string{"f", "v", "c", "s", "x"} {
			x.Ask(kind)
			if got, want := x.Line(), fmt.Sprintf("%#x", 7<<8); got != want {
				t.Fatalf("round %d, %s: the child ended with %s, want %s", round, kind, got, want)
			}
			goesOn(t, x, d, bp)
		}
	}
	ok(t, d.Close())
	x.Ask("v")
	x.Says(fmt.Sprintf("%#x", 7<<8))
	x.Says("42")
}

// A child that is followed stops at the breakpoint for a debugger of its own, once it
// has a memory of its own.
func TestChildrenAreFollowed(t *testing.T) {
	porttest.LeakCheck(t)
	x, d, bp := forks(t)
	followed := make(chan *exc.Debugger, 1)
	ok(t, d.Follow(within(t), func(child *exc.Debugger) { followed <- child }))
	for _, kind := range []string{"f", "c"} {
		x.Ask(kind)
		child := <-followed
		for range 2 { // the function is called twice
			s, err := child.Wait(within(t))
			ok(t, err)
			if s.Reason != exc.AtBreakpoint || s.Point == bp || s.Address != bp.Address {
				t.Fatal(kind, s)
			}
			ok(t, child.Continue(within(t)))
		}
		x.Says(fmt.Sprintf("%#x", 7<<8))
		ok(t, child.Close())
		goesOn(t, x, d, bp)
	}
	for _, kind := range []string{"v", "s"} {
		x.Ask(kind)
		x.Says(fmt.Sprintf("%#x", 7<<8))
		goesOn(t, x, d, bp)
	}
	select {
	case <-followed:
		t.Error("a child in the process's memory was followed")
	default:
	}
	ok(t, d.Close())
}
