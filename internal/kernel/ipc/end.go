package ipc

import "github.com/gomach/mach"

// Destroy gives up all rights under a name (osfmk/ipc/ipc_right.c,
// ipc_right_destroy).
func (s *Space) Destroy(name mach.MachPort) (mach.KernReturn, Violation) {
	if !valid(name) {
		return mach.KERN_SUCCESS, Violation{}
	}
	var n notices
	s.mu.Lock()
	set, kr := s.destroyName(name, &n)
	s.mu.Unlock()
	if set != nil {
		set.destroy()
	}
	n.send()
	return kr, n.violation
}

func (s *Space) destroyName(name mach.MachPort, n *notices) (*Set, mach.KernReturn) {
	if s.dead.Load() {
		return nil, mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	switch {
	case e == nil:
		n.violated(mach.KGUARD_EXC_INVALID_NAME, name, 0)
		return nil, mach.KERN_INVALID_NAME
	case e.typ == mach.MACH_PORT_TYPE_PORT_SET:
		set := e.set
		s.release(indexOf(name))
		return set, mach.KERN_SUCCESS
	case e.typ == mach.MACH_PORT_TYPE_DEAD_NAME:
		s.release(indexOf(name))
		return nil, mach.KERN_SUCCESS
	}
	p, typ := e.port, e.typ
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead.Load() {
		if typ == mach.MACH_PORT_TYPE_SEND {
			delete(s.names, p)
			p.srights--
		} else {
			p.sorights--
		}
		s.release(indexOf(name))
		return nil, mach.KERN_SUCCESS
	}
	if typ&mach.MACH_PORT_TYPE_RECEIVE != 0 && p.flags&guarded != 0 && p.context != 0 {
		n.violated(mach.KGUARD_EXC_DESTROY, name, p.context)
		return nil, mach.KERN_INVALID_RIGHT
	}
	request := p.cancelRequest(e)
	if typ == mach.MACH_PORT_TYPE_SEND {
		delete(s.names, p)
	}
	s.release(indexOf(name))
	if typ&mach.MACH_PORT_TYPE_SEND != 0 {
		p.dropSend(n)
	}
	if typ&mach.MACH_PORT_TYPE_RECEIVE != 0 {
		p.destroyLocked(n)
	}
	if typ&mach.MACH_PORT_TYPE_SEND_ONCE != 0 {
		n.add(notice{id: mach.MACH_NOTIFY_SEND_ONCE, to: p})
	}
	n.deleted(request, name)
	return nil, mach.KERN_SUCCESS
}

// Destruct destroys a receive right and takes srdelta, negative or zero, off
// the send rights of the same name; guard must be the port's guard
// (osfmk/ipc/ipc_right.c, ipc_right_destruct).
func (s *Space) Destruct(name mach.MachPort, srdelta int32, guard uint64) (mach.KernReturn, Violation) {
	if !valid(name) {
		return mach.KERN_INVALID_NAME, Violation{}
	}
	var n notices
	s.mu.Lock()
	kr := s.destruct(name, srdelta, guard, &n)
	if e := s.lookup(name); kr != mach.KERN_INVALID_RIGHT || e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0 || !e.received {
		n.wrongName(kr, name)
	}
	s.mu.Unlock()
	n.send()
	return kr, n.violation
}

func (s *Space) destruct(name mach.MachPort, srdelta int32, guard uint64, n *notices) mach.KernReturn {
	if s.dead.Load() {
		return mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	switch {
	case e == nil:
		return mach.KERN_INVALID_NAME
	case e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0,
		srdelta != 0 && e.typ&mach.MACH_PORT_TYPE_SEND == 0:
		return mach.KERN_INVALID_RIGHT
	case srdelta > 0:
		return mach.KERN_INVALID_VALUE
	}
	p := e.port
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flags&guarded != 0 && p.context != guard {
		n.violated(mach.KGUARD_EXC_DESTROY, name, p.context)
		return mach.KERN_INVALID_ARGUMENT
	}
	if srdelta != 0 {
		left := int64(e.urefs) + int64(srdelta)
		if left < 0 {
			return mach.KERN_INVALID_VALUE
		}
		if e.urefs == maxUrefs && srdelta != -maxUrefs {
			left = maxUrefs
		}
		if left == 0 {
			e.typ, e.urefs = mach.MACH_PORT_TYPE_RECEIVE, 0
			p.dropSend(n)
		} else {
			e.urefs = uint32(left)
		}
	}
	s.dropReceive(e, name, n)
	return mach.KERN_SUCCESS
}
