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
	x.stopped, x.signal, x.quiet = false, 0, true
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
		// Our interrupt, or a stop by job control that came in between.
		return 0, ErrBusy
	}
	var info SigInfo
	if err := ptraceInto(unix.PTRACE_GETSIGINFO, x.tid, 0, &info); err != nil {
		return 0, err
	}
	if x.signal == int(unix.SIGTRAP) && isStepTrap(info.Code()) {
		// The step's own trap: claimed, so that it is not delivered if we end.
		x.claim()
		x.signal = 0
		return 0, nil
	}
	raised := unix.Signal(x.signal)
	x.quiet = false
	t.noteSignal(x)
	return raised, nil
}

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
