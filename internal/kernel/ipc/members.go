package ipc

import (
	"slices"

	"github.com/gomach/mach"
)

// portAndSet finds a receive right and a port set (osfmk/ipc/ipc_object.c,
// ipc_object_translate_port_pset). The port is locked.
func (s *Space) portAndSet(name, set mach.MachPort) (p *Port, members *Set, kr mach.KernReturn, v Violation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return nil, nil, mach.KERN_INVALID_TASK, v
	}
	e, t := s.lookup(name), s.lookup(set)
	switch {
	case e == nil:
		return nil, nil, mach.KERN_INVALID_NAME, Violation{mach.KGUARD_EXC_INVALID_NAME, name, 0}
	case t == nil:
		return nil, nil, mach.KERN_INVALID_NAME, Violation{mach.KGUARD_EXC_INVALID_NAME, set, 0}
	case e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0:
		if !e.received {
			v = Violation{mach.KGUARD_EXC_INVALID_RIGHT, name, 0}
		}
		return nil, nil, mach.KERN_INVALID_RIGHT, v
	case t.typ&mach.MACH_PORT_TYPE_PORT_SET == 0:
		return nil, nil, mach.KERN_INVALID_RIGHT, Violation{mach.KGUARD_EXC_INVALID_RIGHT, set, 0}
	}
	e.port.mu.Lock()
	return e.port, t.set, mach.KERN_SUCCESS, v
}

// InsertMember puts a receive right into a port set.
func (s *Space) InsertMember(name, set mach.MachPort) (mach.KernReturn, Violation) {
	if !valid(name) || !valid(set) {
		return mach.KERN_INVALID_RIGHT, Violation{}
	}
	p, t, kr, v := s.portAndSet(name, set)
	if kr != mach.KERN_SUCCESS {
		return kr, v
	}
	defer p.mu.Unlock()
	return t.join(p), Violation{}
}

// ExtractMember takes a receive right out of a port set.
func (s *Space) ExtractMember(name, set mach.MachPort) (mach.KernReturn, Violation) {
	if !valid(name) || !valid(set) {
		return mach.KERN_INVALID_RIGHT, Violation{}
	}
	p, t, kr, v := s.portAndSet(name, set)
	if kr != mach.KERN_SUCCESS {
		return kr, v
	}
	defer p.mu.Unlock()
	if !t.leave(p) {
		return mach.KERN_NOT_IN_SET, Violation{}
	}
	return mach.KERN_SUCCESS, Violation{}
}

// MoveMember puts a receive right into one port set and takes it out of all
// others; with MACH_PORT_NULL, only the latter.
func (s *Space) MoveMember(name, set mach.MachPort) (mach.KernReturn, Violation) {
	if !valid(name) || set == mach.MACH_PORT_DEAD {
		return mach.KERN_INVALID_RIGHT, Violation{}
	}
	if set == mach.MACH_PORT_NULL {
		p, kr := s.receiver(name)
		if kr != mach.KERN_SUCCESS {
			return kr, Violation{}
		}
		defer p.mu.Unlock()
		if len(p.sets) == 0 {
			return mach.KERN_NOT_IN_SET, Violation{}
		}
		p.leaveAll(nil)
		return mach.KERN_SUCCESS, Violation{}
	}
	p, t, kr, v := s.portAndSet(name, set)
	if kr != mach.KERN_SUCCESS {
		return kr, v
	}
	defer p.mu.Unlock()
	// To be in the set already is no error here.
	if kr := t.join(p); kr != mach.KERN_SUCCESS && kr != mach.KERN_ALREADY_IN_SET {
		return kr, Violation{}
	}
	p.leaveAll(t)
	return mach.KERN_SUCCESS, Violation{}
}

// SetMembers lists the names in a port set, in order.
func (s *Space) SetMembers(name mach.MachPort) ([]mach.MachPort, mach.KernReturn) {
	if !valid(name) {
		return nil, mach.KERN_INVALID_RIGHT
	}
	s.mu.Lock()
	if s.dead.Load() {
		s.mu.Unlock()
		return nil, mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	if e == nil || e.typ == mach.MACH_PORT_TYPE_DEAD_NAME {
		s.mu.Unlock()
		return nil, mach.KERN_INVALID_NAME
	}
	t := e.set
	s.mu.Unlock()
	if t == nil {
		return nil, mach.KERN_INVALID_RIGHT
	}
	names := t.names()
	slices.Sort(names)
	return names, mach.KERN_SUCCESS
}
