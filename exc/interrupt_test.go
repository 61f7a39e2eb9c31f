package exc_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// A process that runs is stopped from another goroutine, as often as one likes,
// and runs on.
func TestInterrupt(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "wait")
	d := debugged(t, p)
	ctx := within(t)
	for range 3 {
		stopped := make(chan *exc.Stop, 2)
		for range cap(stopped) { // whoever waits is told
			go func() {
				s, err := d.Wait(ctx)
				if err != nil {
					t.Error(err)
				}
				stopped <- s
			}()
		}
		ok(t, d.Interrupt())
		ok(t, d.Interrupt())
		s := <-stopped
		if s == nil || s.Reason != exc.Interrupted || s.String() == "" || <-stopped != s {
			t.Fatalf("stop %v", s)
		}
		regs, err := s.Thread.Registers()
		ok(t, err)
		if regs.PC() != s.Address || regs.PC() == 0 {
			t.Errorf("pc %#x, stop at %#x", regs.PC(), s.Address)
		}
		ok(t, d.Interrupt()) // it is stopped: there is nothing to do
		ok(t, d.Continue(ctx))
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		if s, err := d.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after the interrupt: %v, %v", s, err)
		}
		cancel()
	}
	// Passed on, a stop without an exception is nothing.
	ok(t, d.Interrupt())
	_, err := d.Wait(ctx)
	ok(t, err)
	ok(t, d.Pass(ctx))
	io.WriteString(p.in, "\n\n")
	ok(t, p.wait())
	if _, err := d.Wait(ctx); !errors.Is(err, exc.ErrExited) {
		t.Errorf("after the end: %v", err)
	}
	if err := d.Interrupt(); !errors.Is(err, exc.ErrExited) {
		t.Errorf("interrupt of what has ended: %v", err)
	}
	ok(t, d.Close())
	if err := d.Interrupt(); !errors.Is(err, port.ErrClosed) {
		t.Errorf("interrupt of a closed one: %v", err)
	}
}

// A breakpoint that a thread has not reached yet when it is interrupted is still
// to be told.
func TestInterruptBeforeBreakpoint(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "count")
	d := debugged(t, p)
	ctx := within(t)
	ok(t, d.Interrupt())
	s, err := d.Wait(ctx)
	ok(t, err)
	bp, err := d.SetBreakpoint(ctx, s.Address)
	ok(t, err)
	if _, err := d.SetBreakpoint(ctx, p.addr); err != nil {
		t.Fatal(err)
	}
	ok(t, bp.Clear(ctx))
	ok(t, d.Continue(ctx))
	io.WriteString(p.in, "\n")
	for range 5 {
		s, err = d.Wait(ctx)
		ok(t, err)
		if s.Reason != exc.AtBreakpoint || s.Address != p.addr {
			t.Fatal(s)
		}
		ok(t, d.Continue(ctx))
	}
}

// An interrupt ends a step that never would end, of an instruction that waits.
// The thread that is stepped is one that sleeps in a call, as far as there is
// one.
func TestInterruptEndsStep(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "wait")
	d := debugged(t, p)
	ctx := within(t)
	ok(t, d.Interrupt())
	_, err := d.Wait(ctx)
	ok(t, err)
	for range 50 { // until it waits in a call again
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		s, err := d.Step(short)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		ok(t, err)
		if s.Reason != exc.Stepped {
			t.Fatal(s)
		}
	}
	ok(t, d.Interrupt())
	s, err := d.Wait(ctx)
	ok(t, err)
	if s.Reason != exc.Interrupted && s.Reason != exc.Stepped {
		t.Error(s)
	}
	ok(t, d.Continue(ctx))
	io.WriteString(p.in, "\n\n")
	ok(t, p.wait())
}

