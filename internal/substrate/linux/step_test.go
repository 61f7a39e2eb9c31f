//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestStepThroughTheParkedLoop(t *testing.T) {
	x := startTarget(t, "fault") // blocks in read
	x.ready()
	pid := x.p.PID()
	if _, err := x.tr.Step(pid); !errors.Is(err, ErrNotSuspended) {
		t.Errorf("step of a running thread: %v", err)
	}
	eventually(t, "it blocks", func() bool {
		s, err := x.p.Stat()
		return err == nil && s.State == 'S'
	})
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The read that was interrupted starts again, and blocks.
	begin := time.Now()
	if raised, err := x.tr.Step(pid); raised != 0 || !errors.Is(err, ErrBusy) {
		t.Errorf("step into a blocking call: %v, %v", raised, err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Error(took)
	}
	x.Ask("tttt") // now the read can end
	pcs := map[uint64]bool{}
	traps := 0
	for range 30000 {
		raised, err := x.tr.Step(pid)
		if err != nil {
			t.Fatal(err)
		}
		if raised == unix.SIGTRAP {
			traps++
			break
		}
		if raised != 0 {
			t.Fatalf("stepping raised %v", raised)
		}
		r, err := x.tr.Registers(pid)
		if err != nil {
			t.Fatal(err)
		}
		pcs[r.PC()] = true
	}
	if len(pcs) < 10 || traps != 1 {
		t.Errorf("%d places seen, %d traps", len(pcs), traps)
	}
	// The breakpoint's signal is still on its way.
	if err := x.tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if got := x.Line(); len(got) < 10 || got[:10] != "handler 5 " {
		t.Errorf("the target says %q", got)
	}
}

func TestSteppingEvents(t *testing.T) {
	x := startTarget(t, "park", "1")
	fn := x.ready()
	tids, _ := x.p.ThreadIDs(nil)
	tid := tids[1]
	eventually(t, "parked", func() bool {
		r, err := x.tr.Registers(tid)
		return err == nil && r.PC() >= fn && r.PC() < fn+200
	})
	events := make(chan Event, 16)
	left := 5
	err := x.tr.SetHandler(func(e Event) Action {
		if left--; left == 0 {
			if err := x.tr.SetStepping(tid, false); err != nil {
				t.Error(err)
			}
		}
		events <- e
		return Suppress
	}, Watch{Signals: Exceptions})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.tr.SetStepping(tid, true); !errors.Is(err, ErrNotSuspended) {
		t.Error(err)
	}
	if err := x.tr.SuspendThread(tid); err != nil {
		t.Fatal(err)
	}
	r, _ := x.tr.Registers(tid)
	leavePause(&r)
	if err := x.tr.SetRegisters(tid, &r); err != nil {
		t.Fatal(err)
	}
	if err := x.tr.SetStepping(tid, true); err != nil {
		t.Fatal(err)
	}
	if err := x.tr.ResumeThread(tid); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if e := receive(t, events); e.TID != tid || e.Signal != unix.SIGTRAP || !isStepTrap(&e.Info) || !e.Stepped {
			t.Errorf("%+v", e)
		}
	}
}

// A step of a system call that waits ends with the interrupt: no trap of it comes
// later, when the thread goes on. The target has no handler for one.
func TestInterruptedStepLeavesNoTrap(t *testing.T) {
	x := startTarget(t, "mem") // blocks in read
	x.ready()
	pid := x.p.PID()
	blocks := func() bool {
		s, err := x.p.Stat()
		return err == nil && s.State == 'S'
	}
	goesOn := func() {
		t.Helper()
		x.Ask("p")
		if line := x.Line(); !strings.HasPrefix(line, "0 ") {
			t.Errorf("the target says %q", line)
		}
	}
	eventually(t, "it blocks", blocks)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(x.tr.Suspend(t.Context()))
	for range 2 {
		if raised, err := x.tr.Step(pid); raised != 0 || !errors.Is(err, ErrBusy) {
			t.Errorf("step into a blocking call: %v, %v", raised, err)
		}
	}
	must(x.tr.Resume())
	goesOn()

	events := make(chan Event, 8)
	must(x.tr.SetHandler(func(e Event) Action {
		events <- e
		return Suppress
	}, Watch{Signals: Exceptions}))
	eventually(t, "it blocks", blocks)
	must(x.tr.SuspendThread(pid))
	must(x.tr.SetStepping(pid, true))
	must(x.tr.ResumeThread(pid))
	eventually(t, "it blocks", blocks)
	must(x.tr.SuspendThread(pid))
	must(x.tr.SetStepping(pid, false))
	must(x.tr.ResumeThread(pid))
	goesOn()
	must(x.tr.SetHandler(nil, Watch{}))
	select {
	case e := <-events:
		t.Errorf("an event of a step that was given up: %+v", e)
	default:
	}
}

func TestThreadInVforkStopsLater(t *testing.T) {
	x := startTarget(t, "vfork", "700")
	x.ready()
	pid := x.p.PID()
	eventually(t, "in vfork", func() bool {
		s, err := x.p.Stat()
		return err == nil && s.State == 'D'
	})
	begin := time.Now()
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := x.tr.Registers(pid); !errors.Is(err, ErrBusy) {
		t.Errorf("registers of a thread in vfork: %v", err)
	}
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	regs, err := x.tr.Dump(t.Context(), nil)
	if err != nil || len(regs) != 2 {
		t.Errorf("%d threads dumped, %v", len(regs), err)
	}
	eventually(t, "all stopped", func() bool { return x.states() == "ttt" })
	if _, err := x.tr.Registers(pid); err != nil {
		t.Error(err)
	}
	if err := x.tr.Resume(); err != nil {
		t.Fatal(err)
	}
	x.says("vforked")
	x.progresses()
}
