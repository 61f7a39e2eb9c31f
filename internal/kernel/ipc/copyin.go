package ipc

import "github.com/gomach/mach"

// copyinFlags loosen the rules for the ports of a message's header.
type copyinFlags uint8

const (
	inHeader       copyinFlags = 1 << iota // a port of a message's header: a reply port may be
	deadOK                                 // a dead name is MACH_PORT_DEAD
	immovableOK                            // a destination: the right goes no further
	deadSendOnceOK                         // a send-once right to a dead port still moves
)

// resultType is the type of right that a disposition makes.
func resultType(d mach.MachMsgTypeName) mach.MachMsgTypeName {
	switch d {
	case mach.MACH_MSG_TYPE_MOVE_RECEIVE:
		return mach.MACH_MSG_TYPE_PORT_RECEIVE
	case mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND:
		return mach.MACH_MSG_TYPE_PORT_SEND
	case mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return mach.MACH_MSG_TYPE_PORT_SEND_ONCE
	}
	return mach.MACH_MSG_TYPE_PORT_NONE
}

func anyDisposition(d mach.MachMsgTypeName) bool {
	return d >= mach.MACH_MSG_TYPE_MOVE_RECEIVE && d <= mach.MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// CopyinRight takes a right out of the space by a disposition
// (osfmk/ipc/ipc_object.c, ipc_object_copyin): MACH_PORT_NULL and
// MACH_PORT_DEAD pass through as rights.
func (s *Space) CopyinRight(name mach.MachPort, d mach.MachMsgTypeName) (Right, mach.KernReturn) {
	r, kr, _ := s.copyinRight(name, d, 0)
	return r, kr
}

// CopyinTrap is CopyinRight for a system call, which tells of what broke a guard.
func (s *Space) CopyinTrap(name mach.MachPort, d mach.MachMsgTypeName) (Right, mach.KernReturn, Violation) {
	return s.copyinRight(name, d, 0)
}

// CopyinDescriptor is CopyinTrap for a right in the body of a message, which tells
// more of wrong names (osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_port_descriptor).
func (s *Space) CopyinDescriptor(name mach.MachPort, d mach.MachMsgTypeName) (Right, mach.KernReturn, Violation) {
	r, kr, v := s.copyinRight(name, d, 0)
	if kr == mach.KERN_INVALID_RIGHT && v.Reason == 0 {
		v = Violation{mach.KGUARD_EXC_SEND_INVALID_RIGHT, name, 0}
	}
	return r, kr, v
}

// CopyinOwn is CopyinRight for a right that comes back to the same space: it
// may be one that cannot leave it.
func (s *Space) CopyinOwn(name mach.MachPort, d mach.MachMsgTypeName) (Right, mach.KernReturn, Violation) {
	return s.copyinRight(name, d, immovableOK)
}

func (s *Space) copyinRight(name mach.MachPort, d mach.MachMsgTypeName, f copyinFlags) (Right, mach.KernReturn, Violation) {
	switch name {
	case mach.MACH_PORT_NULL:
		return Right{nil, resultType(d)}, mach.KERN_SUCCESS, Violation{}
	case mach.MACH_PORT_DEAD:
		return Right{deadPort, resultType(d)}, mach.KERN_SUCCESS, Violation{}
	}
	var n notices
	s.mu.Lock()
	p, kr := s.copyin(name, d, f|deadOK, nil, &n)
	s.mu.Unlock()
	if kr == mach.KERN_SUCCESS {
		p.mu.Unlock()
	}
	n.send()
	if kr != mach.KERN_SUCCESS {
		return Right{}, kr, n.violation
	}
	return Right{p, resultType(d)}, mach.KERN_SUCCESS, Violation{}
}

// isDead reports, with the space locked, whether a slot with a send or
// send-once right is of a dead port, and makes it a dead name then. Otherwise
// it leaves the port locked (osfmk/ipc/ipc_right.c, ipc_right_check).
func (s *Space) isDead(e *entry, f copyinFlags) bool {
	p := e.port
	p.mu.Lock()
	if !p.dead.Load() || f&deadSendOnceOK != 0 && e.request == 0 && e.typ&mach.MACH_PORT_TYPE_SEND_ONCE != 0 {
		return false
	}
	if e.typ&mach.MACH_PORT_TYPE_SEND != 0 {
		p.srights--
		delete(s.names, p)
	} else {
		p.sorights--
	}
	e.typ = mach.MACH_PORT_TYPE_DEAD_NAME
	if e.request != 0 {
		// The dead-name notification carries a reference of its own.
		if p.requestType(e) != 0 && e.urefs < maxUrefs {
			e.urefs++
		}
		e.request = 0
	}
	e.port = nil
	p.mu.Unlock()
	return true
}

// copyin takes a right out of a slot (osfmk/ipc/ipc_right.c,
// ipc_right_copyin). The space is locked, and the port that comes back is, too;
// guardOK, if not nil, judges the guard of a receive right that moves.
func (s *Space) copyin(name mach.MachPort, d mach.MachMsgTypeName, f copyinFlags, guardOK func(*Port) bool, n *notices) (*Port, mach.KernReturn) {
	if s.dead.Load() {
		return nil, mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	if e == nil {
		return nil, mach.KERN_INVALID_NAME
	}
	switch d {
	case mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE:
		if e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0 {
			return nil, mach.KERN_INVALID_RIGHT
		}
		p := e.port
		if p.strict && (d == mach.MACH_MSG_TYPE_MAKE_SEND || f&inHeader == 0) {
			n.violated(mach.KGUARD_EXC_INVALID_RIGHT, name, 0)
			return nil, mach.KERN_INVALID_CAPABILITY
		}
		p.mu.Lock()
		if d == mach.MACH_MSG_TYPE_MAKE_SEND {
			p.mscount++
			p.srights++
		} else {
			p.sorights++
		}
		return p, mach.KERN_SUCCESS
	case mach.MACH_MSG_TYPE_MOVE_RECEIVE:
		return s.copyinReceive(e, name, guardOK, n)
	case mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return s.copyinSend(e, name, d, f, n)
	}
	return nil, mach.KERN_INVALID_RIGHT
}

func (s *Space) copyinReceive(e *entry, name mach.MachPort, guardOK func(*Port) bool, n *notices) (*Port, mach.KernReturn) {
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0 {
		return nil, mach.KERN_INVALID_RIGHT
	}
	p := e.port
	p.mu.Lock()
	if p.flags&immovableReceive != 0 {
		p.mu.Unlock()
		n.violated(mach.KGUARD_EXC_IMMOVABLE, name, 0)
		return nil, mach.KERN_INVALID_CAPABILITY
	}
	if guardOK != nil && !guardOK(p) {
		n.violated(mach.KGUARD_EXC_INCORRECT_GUARD, name, p.context)
		p.mu.Unlock()
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	if e.typ&mach.MACH_PORT_TYPE_SEND != 0 {
		e.typ, e.received = mach.MACH_PORT_TYPE_SEND, true
		s.names[p] = indexOf(name)
	} else {
		n.deleted(p.cancelRequest(e), name)
		s.release(indexOf(name))
	}
	p.clearReceiver(n)
	p.flags |= tempOwner // until it is in a message or has a name (ipc_right.c, ipc_right_copyin)
	return p, mach.KERN_SUCCESS
}

func (s *Space) copyinSend(e *entry, name mach.MachPort, d mach.MachMsgTypeName, f copyinFlags, n *notices) (*Port, mach.KernReturn) {
	if e.typ&mach.MACH_PORT_TYPE_DEAD_NAME == 0 {
		if e.typ&mach.MACH_PORT_TYPE_SEND_RIGHTS == 0 {
			return nil, mach.KERN_INVALID_RIGHT
		}
		check := f
		if d != mach.MACH_MSG_TYPE_MOVE_SEND_ONCE {
			check &^= deadSendOnceOK
		}
		if !s.isDead(e, check) {
			p := e.port
			kr := s.copyinLive(e, name, p, d, f, n)
			if kr != mach.KERN_SUCCESS {
				p.mu.Unlock()
				return nil, kr
			}
			return p, mach.KERN_SUCCESS
		}
	}
	if f&deadOK == 0 {
		return nil, mach.KERN_INVALID_RIGHT
	}
	if d != mach.MACH_MSG_TYPE_COPY_SEND {
		s.dropRef(e, name)
	}
	deadPort.mu.Lock()
	return deadPort, mach.KERN_SUCCESS
}

// copyinLive takes a right out of a slot whose port is locked and alive.
func (s *Space) copyinLive(e *entry, name mach.MachPort, p *Port, d mach.MachMsgTypeName, f copyinFlags, n *notices) mach.KernReturn {
	want := mach.MachPortType_t(mach.MACH_PORT_TYPE_SEND)
	if d == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		want = mach.MACH_PORT_TYPE_SEND_ONCE
	}
	if e.typ&want == 0 {
		return mach.KERN_INVALID_RIGHT
	}
	if p.strict && (d != mach.MACH_MSG_TYPE_MOVE_SEND_ONCE || f&inHeader == 0) {
		n.violated(mach.KGUARD_EXC_INVALID_RIGHT, name, 0)
		return mach.KERN_INVALID_CAPABILITY
	}
	if f&immovableOK == 0 && (p.flags&immovableSend != 0 || e.immovable) {
		n.violated(mach.KGUARD_EXC_IMMOVABLE, name, 0)
		return mach.KERN_INVALID_CAPABILITY
	}
	switch d {
	case mach.MACH_MSG_TYPE_COPY_SEND:
		p.srights++
	case mach.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		n.deleted(p.cancelRequest(e), name)
		s.release(indexOf(name))
	default:
		switch {
		case e.urefs > 1:
			p.srights++
			if e.urefs < maxUrefs {
				e.urefs--
			}
		case e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0:
			e.typ &^= mach.MACH_PORT_TYPE_SEND
			e.urefs = 0
		default:
			n.deleted(p.cancelRequest(e), name)
			delete(s.names, p)
			s.release(indexOf(name))
		}
	}
	return mach.KERN_SUCCESS
}

// dropRef takes a user reference off a dead name.
func (s *Space) dropRef(e *entry, name mach.MachPort) {
	switch {
	case e.urefs <= 1:
		s.release(indexOf(name))
	case e.urefs < maxUrefs:
		e.urefs--
	}
}