// While one thread is stopped at a breakpoint, another is stepped; the first is
// not told a second time, and nothing is lost.
func TestStepAnotherThread(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "many")
	d := debugged(t, p)
	ctx := within(t)
	_, err := d.SetBreakpoint(ctx, p.addr)
	ok(t, err)
	io.WriteString(p.in, "\n")
	stops, steps := 0, 0
	at := map[uint64]bool{}
	note := func(s *exc.Stop) (id uint64) {
		id, err := s.Thread.ID()
		ok(t, err)
		if s.Reason == exc.AtBreakpoint {
			stops++
			at[id] = true
		}
		return id
	}
	for patience := time.Millisecond; ; { // at first, most steps are given up
		s, err := d.Wait(ctx)
		if errors.Is(err, exc.ErrExited) {
			break
		}
		ok(t, err)
		id := note(s)
		other, which := another(t, d, id, at)
		if s.Reason == exc.AtBreakpoint && other != nil && stops > 4 {
			short, cancel := context.WithTimeout(ctx, patience)
			next, err := d.StepThread(short, other)
			cancel()
			if errors.Is(err, context.DeadlineExceeded) { // it waits in a call, or is slow
				patience += time.Millisecond
				ok(t, d.Interrupt())
				next, err = d.Wait(ctx)
			}
			if err != nil {
				t.Fatal(next, err)
			}
			if next == s { // there was no time to begin
				ok(t, other.Close())
				ok(t, d.Continue(ctx))
				continue
			}
			if got := note(next); next.Reason == exc.Stepped {
				if got != which {
					t.Errorf("stepped %d, want %d", got, which)
				}
				steps++
			}
		}
		ok(t, other.Close())
		ok(t, d.Continue(ctx))
	}
	if stops != 80 || steps == 0 {
		t.Errorf("%d stops, want 80; %d steps of others", stops, steps)
	}
	sum := 0
	for i := range 20 {
		sum += 4 * (i*3 + 1)
	}
	if got := p.line(t); got != strconv.Itoa(sum) {
		t.Errorf("the process says %s, want %d", got, sum)
	}
}

// another is one of the threads in at, but not the one with the number not. It
// is nil if there is none.
func another(t *testing.T, d *exc.Debugger, not uint64, at map[uint64]bool) (*task.Thread, uint64) {
	t.Helper()
	list, err := d.Task().Threads()
	ok(t, err)
	defer list.Close()
	for _, th := range list.All() {
		if id, err := th.ID(); err == nil && id != not && at[id] {
			other, err := d.Task().Thread(id)
			ok(t, err)
			return other, id
		}
	}
	return nil, 0
}

// Every method that may wait ends with its context, and loses nothing.
func TestContexts(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "count")
	d := debugged(t, p)
	ctx := within(t)
	why := errors.New("why")
	over, end := context.WithCancelCause(bg)
	end(why)
	bp, err := d.SetBreakpoint(ctx, p.addr)
	ok(t, err)
	io.WriteString(p.in, "\n")
	s, err := d.Wait(ctx)
	ok(t, err)
	for name, f := range map[string]func() error{
		"Wait":          func() error { _, err := d.Wait(over); return err },
		"SetBreakpoint": func() error { _, err := d.SetBreakpoint(over, p.addr+64); return err },
		"Clear":         func() error { return bp.Clear(over) },
		"Step":          func() error { _, err := d.Step(over); return err },
		"StepThread":    func() error { _, err := d.StepThread(over, s.Thread); return err },
		"Continue":      func() error { return d.Continue(over) },
		"Pass":          func() error { return d.Pass(over) },
		"Follow":        func() error { return d.Follow(over, nil) },
		"Detach":        func() error { return d.Detach(over) },
	} {
		if err := f(); !errors.Is(err, why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again, err := d.Wait(ctx); err != nil || again != s {
		t.Errorf("after that: %v, %v", again, err)
	}
	ok(t, bp.Clear(ctx))
	ok(t, d.Continue(ctx))
	for i := range 5 {
		if got, want := p.line(t), strconv.Itoa(i*3+1); got != want {
			t.Errorf("call %d gave %s, want %s", i, got, want)
		}
	}
	ok(t, d.Detach(ctx))
}
