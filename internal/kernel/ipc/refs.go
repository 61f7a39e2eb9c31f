package ipc

import "github.com/gomach/mach"

// Type tells what a name denotes, with MACH_PORT_TYPE_* bits of its requests.
func (s *Space) Type(name mach.MachPort) (mach.MachPortType_t, mach.KernReturn) {
	if name == mach.MACH_PORT_NULL {
		return 0, mach.KERN_INVALID_NAME
	}
	if name == mach.MACH_PORT_DEAD {
		return mach.MACH_PORT_TYPE_DEAD_NAME, mach.KERN_SUCCESS
	}
	typ, _, kr := s.info(name)
	// Requests for send-possible notifications do not show.
	return typ &^ (mach.MACH_PORT_TYPE_SPREQUEST | mach.MACH_PORT_TYPE_SPREQUEST_DELAYED), kr
}

// info is ipc_right_info of osfmk/ipc/ipc_right.c.
func (s *Space) info(name mach.MachPort) (typ mach.MachPortType_t, urefs uint32, kr mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return 0, 0, mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	if e == nil {
		return 0, 0, mach.KERN_INVALID_NAME
	}
	typ = s.typeOf(e)
	return typ, e.urefs, mach.KERN_SUCCESS
}

// typeOf tells a slot's type with its request; a dead port's slot turns into a
// dead name. The space is locked.
func (s *Space) typeOf(e *entry) mach.MachPortType_t {
	var request mach.MachPortType_t
	switch {
	case e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0:
		e.port.mu.Lock()
		request = e.port.requestType(e)
		e.port.mu.Unlock()
	case e.typ&mach.MACH_PORT_TYPE_SEND_RIGHTS != 0:
		if !s.isDead(e, 0) {
			request = e.port.requestType(e)
			e.port.mu.Unlock()
		}
	}
	return e.typ | request
}

// Refs counts the user references of one right under a name.
func (s *Space) Refs(name mach.MachPort, right mach.MachPortRight) (uint32, mach.KernReturn) {
	if right >= mach.MACH_PORT_RIGHT_NUMBER {
		return 0, mach.KERN_INVALID_VALUE
	}
	if !valid(name) {
		if right == mach.MACH_PORT_RIGHT_SEND || right == mach.MACH_PORT_RIGHT_SEND_ONCE {
			return 1, mach.KERN_SUCCESS
		}
		return 0, mach.KERN_INVALID_NAME
	}
	typ, urefs, kr := s.info(name)
	if kr != mach.KERN_SUCCESS || typ&typeBit(right) == 0 {
		return 0, kr
	}
	switch right {
	case mach.MACH_PORT_RIGHT_DEAD_NAME, mach.MACH_PORT_RIGHT_SEND:
		return urefs, kr
	}
	return 1, kr
}

func typeBit(right mach.MachPortRight) mach.MachPortType_t {
	return mach.MachPortType_t(1) << (right + 16)
}

// ModRefs changes the user references of one right under a name
// (osfmk/ipc/ipc_right.c, ipc_right_delta).
func (s *Space) ModRefs(name mach.MachPort, right mach.MachPortRight, delta int32) (mach.KernReturn, Violation) {
	if right >= mach.MACH_PORT_RIGHT_NUMBER {
		return mach.KERN_INVALID_VALUE, Violation{}
	}
	if !valid(name) {
		if right == mach.MACH_PORT_RIGHT_SEND || right == mach.MACH_PORT_RIGHT_SEND_ONCE {
			return mach.KERN_SUCCESS, Violation{}
		}
		return mach.KERN_INVALID_NAME, Violation{}
	}
	var n notices
	var set *Set
	s.mu.Lock()
	kr, told := mach.KernReturn(mach.KERN_INVALID_NAME), true
	if s.dead.Load() {
		kr = mach.KERN_INVALID_TASK
	} else if e := s.lookup(name); e != nil {
		told = tellsOf(e, right, delta)
		switch right {
		case mach.MACH_PORT_RIGHT_PORT_SET:
			kr, set = s.deltaSet(e, name, delta)
		case mach.MACH_PORT_RIGHT_RECEIVE:
			kr = s.deltaReceive(e, name, delta, &n)
		case mach.MACH_PORT_RIGHT_SEND_ONCE:
			kr = s.deltaSendOnce(e, name, delta, &n)
		case mach.MACH_PORT_RIGHT_DEAD_NAME:
			kr = s.deltaDead(e, name, delta)
		case mach.MACH_PORT_RIGHT_SEND:
			kr = s.deltaSend(e, name, delta, &n)
		default:
			kr = mach.KERN_INVALID_RIGHT
		}
	}
	if n.violation.Reason == 0 && (told || kr != mach.KERN_INVALID_RIGHT) {
		n.wrongName(kr, name)
	}
	s.mu.Unlock()
	if set != nil {
		set.destroy()
	}
	n.send()
	return kr, n.violation
}

// tellsOf says whether a task hears that the right it asks for is not there. It does
// not where the right has just gone, and where old programs ask without knowing
// (osfmk/ipc/ipc_right.c, ipc_right_delta).
func tellsOf(e *entry, right mach.MachPortRight, delta int32) bool {
	switch right {
	case mach.MACH_PORT_RIGHT_RECEIVE:
		return !e.received
	case mach.MACH_PORT_RIGHT_SEND_ONCE:
		return e.typ&mach.MACH_PORT_TYPE_SEND_ONCE != 0
	case mach.MACH_PORT_RIGHT_SEND:
		return e.typ&(mach.MACH_PORT_TYPE_SEND|mach.MACH_PORT_TYPE_DEAD_NAME) == 0 &&
			(e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0 || delta != 1)
	}
	return true
}

