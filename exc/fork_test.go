package exc_test

import (
	"context"
	"io"
	"strconv"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// fork is a second process that is to the first what a forked child is: it has
// the same code with the same traps, and the same handlers (xnu
// osfmk/kern/ipc_tt.c, ipc_task_init).
func fork(t *testing.T, d *exc.Debugger, p *process, mode string) (*process, *task.Task) {
	t.Helper()
	kid := start(t, mode)
	if kid.addr != p.addr {
		t.Skip("programs are at random addresses here")
	}
	of, err := task.ForPID(within(t), kid.cmd.Process.Pid)
	ok(t, err)
	t.Cleanup(func() { of.Close() })
	for _, at := range d.Breakpoints() {
		code := make([]byte, 4)
		_, err := d.Task().ReadMemory(code, at)
		ok(t, err)
		// Nobody may execute the page meanwhile.
		ok(t, of.Suspended(within(t), func(context.Context) error { return of.Patch(at, code) }))
	}
	const all = mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_BREAKPOINT
	handlers, err := exc.Task(d.Task()).Get(all)
	ok(t, err)
	ok(t, handlers.Restore(exc.Task(of)))
	ok(t, handlers.Close())
	return kid, of
}

func counts(t *testing.T, p *process) {
	t.Helper()
	for i := range 5 {
		if got, want := p.line(t), strconv.Itoa(i*3+1); got != want {
			t.Errorf("call %d gave %s, want %s", i, got, want)
		}
	}
}

// A child runs into a breakpoint of its parent, is freed of it, and goes on. The
// debugger of the parent sees nothing of it, and its own breakpoint stays.
func TestForkedChildGoesOn(t *testing.T) {
	porttest.LeakCheck(t)
	for _, cleared := range []bool{false, true} {
		p := start(t, "count")
		d := debugged(t, p)
		ctx := within(t)
		bp, err := d.SetBreakpoint(ctx, p.addr)
		ok(t, err)
		kid, of := fork(t, d, p, "count and wait")
		if cleared { // in the parent, after the fork
			ok(t, bp.Clear(ctx))
		}
		io.WriteString(kid.in, "\n")
		counts(t, kid)
		handlers, err := exc.Task(of).Get(mach.EXC_MASK_BREAKPOINT)
		ok(t, err)
		if x, found := handlers.Find(mach.EXC_BREAKPOINT); found {
			t.Errorf("the child has the handler %v", x)
		}
		ok(t, handlers.Close())
		if !cleared {
			io.WriteString(p.in, "\n")
			s, err := d.Wait(ctx)
			ok(t, err)
			if s.Reason != exc.AtBreakpoint || s.Point != bp {
				t.Error(s)
			}
			ok(t, bp.Clear(ctx))
			ok(t, d.Continue(ctx))
			counts(t, p)
		}
		ok(t, of.Close())
		ok(t, d.Close())
	}
}

// A child that crashes is no stop of the parent's debugger, and crashes.
func TestForkedChildCrashes(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "count")
	d := debugged(t, p)
	_, err := d.SetBreakpoint(within(t), p.addr)
	ok(t, err)
	kid, of := fork(t, d, p, "crash")
	io.WriteString(kid.in, "\n")
	if got := kid.line(t); got != "recovered: runtime error: invalid memory address or nil pointer dereference" {
		t.Errorf("the child said %q", got)
	}
	ok(t, of.Close())
}

// A child that is followed has a debugger of its own, with copies of the
// breakpoints; the two do not disturb each other.
func TestForkedChildIsFollowed(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "count")
	d := debugged(t, p)
	ctx := within(t)
	bp, err := d.SetBreakpoint(ctx, p.addr)
	ok(t, err)
	followed := make(chan *exc.Debugger, 1)
	ok(t, d.Follow(ctx, func(child *exc.Debugger) { followed <- child }))
	kid, of := fork(t, d, p, "count")
	io.WriteString(kid.in, "\n")
	child := <-followed
	defer child.Close()
	if pid, err := child.Task().PID(); err != nil || pid != kid.cmd.Process.Pid {
		t.Errorf("followed %d, %v", pid, err)
	}
	io.WriteString(p.in, "\n")
	for i := range 5 {
		s, err := child.Wait(ctx)
		ok(t, err)
		if s.Reason != exc.AtBreakpoint || s.Point == bp || s.Address != p.addr {
			t.Fatal(s)
		}
		if s, err = child.Step(ctx); err != nil || s.Reason != exc.Stepped {
			t.Fatal(s, err)
		}
		s, err = d.Wait(ctx) // the parent's own
		ok(t, err)
		if s.Reason != exc.AtBreakpoint || s.Point != bp {
			t.Fatal(s)
		}
		if i == 2 {
			ok(t, s.Point.Clear(ctx))
			ok(t, d.Continue(ctx))
			counts(t, p)
			break
		}
		ok(t, d.Continue(ctx))
		ok(t, child.Continue(ctx))
	}
	ok(t, d.Close()) // the child's goes on
	s, err := child.Wait(ctx)
	ok(t, err)
	if s.Reason != exc.Stepped {
		t.Error(s)
	}
	ok(t, child.Close())
	counts(t, kid)
	ok(t, of.Close())
}
