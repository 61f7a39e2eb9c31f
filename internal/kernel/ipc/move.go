package ipc

import "github.com/gomach/mach"

// InsertRight gives the space a right under a name that the caller chose
// (osfmk/ipc/mach_port.c, mach_port_insert_right). On failure the right remains
// the caller's.
func (s *Space) InsertRight(name mach.MachPort, r Right) mach.KernReturn {
	if !valid(name) || r.Type == mach.MACH_MSG_TYPE_PORT_NONE {
		return mach.KERN_INVALID_VALUE
	}
	if !r.Valid() {
		return mach.KERN_INVALID_CAPABILITY
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, e, kr := s.allocName(name)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	inUse := e.typ != 0
	giveUp := func(kr mach.KernReturn) mach.KernReturn {
		if !inUse {
			s.release(i)
		}
		return kr
	}
	p := r.Port
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead.Load() {
		return giveUp(mach.KERN_INVALID_CAPABILITY)
	}
	at, has := s.find(p)
	switch {
	case r.Type != mach.MACH_MSG_TYPE_PORT_SEND_ONCE && has:
		if at != i {
			return giveUp(mach.KERN_RIGHT_EXISTS)
		}
	case inUse:
		return mach.KERN_NAME_EXISTS
	default:
		e.port = p
	}
	if r.Type == mach.MACH_MSG_TYPE_PORT_RECEIVE {
		p.flags &^= tempOwner // osfmk/ipc/ipc_object.c, ipc_object_copyout_name
	}
	s.put(p, r.Type, i, e)
	return mach.KERN_SUCCESS
}

// InsertSame adds a user reference to the send right under a name: to one that
// is made from the receive right of the same name, or as a copy. It judges the
// name differently from InsertRight (osfmk/ipc/ipc_object.c,
// ipc_object_insert_send_right).
func (s *Space) InsertSame(name mach.MachPort, d mach.MachMsgTypeName) mach.KernReturn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	switch {
	case e == nil:
		return mach.KERN_INVALID_NAME
	case e.typ == mach.MACH_PORT_TYPE_DEAD_NAME:
		return mach.KERN_INVALID_CAPABILITY
	case e.port == nil:
		return mach.KERN_INVALID_RIGHT
	}
	p := e.port
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dead.Load():
		return mach.KERN_INVALID_CAPABILITY
	case d == mach.MACH_MSG_TYPE_COPY_SEND && e.typ&mach.MACH_PORT_TYPE_SEND == 0,
		d == mach.MACH_MSG_TYPE_MAKE_SEND && e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0:
		return mach.KERN_INVALID_RIGHT
	case p.strict:
		// XNU's copy-in refuses that; this short way of it forgets to.
		return mach.KERN_INVALID_CAPABILITY
	}
	if d == mach.MACH_MSG_TYPE_MAKE_SEND {
		p.mscount++
		if e.typ&mach.MACH_PORT_TYPE_SEND == 0 {
			p.srights++
			e.typ |= mach.MACH_PORT_TYPE_SEND
		}
	}
	if e.urefs < maxUrefs {
		e.urefs++
	}
	return mach.KERN_SUCCESS
}

// put adds a right to a slot that is empty or has send or receive rights to
// the same port (osfmk/ipc/ipc_right.c, ipc_right_copyout). Space and port are
// locked.
func (s *Space) put(p *Port, typ mach.MachMsgTypeName, i uint32, e *entry) {
	e.port = p
	switch typ {
	case mach.MACH_MSG_TYPE_PORT_SEND_ONCE:
		e.typ, e.urefs = mach.MACH_PORT_TYPE_SEND_ONCE, 1
	case mach.MACH_MSG_TYPE_PORT_SEND:
		if e.typ&mach.MACH_PORT_TYPE_SEND != 0 {
			// The name holds one of the port's send rights already, whatever
			// its user references; they stick at the maximum.
			p.srights--
			if e.urefs < maxUrefs {
				e.urefs++
			}
			return
		}
		if e.typ == 0 {
			s.names[p] = i
		}
		e.typ |= mach.MACH_PORT_TYPE_SEND
		e.urefs = 1
	default:
		if e.typ&mach.MACH_PORT_TYPE_SEND != 0 {
			delete(s.names, p)
		}
		e.typ |= mach.MACH_PORT_TYPE_RECEIVE
		p.space, p.name, p.dest = s, nameOf(i, e.gen), nil
	}
}

// ExtractRight takes a right out of the space by a disposition. own says that
// the space is the caller's: then the right to an immovable port can be copied.
func (s *Space) ExtractRight(name mach.MachPort, d mach.MachMsgTypeName, own bool) (Right, mach.KernReturn, Violation) {
	if !anyDisposition(d) {
		return Right{}, mach.KERN_INVALID_VALUE, Violation{}
	}
	if !valid(name) {
		return Right{}, mach.KERN_INVALID_RIGHT, Violation{}
	}
	f := deadOK
	if own && d == mach.MACH_MSG_TYPE_COPY_SEND {
		f |= immovableOK
	}
	var n notices
	s.mu.Lock()
	p, kr := s.copyin(name, d, f, nil, &n)
	s.mu.Unlock()
	if kr == mach.KERN_SUCCESS {
		if d == mach.MACH_MSG_TYPE_MOVE_RECEIVE {
			p.flags &^= tempOwner // it travels in the routine's reply, see bindTransit
		}
		p.mu.Unlock()
	}
	n.send()
	if kr != mach.KERN_SUCCESS {
		return Right{}, kr, n.violation
	}
	return Right{p, resultType(d)}, mach.KERN_SUCCESS, Violation{}
}
