package exc_test

import (
	"io"
	"testing"
	"time"

	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
)

// A thread that is at a breakpoint when that is taken out goes on, though nobody is in
// Wait: the trap was the debugger's, and there is nothing left to tell.
func TestStraysGoOnWithoutWait(t *testing.T) {
	porttest.LeakCheck(t)
	for _, mode := range []string{"count", "many"} {
		p := start(t, mode)
		d := debugged(t, p)
		ctx := within(t)
		bp, err := d.SetBreakpoint(ctx, p.addr)
		ok(t, err)
		io.WriteString(p.in, "\n")
		for there := false; !there; time.Sleep(time.Millisecond) {
			list, err := d.Task().Threads()
			ok(t, err)
			for _, th := range list.All() {
				if regs, err := th.Registers(); err == nil && (regs.PC() == p.addr || regs.PC() == p.addr+1) {
					there = true
				}
			}
			ok(t, list.Close())
			ok(t, ctx.Err())
		}
		ok(t, bp.Clear(ctx))
		want := "1"
		if mode == "many" {
			want = "2360" // four times the sum of 3i+1 for i below 20
		}
		if got := p.line(t); got != want {
			t.Errorf("%s: the process says %s", mode, got)
		}
		ok(t, d.Close())
	}
}

// So do those that had come while the process was stopped by another one.
func TestPendingStraysGoOn(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "many")
	d := debugged(t, p)
	ctx := within(t)
	bp, err := d.SetBreakpoint(ctx, p.addr)
	ok(t, err)
	io.WriteString(p.in, "\n")
	for range 3 {
		s, err := d.Wait(ctx)
		ok(t, err)
		if s.Reason != exc.AtBreakpoint {
			t.Fatal(s)
		}
		if _, err := d.Step(ctx); err != nil {
			t.Fatal(err)
		}
		ok(t, d.Continue(ctx))
	}
	_, err = d.Wait(ctx)
	ok(t, err)
	ok(t, bp.Clear(ctx))
	ok(t, d.Continue(ctx))
	if got := p.line(t); got != "2360" {
		t.Errorf("the process says %s", got)
	}
	ok(t, d.Close())
}
