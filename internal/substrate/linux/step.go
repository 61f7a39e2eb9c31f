//go:build linux && (amd64 || arm64)

package linux

import (
	"time"

	"golang.org/x/sys/unix"
)

// Step runs one instruction of a stopped thread and stops it again. A signal
// that was about to be delivered is delivered first, so the step may go into
// its handler.
//
// It returns the signal that the instruction raised, or one that came from
// outside before it; that signal is delivered, or told to the Handler, when
// the thread goes on. It is 0 if the instruction just ran. ErrBusy says that
// the instruction is a system call that blocks; the thread stands in it, and
// will start it again.
func (t *Tracer) Step(tid int) (raised unix.Signal, err error) {
	err = t.do(func() error {
		x := t.threads[tid]
		switch {
		case x == nil && !t.p.HasThread(tid, 0):
			return wrap("step", t.p.pid, tid, unix.ESRCH)
		case x == nil || !x.stopped || x.exiting:
			return wrap("step", t.p.pid, tid, ErrNotSuspended)
		}
		var err error
		raised, err = t.step(x)
		return wrap("step", t.p.pid, tid, err)
	})
	return raised, err
}

const stepPatience = 50 * time.Millisecond

func (t *Tracer) step(x *tracee) (unix.Signal, error) {
	signal := x.signal
	x.stopped, x.signal, x.quiet, x.stepped, x.undone = false, 0, true, true, false
	defer func() { x.quiet = false }()
	if err := ptrace(unix.PTRACE_SINGLESTEP, x.tid, 0, uintptr(signal)); err != nil {
		x.stopped, x.signal = true, signal
		return 0, err
	}
	if err := t.awaitFor(x, stepPatience, true); err != nil {
		if err != ErrBusy {
			return 0, err
		}
		if err := ptrace(unix.PTRACE_INTERRUPT, x.tid, 0, 0); err != nil {
			return 0, err
		}
		if err := t.await(x); err != nil {
			return 0, err
		}
	}
	if x.signal == 0 {
		if x.stepped || x.undone {
			// Our interrupt, or a stop by job control that came in between.
			x.stepped = false
			return 0, ErrBusy
		}
		return 0, nil // the step's own trap
	}
	raised := unix.Signal(x.signal)
	x.quiet = false
	t.noteSignal(x)
	return raised, nil
}

// endStep has a thread that was interrupted take the trap of the step that it was
// in: a system call that an interrupt cuts short ends its step, and the trap would
// come when the thread goes on, when nobody waits for it. It gives false if there
// is none; else the thread stops again, before it runs any code.
func (t *Tracer) endStep(x *tracee) bool {
	var pending [8]SigInfo
	n, err := peekSignals(x.tid, pending[:])
	for i := range n {
		if err == nil && isStepTrap(&pending[i]) {
			x.undone = t.startsAgain(x)
			if ptrace(unix.PTRACE_CONT, x.tid, 0, 0) == nil {
				x.stopped = false
			}
			return !x.stopped
		}
	}
	return false
}

// Stepping tells whether the thread runs single instructions, see
// [Tracer.SetStepping].
func (s *Stopped) Stepping() bool { return s.x.step }

// SetStepping is [Tracer.SetStepping] for a thread at hand.
func (s *Stopped) SetStepping(on bool) { s.x.step = on }

// SetStepping has a thread run a single instruction each time it goes on,
// while a Handler is set: it ends in a SIGTRAP event.
func (t *Tracer) SetStepping(tid int, on bool) error {
	return t.do(func() error {
		x := t.threads[tid]
		if x == nil || !x.stopped {
			if !t.p.HasThread(tid, 0) {
				return wrap("step", t.p.pid, tid, unix.ESRCH)
			}
			return wrap("step", t.p.pid, tid, ErrNotSuspended)
		}
		x.step = on
		return nil
	})
}
