package exc_test

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// watched skips a test where nothing can be watched.
func watched(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("nothing watches memory here: ", err)
	}
	ok(t, err)
}

// A watchpoint stops the thread behind each instruction that writes the memory,
// and no other; one that is cleared stops nobody.
func TestWatch(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "write")
	at, err := strconv.ParseUint(p.line(t), 10, 64)
	ok(t, err)
	d := debugged(t, p)
	ctx := within(t)
	for _, bad := range []struct {
		at     uint64
		size   int
		access exc.Access
	}{{at + 1, 4, exc.OnWrite}, {at, 3, exc.OnWrite}, {at, 0, exc.OnWrite}, {at, -8, exc.OnWrite}, {at, 4, 0}, {at, 4, 2}} {
		if _, err := d.Watch(ctx, bad.at, bad.size, bad.access); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
			t.Errorf("watch %v: %v", bad, err)
		}
	}
	w, err := d.Watch(ctx, at, 4, exc.OnWrite)
	if errors.Is(err, mach.KERN_NOT_SUPPORTED) { // it takes no place, and the process goes on
		for range 5 {
			_, err = d.Watch(ctx, at, 4, exc.OnWrite)
			if !errors.Is(err, errors.ErrUnsupported) || errors.Is(err, mach.KERN_NO_SPACE) {
				t.Errorf("watched nowhere: %v", err)
			}
		}
		io.WriteString(p.in, "\n")
		if got := p.line(t); got != "510" {
			t.Errorf("the process says %s", got)
		}
	}
	watched(t, err)
	var more [3]*exc.Watchpoint
	for i := range more {
		more[i], err = d.Watch(ctx, at&^7+4096, 8, exc.OnAccess)
		ok(t, err)
	}
	if _, err := d.Watch(ctx, at, 1, exc.OnAccess); !errors.Is(err, mach.KERN_NO_SPACE) {
		t.Errorf("a fifth one: %v", err)
	}
	for _, w := range more {
		ok(t, w.Clear(ctx))
		ok(t, w.Clear(ctx))
	}
	io.WriteString(p.in, "\n")
	for i := range uint32(4) {
		s, err := d.Wait(ctx)
		ok(t, err)
		var b [4]byte
		_, err = d.Task().ReadMemory(b[:], at)
		ok(t, err)
		if v := binary.LittleEndian.Uint32(b[:]); s.Reason != exc.AtWatchpoint || s.Watch != w || v != 100+i {
			t.Fatalf("stop %v, %v, value %d", s, s.Watch, v)
		}
		if i == 2 { // a step is a step all the same
			if s, err = d.Step(ctx); err != nil || s.Reason != exc.Stepped {
				t.Fatal(s, err)
			}
		}
		if i == 3 {
			ok(t, w.Clear(ctx))
		}
		ok(t, d.Continue(ctx))
	}
	if got := p.line(t); got != "510" {
		t.Errorf("the process says %s", got)
	}
	if s, err := d.Wait(ctx); !errors.Is(err, exc.ErrExited) {
		t.Errorf("after that: %v, %v", s, err)
	}
}

// Reads count where they are asked for, and a debugger that goes leaves no
// watchpoint behind.
func TestWatchReads(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "write")
	at, err := strconv.ParseUint(p.line(t), 10, 64)
	ok(t, err)
	d := debugged(t, p)
	ctx := within(t)
	_, err = d.Watch(ctx, at, 4, exc.OnAccess)
	watched(t, err)
	io.WriteString(p.in, "\n")
	for range 3 { // written, read, written
		s, err := d.Wait(ctx)
		ok(t, err)
		if s.Reason != exc.AtWatchpoint {
			t.Fatal(s)
		}
		ok(t, d.Continue(ctx))
	}
	ok(t, d.Close())
	if got := p.line(t); got != "510" {
		t.Errorf("the process says %s", got)
	}
	ok(t, p.wait())
}

// A Unix signal that the kernel tells as an exception (xnu bsd/kern/kern_sig.c,
// issignal_locked: EXC_SOFTWARE, EXC_SOFT_SIGNAL, the number) is a stop. The
// message is sent by hand here, as only ptrace makes the kernel send it, which
// the hosted one has not: see TestTracedSignals.
func TestSignalStops(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "wait")
	d := debugged(t, p)
	ctx := within(t)
	handlers, err := exc.Task(d.Task()).Get(mach.EXC_MASK_SOFTWARE)
	ok(t, err)
	defer handlers.Close()
	to, found := handlers.Find(mach.EXC_SOFTWARE)
	if !found {
		t.Skip("handlers of others are hidden here")
	}
	list, err := d.Task().Threads()
	ok(t, err)
	defer list.Close()
	var th *task.Thread
	for _, th = range list.All() {
		break
	}
	answer := make(chan error, 1)
	go func() {
		answer <- exc.Forward(ctx, &exc.Exception{
			Type: mach.EXC_SOFTWARE, Codes: []int64{mach.EXC_SOFT_SIGNAL, 30}, Thread: th, Task: d.Task(),
		}, to)
	}()
	s, err := d.Wait(ctx)
	ok(t, err)
	if x, is := s.Exception.Detail().(exc.Software); s.Reason != exc.Signalled || !is || x.Signal != 30 {
		t.Errorf("stop %v, %v", s, x)
	}
	ok(t, d.Continue(ctx))
	ok(t, <-answer)
}
