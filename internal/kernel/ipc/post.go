package ipc

import "github.com/gomach/mach"

// offer hands a message of a locked port to the first receiver in the list
// that has room for it; it reports whether the message is gone. Receivers that
// have none are told (osfmk/ipc/ipc_mqueue.c, ipc_mqueue_post). The list's
// owner is locked too.
func (p *Port) offer(l *waitList, m *Message) bool {
	for l.first != nil {
		w := l.first
		w.got = receipt{name: p.name, size: m.size(), context: p.context}
		if m.size() > w.room {
			if w.large {
				l.finish(w, mach.MACH_RCV_TOO_LARGE)
				continue
			}
			w.result = mach.MACH_RCV_TOO_LARGE
		} else {
			w.result = mach.MACH_MSG_SUCCESS
		}
		w.got.seqno = p.queue.seqno
		p.queue.seqno++
		w.msg = m
		l.finish(w, w.result)
		return true
	}
	return false
}

// post gives a locked, live port a message, whose room in the queue is
// accounted for.
func (p *Port) post(m *Message) {
	if p.queue.head == nil {
		if p.offer(&p.queue.takers, m) {
			p.queue.taken()
			return
		}
		for _, in := range p.sets {
			in.set.mu.Lock()
			gone := p.offer(&in.set.takers, m)
			in.set.mu.Unlock()
			if gone {
				p.queue.taken()
				return
			}
		}
	}
	first := p.queue.head == nil
	p.queue.push(m)
	if first {
		for _, in := range p.sets {
			in.set.mu.Lock()
			in.set.ready(in)
			// A receiver that the offer above sent away, as the message was too
			// large for it, may be back already with more room.
			gone := in.set.takers.first != nil && p.offer(&in.set.takers, m)
			if !gone {
				in.set.takers.tell()
			}
			in.set.mu.Unlock()
			if gone {
				p.queue.pop()
				p.queue.taken()
				return
			}
		}
	}
	p.queue.takers.tell()
}

// take takes the first message of a locked port for a receiver with room for
// room bytes. A message that does not fit stays if large is set; otherwise it
// comes with MACH_RCV_TOO_LARGE.
func (p *Port) take(room uint32, large bool, got *receipt) (*Message, mach.KernReturn) {
	m := p.queue.head
	*got = receipt{name: p.name, size: m.size(), context: p.context}
	result := mach.KernReturn(mach.MACH_MSG_SUCCESS)
	if m.size() > room {
		result = mach.MACH_RCV_TOO_LARGE
		if large {
			return nil, result
		}
	}
	p.queue.pop()
	got.seqno = p.queue.seqno
	p.queue.seqno++
	p.queue.taken()
	return m, result
}

// Send sends a message that the kernel made. It never waits: limits of the
// queue do not hold for it. A dead destination destroys the message.
func (m *Message) Send() {
	p := m.Dest.Port
	if !m.Dest.Valid() {
		m.destroyRest()
		return
	}
	p.mu.Lock()
	if p.dead || p.served() || p.queue.fullKernel() {
		p.mu.Unlock()
		m.Destroy()
		return
	}
	p.queue.count++
	p.post(m)
	p.mu.Unlock()
}

// served reports whether the kernel answers the port's messages as they come.
func (p *Port) served() bool { return p.kernel && p.flags&kernelQueue == 0 }

// TrySend is Send within the limit of the queue: false leaves the message with
// the caller.
func (m *Message) TrySend() bool {
	p := m.Dest.Port
	if !m.Dest.Valid() {
		m.destroyRest()
		return true
	}
	p.mu.Lock()
	if !p.dead && p.queue.full() && m.Dest.Type != mach.MACH_MSG_TYPE_PORT_SEND_ONCE {
		p.mu.Unlock()
		return false
	}
	p.mu.Unlock()
	m.Send()
	return true
}
