package ipc

import "github.com/gomach/mach"

// Names lists all names with their types, in order.
func (s *Space) Names() (names []mach.MachPort, types []mach.MachPortType_t, kr mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return nil, nil, mach.KERN_INVALID_TASK
	}
	for i := range s.table {
		e := &s.table[i]
		if e.typ == 0 {
			continue
		}
		names = append(names, nameOf(uint32(i), e.gen))
		types = append(types, s.typeOf(e))
	}
	return names, types, mach.KERN_SUCCESS
}

// NameInfo is what space_info tells about a slot.
type NameInfo struct {
	Name  mach.MachPort
	Type  mach.MachPortType_t
	Urefs uint32
	// Object tells ports apart; it is no address.
	Object uint32
	Next   uint32
}

// GenerationMask are the bits of a name that are its generation.
const GenerationMask = 0xff

// Info lists all slots of the table, used and free.
func (s *Space) Info() (slots []NameInfo, kr mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return nil, mach.KERN_INVALID_TASK
	}
	slots = make([]NameInfo, len(s.table))
	for i := range s.table {
		e := &s.table[i]
		gen := e.gen
		if i == 0 {
			gen = 0xff
		}
		slots[i] = NameInfo{Name: nameOf(uint32(i), gen), Urefs: e.urefs, Next: e.next}
		if e.typ != 0 {
			slots[i].Type = s.typeOf(e)
			slots[i].Object = e.port.hash()
		}
	}
	return slots, mach.KERN_SUCCESS
}

// Sizes counts the slots and those in use.
func (s *Space) Sizes() (size, used uint32, kr mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return 0, 0, mach.KERN_INVALID_TASK
	}
	return uint32(len(s.table)), uint32(s.used), mach.KERN_SUCCESS
}

// KObject tells what a name's port stands for.
func (s *Space) KObject(name mach.MachPort) (mach.IPCInfoObjectType, mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return 0, mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	if e == nil || e.typ == mach.MACH_PORT_TYPE_DEAD_NAME {
		return 0, mach.KERN_INVALID_NAME
	}
	if e.typ&mach.MACH_PORT_TYPE_SEND_RECEIVE == 0 {
		return 0, mach.KERN_INVALID_RIGHT
	}
	kind, _ := e.port.KObject()
	return kind, mach.KERN_SUCCESS
}
