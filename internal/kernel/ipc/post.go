package ipc

import "github.com/gomach/mach"

// offer hands a message of a locked port to the first receiver in the list
// that has room for it, and returns the receiver, which is to be woken once the
// port is unlocked. Receivers that have none are told (osfmk/ipc/ipc_mqueue.c,
// ipc_mqueue_post). The list's owner is locked too.
func (p *Port) offer(l *waitList, m *Message) *waiter {
	for l.first != nil {
		w := l.first
		w.got = p.receipt(m)
		if m.size() > w.room && w.large {
			l.finish(w, mach.MACH_RCV_TOO_LARGE)
			continue
		}
		l.remove(w)
		p.give(w, m)
		return w
	}
	return nil
}

// receipt is what a receiver is told about a message, but for its number.
func (p *Port) receipt(m *Message) receipt {
	return receipt{name: p.name, size: m.size(), context: p.context}
}

// give makes a message of a locked port that of a receiver. One that does not
// fit comes with MACH_RCV_TOO_LARGE.
func (p *Port) give(w *waiter, m *Message) {
	w.result = mach.MACH_MSG_SUCCESS
	if m.size() > w.room {
		w.result = mach.MACH_RCV_TOO_LARGE
	}
	w.got.seqno = p.queue.seqno
	p.queue.seqno++
	p.spend(m)
	w.msg = m
}

// spend uses up the right that a message came by, as the port is locked anyway
// when the message leaves it. Where somebody is to hear of that, copyoutDest
// does it.
func (p *Port) spend(m *Message) {
	if p.space == nil || len(p.requests) > 0 {
		return
	}
	switch {
	case m.Dest.Type != mach.MACH_MSG_TYPE_PORT_SEND:
		p.sorights--
	case p.srights > 1, p.srights == 1 && p.nsRequest == nil:
		p.srights--
	default:
		return
	}
	m.Dest.Port = nil
}

// post gives a locked, live port a message, whose room in the queue is
// accounted for. It returns the receiver that has it now, if any, which is to
// be woken once the port is unlocked.
func (p *Port) post(m *Message) *waiter {
	if p.queue.head == nil {
		w := p.offer(&p.queue.takers, m)
		for i := 0; w == nil && i < len(p.sets); i++ {
			w = p.sets[i].set.offered(p, m)
		}
		if w != nil {
			p.queue.taken()
			return w
		}
	}
	first := p.queue.head == nil
	p.queue.push(m)
	if first {
		for _, in := range p.sets {
			if w := in.set.prepost(in, m); w != nil {
				p.queue.pop()
				p.queue.taken()
				return w
			}
		}
	}
	p.queue.takers.tell()
	return nil
}

// offered offers a message of a locked member to the set's receivers.
func (t *Set) offered(p *Port, m *Message) *waiter {
	t.mu.Lock()
	w := p.offer(&t.takers, m)
	t.mu.Unlock()
	return w
}

// prepost lists a locked member that has got its first message. A receiver that
// offered sent away, as the message was too large for it, may be back already
// with more room.
func (t *Set) prepost(in *member, m *Message) *waiter {
	t.mu.Lock()
	t.ready(in)
	w := in.port.offer(&t.takers, m)
	if w == nil {
		t.takers.tell()
	}
	t.mu.Unlock()
	return w
}

// take takes the first message of a locked port for a receiver. A message that
// does not fit stays if it can leave it; otherwise it comes with
// MACH_RCV_TOO_LARGE.
func (p *Port) take(w *waiter) mach.KernReturn {
	m := p.queue.head
	w.got = p.receipt(m)
	if m.size() > w.room && w.large {
		return mach.MACH_RCV_TOO_LARGE
	}
	p.queue.pop()
	p.give(w, m)
	p.queue.taken()
	return w.result
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
	if p.dead.Load() || p.served() || p.queue.fullKernel() {
		p.mu.Unlock()
		m.Destroy()
		return
	}
	p.queue.count++
	w := p.post(m)
	p.mu.Unlock()
	w.awake()
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
	if !p.dead.Load() && p.queue.full() && m.Dest.Type != mach.MACH_MSG_TYPE_PORT_SEND_ONCE {
		p.mu.Unlock()
		return false
	}
	p.mu.Unlock()
	m.Send()
	return true
}
