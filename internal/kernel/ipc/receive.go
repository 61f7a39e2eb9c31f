package ipc

import "github.com/gomach/mach"

// receive waits for a message and copies it out.
func (a *Msg) receive() mach.KernReturn {
	m, got, mr := a.take()
	if m == nil {
		if mr == mach.MACH_RCV_TOO_LARGE {
			return a.tooLarge(&got)
		}
		return mr
	}
	if mr == mach.MACH_RCV_TOO_LARGE {
		a.Space.copyoutDestOnly(m, &a.n)
		a.notify()
		return a.write(m, &got, mr)
	}
	option := a.Option
	mr = a.Space.copyoutHeader(m, option&mach.MACH_RCV_VOUCHER != 0, &a.n)
	if mr != mach.MACH_MSG_SUCCESS {
		a.Space.copyoutDestOnly(m, &a.n)
	} else if len(m.Descs) > 0 {
		mr = a.Space.copyoutBody(m, a.VM, option&mach.MACH_RCV_GUARDED_DESC != 0, false, a.Receive, &a.n)
	}
	a.notify()
	return a.write(m, &got, mr)
}

// take gets a message from the port or set that the caller names. Without a
// message, MACH_RCV_TOO_LARGE means one that stays in its queue.
func (a *Msg) take() (*Message, receipt, mach.KernReturn) {
	s := a.Space
	s.mu.Lock()
	e := s.lookup(a.RcvName)
	if e == nil || e.typ&(mach.MACH_PORT_TYPE_RECEIVE|mach.MACH_PORT_TYPE_PORT_SET) == 0 {
		s.mu.Unlock()
		return nil, receipt{}, mach.MACH_RCV_INVALID_NAME
	}
	port, set := e.port, e.set
	s.mu.Unlock()
	if set != nil {
		return a.takeFromSet(set)
	}
	var got receipt
	room, large := a.room()
	port.mu.Lock()
	if port.queue.head != nil && port.space == s {
		m, mr := port.take(room, large, &got)
		port.mu.Unlock()
		return m, got, mr
	}
	if port.dead || port.space != s {
		port.mu.Unlock()
		return nil, got, mach.MACH_RCV_PORT_CHANGED
	}
	if a.Option&mach.MACH_RCV_TIMEOUT != 0 && a.Timeout == 0 {
		port.mu.Unlock()
		return nil, got, mach.MACH_RCV_TIMED_OUT
	}
	w := a.waiter.ready()
	w.room, w.large = room, large
	port.queue.takers.add(w)
	port.mu.Unlock()
	limit := a.limit(mach.MACH_RCV_TIMEOUT)
	if limit.none() { // here, as the way back from a wait is dear
		<-w.wake
		return w.msg, w.got, w.result
	}
	mr := w.wait(&port.mu, limit, mach.MACH_RCV_TIMED_OUT, mach.MACH_RCV_INTERRUPTED)
	return w.msg, w.got, mr
}

// room is the space for a message without its trailer.
func (a *Msg) room() (room uint32, large bool) {
	if t := trailerSize(a.Option); a.RcvSize > t {
		room = a.RcvSize - t
	}
	return room, a.Option&mach.MACH_RCV_LARGE != 0
}

func (a *Msg) takeFromSet(t *Set) (*Message, receipt, mach.KernReturn) {
	room, large := a.room()
	var got receipt
	t.mu.Lock()
	if first := t.next(); first != nil {
		m, mr := first.port.take(room, large, &got)
		first.port.mu.Unlock()
		return m, got, mr
	}
	// The set is locked and nothing waits in it.
	if t.dead {
		t.mu.Unlock()
		return nil, got, mach.MACH_RCV_PORT_CHANGED
	}
	if a.Option&mach.MACH_RCV_TIMEOUT != 0 && a.Timeout == 0 {
		t.mu.Unlock()
		return nil, got, mach.MACH_RCV_TIMED_OUT
	}
	w := a.waiter.ready()
	w.room, w.large = room, large
	t.takers.add(w)
	t.mu.Unlock()
	mr := w.wait(&t.mu, a.limit(mach.MACH_RCV_TIMEOUT), mach.MACH_RCV_TIMED_OUT, mach.MACH_RCV_INTERRUPTED)
	return w.msg, w.got, mr
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
