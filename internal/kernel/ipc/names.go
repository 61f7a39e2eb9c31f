package ipc

import "github.com/gomach/mach"

// InsertOwn gives the space the send right that mach_task_self_ names. The task may
// give it up: macOS pins the control ports of its own (platform) binaries alone (xnu
// osfmk/ipc/ipc_init.c, IPC_CONTROL_PORT_OPTIONS_DEFAULT; osfmk/kern/task.c,
// task_set_exc_guard_ctrl_port_default).
func (s *Space) InsertOwn(p *Port) (mach.MachPort, mach.KernReturn) {
	name, kr := s.InsertSend(p)
	if kr == mach.KERN_SUCCESS {
		s.mu.Lock()
		if e := s.lookup(name); e != nil {
			e.own = true
			s.own.Store(uint32(name))
		}
		s.mu.Unlock()
	}
	return name, kr
}

// IsOwn reports whether the name is what InsertOwn gave, and the right is there
// still.
func (s *Space) IsOwn(name mach.MachPort) bool { return uint32(name) == s.own.Load() && valid(name) }

// Deallocate gives up one user reference of a send, send-once or dead-name
// right, or a port set (osfmk/ipc/ipc_right.c, ipc_right_dealloc).
func (s *Space) Deallocate(name mach.MachPort) (mach.KernReturn, Violation) {
	if !valid(name) {
		return mach.KERN_SUCCESS, Violation{}
	}
	var n notices
	s.mu.Lock()
	set, kr := s.deallocate(name, &n)
	n.wrongName(kr, name)
	s.mu.Unlock()
	if set != nil {
		set.destroy()
	}
	n.send()
	return kr, n.violation
}

func (s *Space) deallocate(name mach.MachPort, n *notices) (*Set, mach.KernReturn) {
	if s.dead.Load() {
		return nil, mach.KERN_INVALID_TASK
	}
	e := s.lookup(name)
	if e == nil {
		return nil, mach.KERN_INVALID_NAME
	}
	if e.typ == mach.MACH_PORT_TYPE_PORT_SET {
		set := e.set
		s.release(indexOf(name))
		return set, mach.KERN_SUCCESS
	}
	if e.typ == mach.MACH_PORT_TYPE_RECEIVE {
		return nil, mach.KERN_INVALID_RIGHT
	}
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0 && (e.typ == mach.MACH_PORT_TYPE_DEAD_NAME || s.isDead(e, 0)) {
		s.dropRef(e, name)
		return nil, mach.KERN_SUCCESS
	}
	p := e.port
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0 {
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	switch {
	case e.typ == mach.MACH_PORT_TYPE_SEND_ONCE:
		s.dropOnce(p, e, name, n)
	case e.urefs > 1:
		if e.urefs < maxUrefs {
			e.urefs--
		}
	case e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0:
		e.typ, e.urefs = mach.MACH_PORT_TYPE_RECEIVE, 0
		p.dropSend(n)
	default:
		s.dropSends(e, name, n)
	}
	return nil, mach.KERN_SUCCESS
}

// Terminate gives up all rights; the space stays empty.
func (s *Space) Terminate() {
	var n notices
	s.mu.Lock()
	if s.dead.Load() {
		s.mu.Unlock()
		return
	}
	s.dead.Store(true)
	table := s.table
	s.table, s.names, s.used = nil, nil, 0
	s.mu.Unlock()
	for i := range table {
		e := &table[i]
		name := nameOf(uint32(i), e.gen)
		switch {
		case e.typ == 0 || e.typ == mach.MACH_PORT_TYPE_DEAD_NAME:
		case e.set != nil:
			e.set.destroy()
		default:
			s.terminate(e, name, &n)
		}
	}
	n.send()
}

func (s *Space) terminate(e *entry, name mach.MachPort, n *notices) {
	p := e.port
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead.Load() {
		if e.typ&mach.MACH_PORT_TYPE_SEND != 0 {
			p.srights--
		} else {
			p.sorights--
		}
		return
	}
	request := p.cancelRequest(e)
	if e.typ&mach.MACH_PORT_TYPE_SEND != 0 {
		p.dropSend(n)
	}
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0 {
		p.destroyLocked(n)
	} else if e.typ&mach.MACH_PORT_TYPE_SEND_ONCE != 0 {
		n.add(notice{id: mach.MACH_NOTIFY_SEND_ONCE, to: p})
	}
	n.deleted(request, name)
}
