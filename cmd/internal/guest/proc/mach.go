//go:build linux && (amd64 || arm64)

package proc

import (
	"os"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// What a Mach kernel needs of a process; all of it only on the processor's goroutine but
// where it says otherwise.

// Resume lets a thread go on whose fault a hook took.
func (t *Thread) Resume() {
	if t.state == stateDead {
		return
	}
	t.trapped = false
	t.Process.sched.makeReady(t)
}

// Unhandled gives a thread whose fault a hook took the fault's signal.
func (t *Thread) Unhandled(f Fault) { t.goOn(func() { t.FaultSignal(f) }) }

// Undebugged lets a fault that Debugger took become what it is without a debugger.
func (t *Thread) Undebugged(f Fault) { t.goOn(func() { t.raise(f) }) }

// goOn has a trapped thread do something as if it ran.
func (t *Thread) goOn(do func()) {
	if t.state == stateDead || t.Process.exited {
		return
	}
	t.state, t.trapped = stateRunning, false
	do()
	if t.state == stateRunning {
		t.state = stateWaiting
		t.Process.sched.makeReady(t)
	}
}

// waitsIn is the call that the thread waits in, or nil.
func (t *Thread) waitsIn() *Call {
	if n := len(t.calls); n > 0 && t.state == stateWaiting && !t.trapped && t.calls[n-1].depth == 0 {
		return t.calls[n-1]
	}
	return nil
}

// Waits says whether the thread waits in a call.
func (t *Thread) Waits() bool { return t.waitsIn() != nil }

// Trapped says whether the thread waits for what becomes of its fault.
func (t *Thread) Trapped() bool { return t.trapped }

// UserRegs are the registers of the program: of a thread that waits in a call, those that it
// goes on with but for the result.
func (t *Thread) UserRegs() cpu.Regs {
	r := t.ctx.Regs
	c := t.waitsIn()
	if c == nil || c.left || c.jumped || c.raw != nil {
		return r
	}
	if a := t.Process.Arch; a.LR >= 0 {
		r[a.PC] = r[a.LR]
	} else {
		r[a.PC] = t.Process.Peek(r[a.SP])
		r[a.SP] += 8
	}
	return r
}

// SetUserRegs sets them. A call that the thread waits in still has to end, and its result
// goes to where results go.
func (t *Thread) SetUserRegs(r cpu.Regs) {
	t.ctx.Regs = r
	if c := t.waitsIn(); c != nil {
		c.left = true
	}
}

// BreakOff ends the system call that the thread waits in as a signal would, if it can be. The
// call ends also if the thread is suspended.
func (t *Thread) BreakOff() {
	c := t.waitsIn()
	if c == nil {
		return
	}
	c.hurry = true
	if c.late {
		c.late = false
		t.Process.finish(c)
	} else if c.OnSignal != nil {
		f := c.OnSignal
		c.OnSignal = nil
		f()
	}
}

// UniqueID tells the thread apart from those of all other guests, too.
func (t *Thread) UniqueID() uint64 { return uint64(os.Getpid())<<24 | t.ID }

// CPUTime is how long the thread has been on the processor; any goroutine may ask.
func (t *Thread) CPUTime() time.Duration { return time.Duration(t.time.Load()) }

// State says whether the thread runs or could (1), is stopped (2) or waits (3), in the
// numbers of Mach's TH_STATE_*.
func (t *Thread) State() int {
	switch {
	case t.Suspended():
		return 2
	case t.state == stateWaiting:
		return 3
	}
	return 1
}
