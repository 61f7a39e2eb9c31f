package ipc

import "github.com/gomach/mach"

// Right is a right that no name holds: in a message, or in the kernel.
type Right struct {
	Port *Port                // nil: MACH_PORT_NULL
	Type mach.MachMsgTypeName // PORT_RECEIVE, PORT_SEND or PORT_SEND_ONCE
}

// deadPort stands for MACH_PORT_DEAD in a right.
var deadPort = func() *Port {
	p := newPort()
	p.dead.Store(true)
	return p
}()

// NewSendRight makes a send right to p: by the kernel's receive right for
// kernel ports, as a copy of a right that the kernel holds for others.
func NewSendRight(p *Port) Right {
	r := Right{p, mach.MACH_MSG_TYPE_PORT_SEND}
	if p == nil || p == deadPort {
		return r
	}
	if p.kernel && !p.MakeSend() || !p.kernel && !p.CopySend() {
		r.Port = deadPort
	}
	return r
}

// NewSendOnceRight makes a send-once right to p.
func NewSendOnceRight(p *Port) Right {
	if p != nil && p != deadPort && !p.MakeSendOnce() {
		p = deadPort
	}
	return Right{p, mach.MACH_MSG_TYPE_PORT_SEND_ONCE}
}

// Valid reports whether the right is neither MACH_PORT_NULL nor
// MACH_PORT_DEAD.
func (r Right) Valid() bool { return r.Port != nil && r.Port != deadPort }

// Release gives the right up.
func (r Right) Release() {
	if !r.Valid() {
		return
	}
	switch r.Type {
	case mach.MACH_MSG_TYPE_PORT_SEND:
		r.Port.ReleaseSend()
	case mach.MACH_MSG_TYPE_PORT_SEND_ONCE:
		r.Port.ReleaseSendOnce()
	case mach.MACH_MSG_TYPE_PORT_RECEIVE:
		var n notices
		r.Port.releaseReceive(&n)
		n.send()
	}
}

// CopyoutRight hands a right over to the space and returns its name. A dead
// port's is MACH_PORT_DEAD. On failure the right is released.
func (s *Space) CopyoutRight(r Right) (mach.MachPort, mach.KernReturn) {
	if r.Port == nil {
		return mach.MACH_PORT_NULL, mach.KERN_SUCCESS
	}
	if r.Port == deadPort {
		return mach.MACH_PORT_DEAD, mach.KERN_SUCCESS
	}
	return s.copyout(r.Port, r.Type)
}

// copyout hands a right to a valid port over to the space.
func (s *Space) copyout(p *Port, typ mach.MachMsgTypeName) (mach.MachPort, mach.KernReturn) {
	if p == deadPort {
		return mach.MACH_PORT_DEAD, mach.KERN_SUCCESS
	}
	var n notices
	s.mu.Lock()
	name, kr := s.copyoutLocked(p, typ, &n)
	s.mu.Unlock()
	if kr != mach.KERN_SUCCESS {
		Right{p, typ}.Release()
	}
	n.send()
	return name, kr
}

// copyoutLocked is copyout with the space locked; on failure the right remains
// the caller's.
func (s *Space) copyoutLocked(p *Port, typ mach.MachMsgTypeName, n *notices) (mach.MachPort, mach.KernReturn) {
	if s.dead.Load() {
		return 0, mach.KERN_INVALID_TASK
	}
	if typ == mach.MACH_MSG_TYPE_PORT_SEND_ONCE && !p.dead.Load() {
		// The right moves as it is: nothing of the port changes, and if it dies
		// now the name's next use will tell.
		return s.putNew(p, typ)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead.Load() {
		p.forget(typ)
		return mach.MACH_PORT_DEAD, mach.KERN_SUCCESS
	}
	if i, ok := s.find(p); ok {
		e := &s.table[i]
		s.put(p, typ, i, e)
		return nameOf(i, e.gen), mach.KERN_SUCCESS
	}
	return s.putNew(p, typ)
}

// putNew is put with a slot of its own.
func (s *Space) putNew(p *Port, typ mach.MachMsgTypeName) (mach.MachPort, mach.KernReturn) {
	i, e, kr := s.alloc()
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	s.put(p, typ, i, e)
	return nameOf(i, e.gen), mach.KERN_SUCCESS
}

// find returns the slot with send or receive rights to p. Both are locked.
func (s *Space) find(p *Port) (uint32, bool) {
	if p.space == s {
		return indexOf(p.name), true
	}
	i, ok := s.names[p]
	return i, ok
}

// forget takes a right to a dead port off its counts.
func (p *Port) forget(typ mach.MachMsgTypeName) {
	switch typ {
	case mach.MACH_MSG_TYPE_PORT_SEND:
		p.srights--
	case mach.MACH_MSG_TYPE_PORT_SEND_ONCE:
		p.sorights--
	}
}
