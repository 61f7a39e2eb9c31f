//go:build linux && (amd64 || arm64)

package linux

import (
	"time"

	"golang.org/x/sys/unix"
)

// The methods in this file run on the tracer's thread.

// strayPeriod is how often ends of threads have the tracer look for strays.
const strayPeriod = 100 * time.Millisecond

// collect looks at all threads for stops and ends that nobody waits for.
func (t *Tracer) collect() {
	for _, x := range t.threads {
		if s, found := x.poll(); found {
			t.note(x, s)
		}
	}
	if t.lost && time.Since(t.searched) > strayPeriod {
		t.adoptStrays()
	}
	t.settle()
}

// settle brings every thread into the state that is wanted of it: stopped
// threads go on, and what needs no watching is detached.
func (t *Tracer) settle() {
	var running []*tracee
	for _, x := range t.threads {
		if !t.release(x) {
			running = append(running, x)
		}
	}
	t.detachRunning(running)
	if t.lost && t.loop.attached() == 0 {
		t.lost = false
		t.releaseForeign()
	}
}

// settleOne does so with one thread.
func (t *Tracer) settleOne(tid int) {
	if x := t.threads[tid]; x != nil && !t.release(x) {
		t.detachRunning([]*tracee{x})
	}
}

// detachRunning detaches threads that have been asked to stop for it. Those
// that do not stop at once are detached by collect, when they do.
func (t *Tracer) detachRunning(running []*tracee) {
	if len(running) == 0 {
		return
	}
	all := append([]*tracee(nil), running...) // awaitAll works in place
	t.awaitAll(running)
	for _, x := range all {
		if t.threads[x.tid] == x && x.stopped {
			t.release(x)
		}
	}
}

// release lets a stopped thread go on unless it is wanted stopped. It gives
// false if the thread is to be detached, and has been asked to stop for it.
func (t *Tracer) release(x *tracee) bool {
	if t.wanted(x) && !x.foreign {
		return true
	}
	if t.handler == nil || x.foreign {
		return t.detach(x)
	}
	if !x.stopped {
		return true
	}
	request, signal := unix.PTRACE_CONT, x.signal
	switch {
	case x.group:
		request, signal = unix.PTRACE_LISTEN, 0
	case x.step:
		request, x.stepped, x.undone = unix.PTRACE_SINGLESTEP, true, false
	}
	listen := x.group
	t.cache.drop()
	x.stopped, x.group, x.signal, x.listen = false, false, 0, listen
	// An error says that it was killed while it stood. Its end is found by the
	// next collect.
	_ = ptrace(request, x.tid, 0, uintptr(signal))
	return true
}

// detach lets a thread go for good, with the signal that was on its way. It
// gives false if the thread runs: only a stopped one can be detached, and it
// has been asked to stop.
func (t *Tracer) detach(x *tracee) bool {
	if !x.stopped {
		if x.leaving {
			return true
		}
		x.leaving, x.asked = true, true
		return ptrace(unix.PTRACE_INTERRUPT, x.tid, 0, 0) != nil
	}
	t.cache.drop()
	if err := ptrace(unix.PTRACE_DETACH, x.tid, 0, uintptr(x.signal)); err == nil {
		delete(t.threads, x.tid)
		return true
	}
	// Killed while it stood.
	if s, found := x.poll(); found && s.gone {
		t.note(x, s)
	}
	return true
}