func (s *Space) deltaSet(e *entry, name mach.MachPort, delta int32) (mach.KernReturn, *Set) {
	if e.typ&mach.MACH_PORT_TYPE_PORT_SET == 0 {
		return mach.KERN_INVALID_RIGHT, nil
	}
	if delta == 0 {
		return mach.KERN_SUCCESS, nil
	}
	if delta != -1 {
		return mach.KERN_INVALID_VALUE, nil
	}
	set := e.set
	s.release(indexOf(name))
	return mach.KERN_SUCCESS, set
}

func (s *Space) deltaReceive(e *entry, name mach.MachPort, delta int32, n *notices) mach.KernReturn {
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0 {
		return mach.KERN_INVALID_RIGHT
	}
	if delta == 0 {
		return mach.KERN_SUCCESS
	}
	if delta != -1 {
		return mach.KERN_INVALID_VALUE
	}
	p := e.port
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flags&guarded != 0 {
		n.violated(mach.KGUARD_EXC_DESTROY, name, p.context)
		return mach.KERN_INVALID_RIGHT
	}
	s.dropReceive(e, name, n)
	return mach.KERN_SUCCESS
}

// dropReceive destroys the receive right of a slot whose port is locked. Send
// rights of the same name become a dead name, or go on if the receive right is
// sent to somebody.
func (s *Space) dropReceive(e *entry, name mach.MachPort, n *notices) {
	p := e.port
	var request *Port
	switch {
	case e.typ&mach.MACH_PORT_TYPE_SEND == 0:
		request = p.cancelRequest(e)
		s.release(indexOf(name))
	case p.pdRequest != nil:
		e.typ, e.received = mach.MACH_PORT_TYPE_SEND, true
		s.names[p] = indexOf(name)
	default:
		// The space's send right goes with the port.
		p.srights--
		e.typ, e.port, e.received = mach.MACH_PORT_TYPE_DEAD_NAME, nil, true
		if e.request != 0 {
			e.request = 0
			if e.urefs < maxUrefs {
				e.urefs++
			}
		}
	}
	p.destroyLocked(n)
	n.deleted(request, name)
}

func (s *Space) deltaSendOnce(e *entry, name mach.MachPort, delta int32, n *notices) mach.KernReturn {
	if e.typ&mach.MACH_PORT_TYPE_SEND_ONCE == 0 || s.isDead(e, 0) {
		return mach.KERN_INVALID_RIGHT
	}
	p := e.port
	defer p.mu.Unlock()
	if delta > 0 || delta < -1 {
		return mach.KERN_INVALID_VALUE
	}
	if delta == 0 {
		return mach.KERN_SUCCESS
	}
	s.dropOnce(p, e, name, n)
	return mach.KERN_SUCCESS
}

// dropOnce gives up the send-once right of a slot whose port is locked. That a
// request goes with it is told last, as for all rights.
func (s *Space) dropOnce(p *Port, e *entry, name mach.MachPort, n *notices) {
	request := p.cancelRequest(e)
	s.release(indexOf(name))
	n.add(notice{id: mach.MACH_NOTIFY_SEND_ONCE, to: p})
	n.deleted(request, name)
}

func (s *Space) deltaDead(e *entry, name mach.MachPort, delta int32) mach.KernReturn {
	switch {
	case e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0:
		return mach.KERN_INVALID_RIGHT
	case e.typ&mach.MACH_PORT_TYPE_SEND_RIGHTS != 0:
		if !s.isDead(e, 0) {
			e.port.mu.Unlock()
			return mach.KERN_INVALID_RIGHT
		}
	case e.typ != mach.MACH_PORT_TYPE_DEAD_NAME:
		return mach.KERN_INVALID_RIGHT
	}
	urefs, ok := addRefs(e.urefs, delta)
	if !ok {
		return mach.KERN_INVALID_VALUE
	}
	if urefs == 0 {
		s.release(indexOf(name))
	} else {
		e.urefs = urefs
	}
	return mach.KERN_SUCCESS
}

// addRefs adds to a count of user references. A count at the maximum sticks
// there, unless all are taken away; more than the maximum gives the maximum.
func addRefs(urefs uint32, delta int32) (uint32, bool) {
	if delta > maxUrefs || delta < -maxUrefs {
		return 0, false
	}
	if urefs == maxUrefs {
		if delta != -maxUrefs {
			return urefs, true
		}
		return 0, true
	}
	sum := int64(urefs) + int64(delta)
	if sum < 0 {
		return 0, false
	}
	return uint32(min(sum, maxUrefs)), true
}

func (s *Space) deltaSend(e *entry, name mach.MachPort, delta int32, n *notices) mach.KernReturn {
	if e.typ&mach.MACH_PORT_TYPE_SEND == 0 || s.isDead(e, 0) {
		return mach.KERN_INVALID_RIGHT
	}
	p := e.port
	defer p.mu.Unlock()
	urefs, ok := addRefs(e.urefs, delta)
	if !ok {
		return mach.KERN_INVALID_VALUE
	}
	if urefs > 0 {
		e.urefs = urefs
		return mach.KERN_SUCCESS
	}
	s.dropSends(e, name, n)
	return mach.KERN_SUCCESS
}

// dropSends takes the send right off a slot whose port is locked.
func (s *Space) dropSends(e *entry, name mach.MachPort, n *notices) {
	p := e.port
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0 {
		e.typ, e.urefs = mach.MACH_PORT_TYPE_RECEIVE, 0
		p.dropSend(n)
		return
	}
	request := p.cancelRequest(e)
	delete(s.names, p)
	s.release(indexOf(name))
	p.dropSend(n)
	n.deleted(request, name)
}
