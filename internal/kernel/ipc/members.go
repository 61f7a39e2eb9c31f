package ipc

import (
	"slices"

	"github.com/gomach/mach"
)

// portAndSet finds a receive right and a port set. The port is locked.
func (s *Space) portAndSet(name, set mach.MachPort) (*Port, *Set, mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return nil, nil, mach.KERN_INVALID_TASK
	}
	e, t := s.lookup(name), s.lookup(set)
	if e == nil || t == nil {
		return nil, nil, mach.KERN_INVALID_NAME
	}
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0 || t.typ&mach.MACH_PORT_TYPE_PORT_SET == 0 {
		return nil, nil, mach.KERN_INVALID_RIGHT
	}
	e.port.mu.Lock()
	return e.port, t.set, mach.KERN_SUCCESS
}

// InsertMember puts a receive right into a port set.
func (s *Space) InsertMember(name, set mach.MachPort) mach.KernReturn {
	if !valid(name) || !valid(set) {
		return mach.KERN_INVALID_RIGHT
	}
	p, t, kr := s.portAndSet(name, set)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	defer p.mu.Unlock()
	return t.join(p)
}

// ExtractMember takes a receive right out of a port set.
func (s *Space) ExtractMember(name, set mach.MachPort) mach.KernReturn {
	if !valid(name) || !valid(set) {
		return mach.KERN_INVALID_RIGHT
	}
	p, t, kr := s.portAndSet(name, set)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	defer p.mu.Unlock()
	if !t.leave(p) {
		return mach.KERN_NOT_IN_SET
	}
	return mach.KERN_SUCCESS
}

// MoveMember puts a receive right into one port set and takes it out of all
// others; with MACH_PORT_NULL, only the latter.
func (s *Space) MoveMember(name, set mach.MachPort) mach.KernReturn {
	if !valid(name) || set == mach.MACH_PORT_DEAD {
		return mach.KERN_INVALID_RIGHT
	}
	if set == mach.MACH_PORT_NULL {
		p, kr := s.receiver(name)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		defer p.mu.Unlock()
		if len(p.sets) == 0 {
			return mach.KERN_NOT_IN_SET
		}
		p.leaveAll(nil)
		return mach.KERN_SUCCESS
	}
	p, t, kr := s.portAndSet(name, set)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	defer p.mu.Unlock()
	// To be in the set already is no error here.
	if kr := t.join(p); kr != mach.KERN_SUCCESS && kr != mach.KERN_ALREADY_IN_SET {
		return kr
	}
	p.leaveAll(t)
	return mach.KERN_SUCCESS
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
