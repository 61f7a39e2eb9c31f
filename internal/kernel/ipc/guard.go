package ipc

import "github.com/gomach/mach"

// Context tells a port's context; the one of a strictly guarded port stays
// secret.
func (s *Space) Context(name mach.MachPort) (uint64, mach.KernReturn) {
	p, kr := s.validReceiver(name)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	defer p.mu.Unlock()
	if p.flags&strictGuard != 0 {
		return 0, kr
	}
	return p.context, kr
}

// SetContext changes it, unless the port is strictly guarded.
func (s *Space) SetContext(name mach.MachPort, context uint64) (mach.KernReturn, Violation) {
	p, kr := s.validReceiver(name)
	if kr != mach.KERN_SUCCESS {
		return kr, Violation{}
	}
	defer p.mu.Unlock()
	if p.flags&strictGuard != 0 {
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_SET_CONTEXT, name, p.context}
	}
	p.context = context
	return kr, Violation{}
}

func (s *Space) guardable(name mach.MachPort) (*Port, mach.KernReturn, Violation) {
	if !valid(name) {
		return nil, mach.KERN_INVALID_NAME, Violation{}
	}
	var n notices
	p, kr := s.receiver(name)
	n.wrongName(kr, name)
	return p, kr, n.violation
}

// Guard sets a port's context as its guard (osfmk/ipc/mach_port.c,
// mach_port_guard_locked). A port with a context has a guard, or something
// that must not be lost.
func (s *Space) Guard(name mach.MachPort, guard uint64, flags uint64) (mach.KernReturn, Violation) {
	p, kr, v := s.guardable(name)
	if kr != mach.KERN_SUCCESS {
		return kr, v
	}
	defer p.mu.Unlock()
	if p.context != 0 {
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_INVALID_ARGUMENT, name, p.context}
	}
	p.context = guard
	p.flags = p.flags&^strictGuard | guarded
	if flags&mach.MPG_STRICT != 0 {
		p.flags |= strictGuard
	}
	if flags&mach.MPG_IMMOVABLE_RECEIVE != 0 {
		p.flags |= immovableReceive
	}
	return kr, v
}

// Unguard takes the guard off.
func (s *Space) Unguard(name mach.MachPort, guard uint64) (mach.KernReturn, Violation) {
	p, kr, v := s.guardable(name)
	if kr != mach.KERN_SUCCESS {
		return kr, v
	}
	defer p.mu.Unlock()
	switch {
	case p.flags&guarded == 0:
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_UNGUARDED, name, 0}
	case p.context != guard:
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_INCORRECT_GUARD, name, p.context}
	}
	p.context = 0
	p.flags &^= guarded | strictGuard
	return kr, v
}

// SwapGuard changes the guard of a port that is guarded, but not strictly.
func (s *Space) SwapGuard(name mach.MachPort, old, guard uint64) (mach.KernReturn, Violation) {
	p, kr, v := s.guardable(name)
	if kr != mach.KERN_SUCCESS {
		return kr, v
	}
	defer p.mu.Unlock()
	switch {
	case p.flags&guarded == 0:
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_UNGUARDED, name, 0}
	case p.flags&strictGuard != 0:
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_SET_CONTEXT, name, p.context}
	case p.context != old:
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_INCORRECT_GUARD, name, p.context}
	}
	p.context = guard
	return kr, v
}

// AssertGuard checks that a port is strictly guarded with a guard.
func (s *Space) AssertGuard(name mach.MachPort, guard uint64) (mach.KernReturn, Violation) {
	p, kr := s.validReceiver(name)
	if kr != mach.KERN_SUCCESS {
		return kr, Violation{}
	}
	defer p.mu.Unlock()
	switch {
	case p.flags&guarded == 0:
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_UNGUARDED, name, 0}
	case p.flags&strictGuard == 0, p.context != guard:
		return mach.KERN_INVALID_ARGUMENT, Violation{mach.KGUARD_EXC_INCORRECT_GUARD, name, p.context}
	}
	return kr, Violation{}
}
