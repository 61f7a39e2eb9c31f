package ipc

import (
	"sync"
	"sync/atomic"

	"github.com/gomach/mach"
)

// Space is a task's port names.
type Space struct {
	mu     sync.Mutex
	table  []entry
	free   uint32 // first free slot, 0: none
	used   int
	names  map[*Port]uint32 // the slot that holds send rights to a port
	dead   atomic.Bool      // set under the lock, for good
	sender atomic.Pointer[Sender]
	own    atomic.Uint32 // the name that InsertOwn gave, 0 when it is gone
}

// Memory is an address space to read and write, which package core has as its own.
type Memory interface {
	ReadAt(p []byte, addr uint64) (int, error)
	WriteAt(p []byte, addr uint64) (int, error)
}

// VM is what messages need of a task's address space for out-of-line memory.
type VM interface {
	Memory
	// AllocateMemory makes fresh zeroed memory of at least size bytes.
	AllocateMemory(size uint64) (uint64, mach.KernReturn)
	DeallocateMemory(addr, size uint64) mach.KernReturn
}

// Sender is who sends from a space: what trailers tell.
type Sender struct {
	Security mach.SecurityToken
	Audit    mach.AuditToken
}

// NewSpace makes an empty space.
func NewSpace() *Space {
	s := &Space{table: make([]entry, 1, 64), names: map[*Port]uint32{}}
	s.sender.Store(&Sender{})
	return s
}

// SetSender sets the identity that trailers of messages from the space carry.
func (s *Space) SetSender(id Sender) {
	s.sender.Store(&id)
}

// lookup finds the slot of a name. The space is locked.
func (s *Space) lookup(name mach.MachPort) *entry {
	i := indexOf(name)
	if i == 0 || int(i) >= len(s.table) {
		return nil
	}
	e := &s.table[i]
	if e.gen != genOf(name) || e.typ == 0 {
		return nil
	}
	return e
}

// alloc takes a free slot. The space is locked. Pointers to slots that were
// got before are void.
func (s *Space) alloc() (uint32, *entry, mach.KernReturn) {
	i := s.free
	if i != 0 {
		s.free = s.table[i].next
	} else {
		if len(s.table) > maxIndex {
			return 0, nil, mach.KERN_NO_SPACE
		}
		i = uint32(len(s.table))
		s.table = append(s.table, entry{gen: genLow})
	}
	s.used++
	e := &s.table[i]
	*e = entry{gen: e.gen}
	return i, e, mach.KERN_SUCCESS
}

// release frees a slot; its name will not come back soon.
func (s *Space) release(i uint32) {
	if s.table[i].own {
		s.own.Store(0)
	}
	s.table[i] = entry{gen: s.table[i].gen + genStep, next: s.free}
	s.free = i
	s.used--
}

// InsertSend gives the space a send right to p: a name with one user reference
// more. p may be nil or dead; then the name is MACH_PORT_NULL or
// MACH_PORT_DEAD.
func (s *Space) InsertSend(p *Port) (mach.MachPort, mach.KernReturn) {
	if p == nil {
		return mach.MACH_PORT_NULL, mach.KERN_SUCCESS
	}
	ok := false
	if p.kernel {
		ok = p.MakeSend()
	} else {
		ok = p.CopySend()
	}
	if !ok {
		return mach.MACH_PORT_DEAD, mach.KERN_SUCCESS
	}
	return s.CopyoutSend(p)
}

// CopyoutSend hands a send right that the caller holds over to the space.
func (s *Space) CopyoutSend(p *Port) (mach.MachPort, mach.KernReturn) {
	if p == nil {
		return mach.MACH_PORT_NULL, mach.KERN_SUCCESS
	}
	return s.copyout(p, mach.MACH_MSG_TYPE_PORT_SEND)
}

// SendPort returns the port of a name with a send or receive right, without a
// right to it: what a call's port argument means. MACH_PORT_NULL gives nil and
// KERN_SUCCESS; a name of something else is KERN_INVALID_RIGHT, an unknown one
// KERN_INVALID_NAME.
func (s *Space) SendPort(name mach.MachPort) (*Port, mach.KernReturn) {
	if !valid(name) {
		return nil, mach.KERN_SUCCESS
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.lookup(name)
	if e == nil || e.typ == mach.MACH_PORT_TYPE_DEAD_NAME {
		return nil, mach.KERN_INVALID_NAME // nothing that could be looked at
	}
	if e.typ&mach.MACH_PORT_TYPE_SEND_RECEIVE == 0 {
		return nil, mach.KERN_INVALID_RIGHT
	}
	return e.port, mach.KERN_SUCCESS
}

// HasSend reports whether a name has a send right. Its port may have died.
func (s *Space) HasSend(name mach.MachPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.lookup(name)
	return e != nil && e.typ&mach.MACH_PORT_TYPE_SEND != 0
}

// CanSend reports whether a name has a send right to a live port, and whether
// that is a message queue, not an object of the kernel.
func (s *Space) CanSend(name mach.MachPort) (live, queue bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.lookup(name)
	if e == nil || e.typ&mach.MACH_PORT_TYPE_SEND == 0 {
		return false, false
	}
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0 {
		return true, true
	}
	if s.isDeadNow(e) {
		return false, false
	}
	return true, !e.port.kernel
}

// isDeadNow is isDead without the port locked after.
func (s *Space) isDeadNow(e *entry) bool {
	if s.isDead(e, 0) {
		return true
	}
	e.port.mu.Unlock()
	return false
}
