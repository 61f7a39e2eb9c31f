package ipc

import "github.com/gomach/mach"

// receiver returns the port of a name's receive right, locked
// (osfmk/ipc/ipc_port.c, ipc_port_translate_receive).
func (s *Space) receiver(name mach.MachPort) (*Port, mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return nil, mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	if e == nil || e.typ == mach.MACH_PORT_TYPE_DEAD_NAME {
		// A dead name stands for nothing that could be looked at
		// (ipc_right.c, ipc_right_lookup_read).
		return nil, mach.KERN_INVALID_NAME
	}
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0 {
		return nil, mach.KERN_INVALID_RIGHT
	}
	e.port.mu.Lock()
	return e.port, mach.KERN_SUCCESS
}

// validReceiver is receiver for calls that refuse MACH_PORT_NULL and
// MACH_PORT_DEAD as no receive right.
func (s *Space) validReceiver(name mach.MachPort) (*Port, mach.KernReturn) {
	if !valid(name) {
		return nil, mach.KERN_INVALID_RIGHT
	}
	return s.receiver(name)
}

// RequestNotification registers notify, a send-once right or nil, to be told
// about a name, and returns the right that was registered before. On failure
// notify remains the caller's (osfmk/ipc/mach_port.c,
// mach_port_request_notification).
func (s *Space) RequestNotification(name mach.MachPort, id int32, sync uint32, notify *Port) (*Port, mach.KernReturn, Violation) {
	if notify == deadPort {
		return nil, mach.KERN_INVALID_CAPABILITY, Violation{}
	}
	switch id {
	case mach.MACH_NOTIFY_PORT_DESTROYED:
		if sync != 0 {
			return nil, mach.KERN_INVALID_VALUE, Violation{}
		}
		p, kr := s.validReceiver(name)
		if kr != mach.KERN_SUCCESS {
			return nil, kr, Violation{}
		}
		defer p.mu.Unlock()
		if p.strict {
			return nil, mach.KERN_INVALID_RIGHT, Violation{mach.KGUARD_EXC_INVALID_RIGHT, name, 0}
		}
		if p.pdRequest != nil {
			return nil, mach.KERN_FAILURE, Violation{mach.KGUARD_EXC_KERN_FAILURE, name, 0}
		}
		p.pdRequest = notify
		return nil, mach.KERN_SUCCESS, Violation{}
	case mach.MACH_NOTIFY_NO_SENDERS:
		return s.requestNoSenders(name, sync, notify)
	case mach.MACH_NOTIFY_SEND_POSSIBLE, mach.MACH_NOTIFY_DEAD_NAME:
		if !valid(name) {
			return nil, mach.KERN_INVALID_ARGUMENT, Violation{}
		}
		r := request{used: true, to: notify, name: name}
		r.possible = id == mach.MACH_NOTIFY_SEND_POSSIBLE
		r.armed = r.possible && sync != 0
		var n notices
		s.mu.Lock()
		previous, kr := s.request(r, &n)
		s.mu.Unlock()
		n.send()
		return previous, kr, Violation{}
	}
	return nil, mach.KERN_INVALID_VALUE, Violation{}
}

func (s *Space) requestNoSenders(name mach.MachPort, sync uint32, notify *Port) (*Port, mach.KernReturn, Violation) {
	p, kr := s.validReceiver(name)
	if kr != mach.KERN_SUCCESS {
		return nil, kr, Violation{}
	}
	if p.strict {
		p.mu.Unlock()
		return nil, mach.KERN_INVALID_RIGHT, Violation{mach.KGUARD_EXC_INVALID_RIGHT, name, 0}
	}
	previous := p.nsRequest
	p.nsRequest = notify
	var n notices
	if p.srights == 0 && sync <= p.mscount && notify != nil {
		p.lastSender(&n)
	}
	p.mu.Unlock()
	n.send()
	return previous, mach.KERN_SUCCESS, Violation{}
}

// request is ipc_right_request_alloc of osfmk/ipc/ipc_right.c. A send-possible
// request for a dead name is answered at once with a dead-name notification; a
// dead-name request for one fails, whatever sync says.
func (s *Space) request(r request, n *notices) (*Port, mach.KernReturn) {
	if s.dead.Load() {
		return nil, mach.KERN_INVALID_TASK
	}
	e := s.lookup(r.name)
	if e == nil {
		return nil, mach.KERN_INVALID_NAME
	}
	if r.to == nil && e.request == 0 {
		return nil, mach.KERN_SUCCESS
	}
	live := e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0
	if live {
		e.port.mu.Lock()
	} else if e.typ&mach.MACH_PORT_TYPE_SEND_RIGHTS != 0 {
		live = !s.isDead(e, 0)
	}
	if live {
		p := e.port
		defer p.mu.Unlock()
		return p.register(r, e, n)
	}
	switch {
	case r.possible && r.to != nil && e.typ == mach.MACH_PORT_TYPE_DEAD_NAME:
		if e.urefs < maxUrefs {
			e.urefs++
		}
		n.add(notice{id: mach.MACH_NOTIFY_DEAD_NAME, to: r.to, name: r.name})
		return nil, mach.KERN_SUCCESS
	case e.typ == mach.MACH_PORT_TYPE_DEAD_NAME:
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	return nil, mach.KERN_INVALID_RIGHT
}

// maxRequests bounds a port's table of requests, as CONFIG_IPC_TABLE_REQUEST
// does on Darwin.
const maxRequests = 1 << 16

// register adds a request of a slot to its port, which is locked and alive.
func (p *Port) register(r request, e *entry, n *notices) (*Port, mach.KernReturn) {
	previous := p.cancelRequest(e)
	if r.to == nil {
		return previous, mach.KERN_SUCCESS
	}
	if r.armed && (e.typ&mach.MACH_PORT_TYPE_SEND_ONCE != 0 || p.kernel || !p.queue.full()) {
		n.add(notice{id: mach.MACH_NOTIFY_SEND_POSSIBLE, to: r.to, name: r.name})
		return previous, mach.KERN_SUCCESS
	}
	for i := range p.requests {
		if !p.requests[i].used {
			p.requests[i] = r
			e.request = i + 1
			return previous, mach.KERN_SUCCESS
		}
	}
	if len(p.requests) >= maxRequests {
		return previous, mach.KERN_RESOURCE_SHORTAGE
	}
	p.requests = append(p.requests, r)
	e.request = len(p.requests)
	return previous, mach.KERN_SUCCESS
}

// sendPossible notifies armed send-possible requests of a locked port that a
// message has been received from.
func (p *Port) sendPossible(n *notices) {
	if p.dead.Load() {
		return
	}
	for i := range p.requests {
		r := &p.requests[i]
		if r.armed && r.to != nil {
			n.add(notice{id: mach.MACH_NOTIFY_SEND_POSSIBLE, to: r.to, name: r.name})
			r.to, r.armed = nil, false
		}
	}
}

// RequestCounts tells how many requests for dead-name notifications a port's
// table has room for and how many are in use.
func (s *Space) RequestCounts(name mach.MachPort) (total, used uint32, kr mach.KernReturn) {
	p, kr := s.receiver(name)
	if kr != mach.KERN_SUCCESS {
		return 0, 0, kr
	}
	defer p.mu.Unlock()
	for i := range p.requests {
		if p.requests[i].to != nil {
			used++
		}
	}
	return uint32(len(p.requests)), used, kr
}
