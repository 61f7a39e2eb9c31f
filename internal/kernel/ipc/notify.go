package ipc

import "github.com/gomach/mach"

// notice is a notification to send once no lock is held. Its right, a
// send-once right, is used up by it.
type notice struct {
	id    int32 // MACH_NOTIFY_*; 0: call kernel
	to    *Port
	name  mach.MachPort // dead-name, port-deleted, send-possible
	count uint32        // no-senders: the make-send count
	right *Port         // port-destroyed: the receive right
	call  func(*Port)   // a kernel port lost its last sender
	free  *Message      // a message to destroy
}

// notices are collected under locks and sent after.
type notices struct {
	list      []notice
	violation Violation
}

func (n *notices) add(x notice) { n.list = append(n.list, x) }

// send sends what was collected. No lock may be held.
func (n *notices) send() {
	for len(n.list) > 0 {
		x := n.list[0]
		n.list = n.list[1:]
		switch {
		case x.call != nil:
			x.call(x.to)
		case x.free != nil:
			x.free.destroyRest()
		case x.id == mach.MACH_NOTIFY_SEND_ONCE:
			notifySendOnce(x.to)
		default:
			x.post()
		}
	}
}

// post sends a notification. The layouts are those of <mach/notify.h>.
func (x notice) post() {
	var m *Message
	switch x.id {
	case mach.MACH_NOTIFY_PORT_DESTROYED:
		body := make([]byte, 4+12)
		le.PutUint32(body, 1)
		body[4+11] = byte(mach.MACH_MSG_PORT_DESCRIPTOR)
		m = NewMessage(x.id, body, Desc{Offset: bodySize, Right: Right{x.right, mach.MACH_MSG_TYPE_PORT_RECEIVE}})
		if !m.bindTransit(x.right, x.to) {
			// The right would travel to itself: nobody could receive it.
			m.circular = true
		}
	default:
		var body [12]byte // NDR and the name or count
		body[4] = 1
		v := uint32(x.name)
		if x.id == mach.MACH_NOTIFY_NO_SENDERS {
			v = x.count
		}
		le.PutUint32(body[8:], v)
		m = NewMessage(x.id, body[:])
	}
	m.Dest = Right{x.to, mach.MACH_MSG_TYPE_PORT_SEND_ONCE}
	if m.circular {
		m.Destroy()
		return
	}
	m.Send()
}

// notifySendOnce tells the holder of the receive right that a send-once right
// was given up unused, which uses it up (osfmk/ipc/ipc_notify.c).
func notifySendOnce(p *Port) {
	p.mu.Lock()
	if p.dead.Load() || p.served() || p.queue.fullKernel() {
		p.sorights--
		call := p.unusedOnce
		if p.dead.Load() {
			call = nil
		}
		p.mu.Unlock()
		if call != nil {
			call(p)
		}
		return
	}
	m := NewMessage(mach.MACH_NOTIFY_SEND_ONCE, nil)
	m.Dest = Right{p, mach.MACH_MSG_TYPE_PORT_SEND_ONCE}
	p.queue.count++
	w := p.post(m)
	p.mu.Unlock()
	w.awake()
}

// dropSend takes one send right off a port that is locked.
func (p *Port) dropSend(n *notices) {
	if p.srights > 0 {
		p.srights--
	}
	if p.srights == 0 {
		p.lastSender(n)
	}
}

// lastSender prepares the no-senders notification of a locked port.
func (p *Port) lastSender(n *notices) {
	if p.kernel {
		if p.noSenders != nil && !p.dead.Load() {
			n.add(notice{call: p.noSenders, to: p})
		}
		return
	}
	if to := p.nsRequest; to != nil {
		p.nsRequest = nil
		n.add(notice{id: mach.MACH_NOTIFY_NO_SENDERS, to: to, count: p.mscount})
	}
}

// request is a dead-name or send-possible request: a send-once right to
// notify, registered for a name of a space.
type request struct {
	used     bool  // a slot refers to it
	to       *Port // nil once the notification has been sent
	name     mach.MachPort
	possible bool // send-possible was asked for, not only dead-name
	armed    bool // a send has failed since, or it was asked for armed
}

// cancelRequest takes a slot's request off its port, which is locked, and
// returns the send-once right.
func (p *Port) cancelRequest(e *entry) *Port {
	if e.request == 0 {
		return nil
	}
	r := &p.requests[e.request-1]
	e.request = 0
	to := r.to
	*r = request{}
	return to
}

// deleted prepares the port-deleted notification of a cancelled request.
func (n *notices) deleted(to *Port, name mach.MachPort) {
	if to != nil {
		n.add(notice{id: mach.MACH_NOTIFY_PORT_DELETED, to: to, name: name})
	}
}

// requestType tells MACH_PORT_TYPE_* bits of a slot's request. The port is
// locked.
func (p *Port) requestType(e *entry) mach.MachPortType_t {
	if e.request == 0 {
		return 0
	}
	r := &p.requests[e.request-1]
	if r.to == nil {
		return 0
	}
	t := mach.MachPortType_t(mach.MACH_PORT_TYPE_DNREQUEST)
	if r.possible {
		t |= mach.MACH_PORT_TYPE_SPREQUEST
		if !r.armed {
			t |= mach.MACH_PORT_TYPE_SPREQUEST_DELAYED
		}
	}
	return t
}
