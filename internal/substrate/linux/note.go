//go:build linux && (amd64 || arm64)

package linux

import (
	"golang.org/x/sys/unix"
)

// note records a stop or an end, and hands it to the event handler if that
// asked for it. It runs on the tracer's thread.
func (t *Tracer) note(x *tracee, s stop) {
	t.cache.drop()
	if s.gone {
		t.noteEnd(x, s)
		return
	}
	x.stopped, x.listen, x.group, x.signal, x.inSyscall, x.stuck, x.leaving = true, false, false, 0, false, false, false
	switch s.event {
	case 0:
		if s.signal == syscallStop {
			x.inSyscall = true
			return
		}
		x.signal = s.signal
		t.startAgain(x)
		t.noteSignal(x)
	case unix.PTRACE_EVENT_STOP:
		// SIGTRAP is our own interrupt (or a new thread's beginning); any
		// other signal names the job-control stop that the process is in.
		x.group = s.signal != int(unix.SIGTRAP)
		x.asked = false
		if x.fresh && t.watch.Begin != nil {
			t.watch.Begin(&Stopped{t, x})
		}
		x.fresh = false
		if !x.group {
			if x.stepped && x.after == nil && t.endStep(x) {
				return
			}
			t.startAgain(x)
		}
		if e := x.after; e != nil {
			x.after = nil
			t.tell(x, *e)
		}
	case unix.PTRACE_EVENT_CLONE, unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK:
		t.noteClone(x)
	case unix.PTRACE_EVENT_EXEC:
		t.noteExec(x)
	case unix.PTRACE_EVENT_EXIT:
		x.exiting = true
		status, _ := eventMessage(x.tid)
		if t.watch.ThreadExit {
			t.tell(x, Event{Kind: EventThreadExit, TID: x.tid, Status: int(status)})
		}
	}
}

func (t *Tracer) noteSignal(x *tracee) {
	unheard := t.handler == nil || x.quiet
	watched := !unheard && t.watch.has(x.signal)
	mayBeStep := x.stepped && x.signal == int(unix.SIGTRAP)
	if !watched && !mayBeStep {
		return
	}
	e := Event{Kind: EventSignal, TID: x.tid, Signal: unix.Signal(x.signal)}
	if err := ptraceInto(unix.PTRACE_GETSIGINFO, x.tid, 0, &e.Info); err != nil {
		return // killed in between
	}
	if mayBeStep && isStepTrap(&e.Info) {
		x.stepped = false
		if unheard || x.undone {
			x.claim()
			x.signal = 0 // nobody's signal: it would kill the process
			return
		}
		e.Stepped = true
	}
	if watched {
		t.tell(x, e)
	}
}

// noteClone takes charge of a new thread, which the kernel has attached for
// us. A process of its own is let go, unless somebody watches for those.
func (t *Tracer) noteClone(x *tracee) {
	id, err := eventMessage(x.tid)
	if err != nil {
		return
	}
	tid := int(id)
	child := t.threads[tid]
	if child == nil {
		child = &tracee{tid: tid}
		t.threads[tid] = child
		t.attached++
	}
	thread := t.p.HasThread(tid, 0)
	child.foreign = !thread
	child.fresh = thread && !child.stopped
	if !thread && t.watch.Fork != nil {
		t.branch(child)
	}
	var e *Event
	if thread && t.watch.ThreadStart {
		e = &Event{Kind: EventThreadStart, TID: x.tid, NewTID: tid}
	}
	t.finishCall(x, e)
}

// noteExec: exec ends all other threads, and the one that called it takes
// over the first thread's id.
func (t *Tracer) noteExec(x *tracee) {
	former, _ := eventMessage(x.tid)
	for tid, other := range t.threads {
		if other != x && !other.foreign {
			delete(t.threads, tid)
		}
	}
	clear(t.left)
	t.attached++ // it is a new thread, but for its id
	t.gadget.Store(0)
	x.native, x.start, x.exiting = false, 0, false // it may bear another thread's id now
	t.p.newImage()
	var e *Event
	if t.watch.Exec {
		e = &Event{Kind: EventExec, TID: x.tid, FormerTID: int(former)}
	}
	t.finishCall(x, e)
}

// finishCall lets a thread that was caught in the middle of clone or exec
// finish the call, and has it stop before it runs user code; only there are
// its registers what user code will see, and can be changed.
func (t *Tracer) finishCall(x *tracee, e *Event) {
	if e == nil && !x.asked && t.handler != nil {
		return // it goes on at once
	}
	x.after = e
	if ptrace(unix.PTRACE_INTERRUPT, x.tid, 0, 0) == nil && ptrace(unix.PTRACE_CONT, x.tid, 0, 0) == nil {
		x.stopped = false
	}
}

func (t *Tracer) noteEnd(x *tracee, s stop) {
	delete(t.threads, x.tid)
	t.lost = true
	if x.tid != t.p.pid {
		reap(x.tid)
		if s.unseen || t.fewLeft() {
			t.adoptStrays()
		}
		return
	}
	// The first thread is reported last, when the whole process has ended. A
	// child of ours is left for whoever started it to wait for.
	if t.p.ownChild() {
		go t.p.nudgeWaiters()
	} else {
		reap(x.tid)
	}
	if t.handler != nil && t.watch.Exit && !t.dead {
		t.dead = true
		e := Event{Kind: EventExit, TID: x.tid, Status: s.status, Killed: s.code != 1}
		h := t.handler
		go h(e)
	}
}

// fewLeft tells whether no thread is known but the first one, whose end is
// told last: those that hold it up may be strays.
func (t *Tracer) fewLeft() bool {
	n := len(t.threads)
	return n == 0 || n == 1 && t.threads[t.p.pid] != nil
}

// tell calls the handler in a goroutine of its own; the thread stays stopped
// until it has answered.
func (t *Tracer) tell(x *tracee, e Event) {
	if t.handler == nil {
		return
	}
	h := t.handler
	x.judged++
	go func() {
		action := h(e)
		answer := func() {
			if t.threads[e.TID] != x {
				return
			}
			x.judged--
			if e.Kind == EventSignal && x.stopped {
				x.signal = action.signalFor(e.Signal)
			}
			t.settleOne(x.tid)
		}
		select {
		case t.answers <- answer:
		case <-t.ended:
		}
	}()
}

func eventMessage(tid int) (uint64, error) {
	var message uint64
	err := ptraceInto(unix.PTRACE_GETEVENTMSG, tid, 0, &message)
	return message, err
}
