package ipc

import "github.com/gomach/mach"

// receive takes a message and copies it out. There may be none yet, and nothing
// but one to end the wait: then it is for the caller to wait for wake.
func (a *Msg) receive() (mr mach.KernReturn, wake <-chan struct{}) {
	for {
		mr, waits := a.take()
		if waits {
			limit := a.limit(mach.MACH_RCV_TIMEOUT)
			if limit.none() {
				return 0, a.waiter.wake
			}
			mr = a.waiter.wait(limit, mach.MACH_RCV_TIMED_OUT, mach.MACH_RCV_INTERRUPTED)
		}
		if mr != mach.MACH_RCV_INTERRUPTED || a.Option&mach.MACH_RCV_INTERRUPT != 0 || !a.mayWait() {
			return a.finish(mr), nil
		}
	}
}

// finish copies the message out that came to the waiter, if one did. Without
// one MACH_RCV_TOO_LARGE means that it stays in its queue.
func (a *Msg) finish(mr mach.KernReturn) mach.KernReturn {
	m, got := a.waiter.msg, &a.waiter.got
	a.waiter.msg = nil
	switch {
	case m != nil && mr == mach.MACH_RCV_TOO_LARGE:
		a.Space.copyoutDestOnly(m, got.name, &a.n)
	case m != nil:
		mr = a.copyout(m, got.name)
	case mr == mach.MACH_RCV_TOO_LARGE:
		return a.tooLarge(got)
	default:
		return mr
	}
	a.notify()
	return a.write(m, got, mr)
}

// copyout hands what is in the message to the receiver. to is the port that it
// came to.
func (a *Msg) copyout(m *Message, to mach.MachPort) mach.KernReturn {
	mr := a.Space.copyoutHeader(m, to, a.Option&mach.MACH_RCV_VOUCHER != 0, &a.n)
	if mr != mach.MACH_MSG_SUCCESS {
		a.Space.copyoutDestOnly(m, to, &a.n)
	} else if len(m.Descs) > 0 {
		mr = a.Space.copyoutBody(m, a.VM, a.Option&mach.MACH_RCV_GUARDED_DESC != 0, false, a.Receive, &a.n)
	}
	return mr
}

// take gets a message from the port or set that the caller names, into the
// waiter; without one the waiter waits there, unless the option is not to.
func (a *Msg) take() (mr mach.KernReturn, waits bool) {
	s, w := a.Space, &a.waiter
	w.ready(a.room())
	s.mu.Lock()
	e := s.lookup(a.RcvName)
	if e == nil || e.typ&(mach.MACH_PORT_TYPE_RECEIVE|mach.MACH_PORT_TYPE_PORT_SET) == 0 {
		// A name that stands for nothing, or for what has died, breaks no guard, nor
		// does one that the receive right was under (osfmk/ipc/ipc_mqueue.c,
		// ipc_mqueue_copyin; ipc_right.c, ipc_right_lookup_read).
		wrong := e != nil && e.typ != mach.MACH_PORT_TYPE_DEAD_NAME && !e.received
		s.mu.Unlock()
		if wrong {
			a.Caller.Guard(Violation{mach.KGUARD_EXC_RCV_INVALID_NAME, a.RcvName, 0})
		}
		return mach.MACH_RCV_INVALID_NAME, false
	}
	port, set := e.port, e.set
	s.mu.Unlock()
	if set != nil {
		return a.takeFromSet(set)
	}
	port.mu.Lock()
	switch {
	case port.dead.Load() || port.space != s:
		mr = mach.MACH_RCV_PORT_CHANGED
	case port.queue.head != nil:
		mr = port.take(w)
	case a.polls():
		mr = mach.MACH_RCV_TIMED_OUT
	default:
		port.queue.takers.add(w, &port.mu)
		waits = true
	}
	port.mu.Unlock()
	return mr, waits
}

func (a *Msg) takeFromSet(t *Set) (mr mach.KernReturn, waits bool) {
	t.mu.Lock()
	if first := t.next(); first != nil {
		mr = first.port.take(&a.waiter)
		first.port.mu.Unlock()
		return mr, false
	}
	// The set is locked and nothing waits in it.
	switch {
	case t.dead:
		mr = mach.MACH_RCV_PORT_CHANGED
	case a.polls():
		mr = mach.MACH_RCV_TIMED_OUT
	default:
		t.takers.add(&a.waiter, &t.mu)
		waits = true
	}
	t.mu.Unlock()
	return mr, waits
}

// polls reports whether a receive that finds no message ends at once.
func (a *Msg) polls() bool { return a.Option&mach.MACH_RCV_TIMEOUT != 0 && a.Timeout == 0 }

// room is the space for a message without its trailer.
func (a *Msg) room() (room uint32, large bool) {
	if t := trailerSize(a.Option); a.RcvSize > t {
		room = a.RcvSize - t
	}
	return room, a.Option&mach.MACH_RCV_LARGE != 0
}

// tooLarge tells the receiver the size of a message that stays queued, and the
// port with MACH_RCV_LARGE_IDENTITY.
func (a *Msg) tooLarge(got *receipt) mach.KernReturn {
	var b [4]byte
	if a.Option&mach.MACH_RCV_LARGE_IDENTITY != 0 && a.RcvSize >= 16 {
		le.PutUint32(b[:], uint32(got.name))
		if _, err := a.Mem.WriteAt(b[:], a.Receive+12); err != nil {
			return mach.MACH_RCV_INVALID_DATA
		}
	}
	if a.RcvSize >= 8 {
		le.PutUint32(b[:], got.size)
		if _, err := a.Mem.WriteAt(b[:], a.Receive+4); err != nil {
			return mach.MACH_RCV_INVALID_DATA
		}
	}
	return mach.MACH_RCV_TOO_LARGE
}

// write puts a message with its trailer into the receiver's buffer and frees
// it. A trailer that has no room is cut.
func (a *Msg) write(m *Message, got *receipt, mr mach.KernReturn) mach.KernReturn {
	size := m.size()
	if size > a.RcvSize {
		a.free(m)
		return mach.MACH_RCV_INVALID_DATA
	}
	t := trailerSize(a.Option)
	putTrailer(&a.trailer, t, &m.sender, got.seqno, got.context)
	t = min(t, a.RcvSize-size)
	var err error
	if cap(m.Data)-len(m.Data) >= int(t) {
		// One copy for both.
		_, err = a.Mem.WriteAt(append(m.Data, a.trailer[:t]...), a.Receive)
	} else if _, err = a.Mem.WriteAt(m.Data, a.Receive); err == nil {
		_, err = a.Mem.WriteAt(a.trailer[:t], a.Receive+uint64(size))
	}
	a.free(m)
	if err != nil {
		return mach.MACH_RCV_INVALID_DATA
	}
	return mr
}
