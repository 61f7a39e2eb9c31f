package exc_test

import (
	"errors"
	"io"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// A breakpoint register stops the thread at the instruction, with the code of a
// breakpoint and the address (xnu osfmk/arm64/sleh.c handle_breakpoint); a
// watchpoint has another code.
func TestBreakpointRegister(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "count")
	d := debugged(t, p)
	ctx := within(t)
	suspended, err := d.Task().Suspend(ctx)
	ok(t, err)
	defer suspended.Resume()
	threads, err := d.Task().Threads()
	ok(t, err)
	defer threads.Close()
	for _, th := range threads.All() {
		s, err := task.State[mach.ARMDebugState64](th)
		ok(t, err)
		// DBGBCR_EL1: on, for code without privileges, all four bytes (Arm
		// Architecture Reference Manual, D19.3).
		s.Bvr[0], s.Bcr[0] = p.addr, 1|2<<1|0xf<<5
		err = task.SetState(th, s)
		if errors.Is(err, mach.KERN_NOT_SUPPORTED) {
			t.Skip("no breakpoint registers here: ", err)
		}
		ok(t, err)
	}
	ok(t, suspended.Resume())
	io.WriteString(p.in, "\n")
	s, err := d.Wait(ctx)
	ok(t, err)
	e := s.Exception
	if s.Address != p.addr || e.Type != mach.EXC_BREAKPOINT || len(e.Codes) != 2 ||
		e.Codes[0] != mach.EXC_ARM_BREAKPOINT || uint64(e.Codes[1]) != p.addr {
		t.Errorf("stop %v, want one at %#x", s, p.addr)
	}
	if s.Reason != exc.Crashed {
		t.Errorf("the debugger takes it for its own: %v", s)
	}
	ok(t, p.cmd.Process.Kill()) // rather than to go on with what the debugger leaves to it
}
