//go:build linux && (amd64 || arm64)

package linux

import (
	"time"

	"golang.org/x/sys/unix"
)

// The methods in this file run on the tracer's thread.

// seize attaches a thread without stopping it. A thread that is just ending
// gives (nil, nil): it can be neither attached nor counted. The caller knows
// that the thread is the process's.
func (t *Tracer) seize(tid int) (*tracee, error) {
	if x := t.threads[tid]; x != nil {
		return x, nil
	}
	err := ptrace(unix.PTRACE_SEIZE, tid, 0, uintptr(t.options()))
	if err != nil {
		status, gone := t.p.ThreadStatus(tid)
		switch {
		case gone != nil || err == unix.ESRCH:
			return nil, nil
		case status.TracerPID == t.self:
			// Attached by the kernel, as the child of an attached thread.
		case status.TracerPID != 0:
			return nil, ErrTraced
		default:
			s, gone := t.p.ThreadStat(tid)
			if gone != nil || s.State == 'Z' || s.State == 'X' {
				return nil, nil
			}
			return nil, err
		}
	}
	x := &tracee{tid: tid, shared: tid == t.p.pid && t.p.ownChild()}
	t.threads[tid] = x
	return x, nil
}

func (t *Tracer) options() int {
	options := attachOptions
	if t.watch.ThreadExit {
		options |= unix.PTRACE_O_TRACEEXIT
	}
	return options
}

// wanted tells whether the thread is to be stopped.
func (t *Tracer) wanted(x *tracee) bool {
	return t.suspended || x.held || x.judged > 0
}

// attachAll attaches every thread of the process, and stops each if stop is
// set. Threads that appear meanwhile are found by listing again until a round
// finds nothing new. It fails with ESRCH if there is none, the process being a
// zombie.
func (t *Tracer) attachAll(stop bool) error {
	tried := map[int]bool{}
	for {
		tids, err := t.p.ThreadIDs(t.scratch[:0])
		t.scratch = tids
		if err != nil {
			return err
		}
		fresh := false
		for _, tid := range tids {
			if tried[tid] {
				continue
			}
			tried[tid] = true
			x, err := t.seize(tid)
			if err != nil {
				return wrap("attach to", t.p.pid, tid, err)
			}
			fresh = fresh || x != nil
		}
		if stop {
			t.stopAll()
		}
		if !fresh {
			if len(t.threads) == 0 {
				return unix.ESRCH
			}
			return nil
		}
	}
}

// stopAll interrupts all running threads first and collects their stops
// afterwards, so that they stop at almost the same time.
func (t *Tracer) stopAll() {
	var waiting []*tracee
	for _, x := range t.threads {
		if x.stopped || x.stuck {
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
		x.stuck = t.awaitSince(x, begin, longPatience, true) == ErrBusy
	}
}

// awaitAll waits for interrupted threads to stop, and returns those that have
// not after a while. It looks at all of them in turn and sleeps once for all:
// whoever sleeps for each pays for a thousand awakenings.
func (t *Tracer) awaitAll(waiting []*tracee) []*tracee {
	for begin := time.Now(); ; {
		left := waiting[:0]
		for _, x := range waiting {
			if t.threads[x.tid] == x && !x.stopped {
				if s, found := x.poll(); found {
					t.note(x, s)
				}
			}
			if t.threads[x.tid] == x && !x.stopped {
				left = append(left, x)
			}
		}
		waiting = left
		spent := time.Since(begin)
		if len(waiting) == 0 || spent > patience {
			return waiting
		}
		// Some microseconds for each, or as much again as it has taken.
		nanosleep(min(max(time.Duration(len(waiting))*5*time.Microsecond, spent/4), time.Millisecond))
	}
}

const (
	patience     = 20 * time.Millisecond // before asking why a thread does not stop
	longPatience = 10 * time.Second      // for a thread that wants a CPU
)

// await waits for an interrupted thread to stop. It gives up with ErrBusy on
// one that sleeps uninterruptibly: such a thread runs no user code, and will
// stop by itself before it does.
func (t *Tracer) await(x *tracee) error { return t.awaitFor(x, longPatience, true) }

// awaitFor waits for a thread to stop, for at most so long, and, if
// impatient, gives up early on one that sleeps uninterruptibly. One that has
// ended is given up in any case.
func (t *Tracer) awaitFor(x *tracee, limit time.Duration, impatient bool) error {
	return t.awaitSince(x, time.Time{}, limit, impatient)
}

func (t *Tracer) awaitSince(x *tracee, begin time.Time, limit time.Duration, impatient bool) error {
	for round := 0; ; round++ {
		if t.threads[x.tid] != x {
			return unix.ESRCH
		}
		if x.stopped {
			return nil
		}
		if s, found := x.poll(); found {
			t.note(x, s)
			continue
		}
		pause(round)
		if round < 20 {
			continue
		}
		now := time.Now()
		if begin.IsZero() {
			begin = now
		}
		if now.Sub(begin) > limit {
			return ErrBusy
		}
		if now.Sub(begin) < patience {
			continue
		}
		s, err := t.p.ThreadStat(x.tid)
		if err == nil && (s.State == 'Z' || s.State == 'X') {
			// A first thread that ended before the others: its end is told
			// last, when nobody waits for it any more.
			return unix.ESRCH
		}
		if impatient && (err != nil || s.State == 'D') {
			return ErrBusy
		}
	}
}

// stopOne attaches a thread if need be, and stops it.
func (t *Tracer) stopOne(tid int) (*tracee, error) {
	if t.threads[tid] == nil && !t.p.HasThread(tid, 0) {
		return nil, unix.ESRCH
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

// collect looks at all threads for stops and ends that nobody waits for.
func (t *Tracer) collect() {
	for _, x := range t.threads {
		if s, found := x.poll(); found {
			t.note(x, s)
		}
	}
	t.settle()
}

// settle brings every thread into the state that is wanted of it: stopped
// threads go on, and what needs no watching is detached.
func (t *Tracer) settle() {
	for _, x := range t.threads {
		t.release(x)
	}
}

// release lets a stopped thread go on unless it is wanted stopped.
func (t *Tracer) release(x *tracee) {
	if t.wanted(x) && !x.foreign {
		return
	}
	if t.handler == nil || x.foreign {
		t.detach(x)
		return
	}
	if !x.stopped {
		return
	}
	request, signal := unix.PTRACE_CONT, x.signal
	switch {
	case x.group:
		request, signal = unix.PTRACE_LISTEN, 0
	case x.step:
		request = unix.PTRACE_SINGLESTEP
	}
	listen := x.group
	t.cache.drop()
	x.stopped, x.group, x.signal, x.listen = false, false, 0, listen
	if err := ptrace(request, x.tid, 0, uintptr(signal)); err != nil {
		// It was killed while it stood. Its end is found by the next collect.
		return
	}
}

// detach lets a thread go for good, with the signal that was on its way.
func (t *Tracer) detach(x *tracee) {
	if !x.stopped {
		// Only a stopped thread can be detached. One that does not stop now
		// is asked once, and let go when collect finds it stopped.
		if x.leaving {
			return
		}
		x.leaving, x.asked = true, true
		if ptrace(unix.PTRACE_INTERRUPT, x.tid, 0, 0) != nil || t.await(x) != nil {
			return
		}
	}
	t.cache.drop()
	if err := ptrace(unix.PTRACE_DETACH, x.tid, 0, uintptr(x.signal)); err == nil {
		delete(t.threads, x.tid)
		return
	}
	// Killed while it stood.
	if s, found := x.poll(); found && s.gone {
		t.note(x, s)
	}
}
