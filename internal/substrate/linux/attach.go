//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// The methods in this file run on the tracer's thread.

// stopLimit bounds how long a request keeps threads attached before it has
// what it wants. What is slower is an execve that its files hold up, or a
// thread that another tracer lets nobody reap.
const stopLimit = 10 * time.Second

// handlerTime is how long a handler keeps a thread from its end while a
// request waits.
const handlerTime = 100 * time.Millisecond

// impatient says whether the request that is being served should give up: its
// context has ended, or it has waited for too long. The time counts from the
// first question.
func (t *Tracer) impatient() error {
	if t.ctx != nil && t.ctx.Err() != nil {
		return context.Cause(t.ctx)
	}
	switch now := time.Now(); {
	case t.waiting.IsZero():
		t.waiting = now
	case now.Sub(t.waiting) > stopLimit:
		return ErrBusy
	default:
		t.urgent = now.Sub(t.waiting) > handlerTime
	}
	return nil
}

func (t *Tracer) options() int {
	options := attachOptions
	if t.watch.ThreadExit {
		options |= unix.PTRACE_O_TRACEEXIT
	}
	if t.watch.Fork != nil {
		options |= unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK
	}
	return options
}

// wanted tells whether the thread is to be stopped. One that is at its end
// runs no user code any more, and an execve of the process may wait for it:
// only a handler keeps it, and not for long if a request waits, as the handler
// may wait for that.
func (t *Tracer) wanted(x *tracee) bool {
	if x.exiting {
		return x.judged > 0 && !t.urgent
	}
	return t.suspended || x.held || x.judged > 0
}

// attachAll attaches every thread of the process, and stops each if stop is
// set. Threads that appear meanwhile are found by listing again until a round
// finds nothing new. It fails with ESRCH if there is none, the process being a
// zombie.
func (t *Tracer) attachAll(stop bool) error {
	t.alarm.arm()
	defer t.alarm.disarm()
	for idle := 0; ; {
		before := t.attached
		tids, err := t.p.ThreadIDs(t.scratch[:0])
		t.scratch = tids
		if err != nil {
			return err
		}
		ended := false // a thread that was no leader, or that was listed a moment ago
		for _, tid := range tids {
			x, err := t.seize(tid)
			if err != nil {
				return wrap("attach to", t.p.pid, tid, err)
			}
			ended = ended || x == nil && !(tid == t.p.pid && t.p.EndedThread(tid))
		}
		if stop {
			if err := t.stopAll(); err != nil {
				return err
			}
		}
		switch {
		case t.attached != before:
			idle = 0
			continue
		case t.holdsAny(stop):
			if !ended || idle >= 20 {
				return nil
			}
		case t.p.Exited():
			return unix.ESRCH
		}
		// Threads ended while they were looked at, as in an execve. Its
		// caller gets the first thread's id then.
		if err := t.attend(); err != nil {
			return err
		}
		pause(idle)
		idle++
	}
}

// holdsAny tells whether any thread is attached or, if stop is set, stopped or
// about to.
func (t *Tracer) holdsAny(stop bool) bool {
	for _, x := range t.threads {
		if !stop || x.stopped && !x.exiting || x.stuck {
			return true
		}
	}
	return false
}

// stopAll interrupts all running threads first and collects their stops
// afterwards, so that they stop at almost the same time.
func (t *Tracer) stopAll() error {
	var waiting []*tracee
	for _, x := range t.threads {
		if x.stopped || x.stuck || x.exiting {
			continue
		}
		if ptrace(unix.PTRACE_INTERRUPT, x.tid, 0, 0) == nil {
			x.asked = true
			waiting = append(waiting, x)
		}
	}
	begin := time.Now()
	waiting = t.awaitAll(waiting)
	for _, x := range waiting {
		// All have had the same time when the last is looked at.
		err := t.awaitSince(x, begin, longPatience, true)
		x.stuck = err == ErrBusy
		if err != nil && err != ErrBusy && err != unix.ESRCH {
			return err
		}
	}
	return nil
}

// stopOne attaches a thread if need be, and stops it.
func (t *Tracer) stopOne(tid int) (*tracee, error) {
	if t.threads[tid] == nil {
		if !t.p.HasThread(tid, 0) {
			return nil, unix.ESRCH
		}
		t.alarm.arm()
		defer t.alarm.disarm()
	}
	x, err := t.seize(tid)
	if err != nil {
		return nil, err
	}
	if x == nil {
		return nil, unix.ESRCH
	}
	if x.stopped {
		return x, nil
	}
	if err := ptrace(unix.PTRACE_INTERRUPT, tid, 0, 0); err != nil {
		return nil, err
	}
	x.asked = true
	if err := t.await(x); err != nil {
		return nil, err
	}
	return x, nil
}
