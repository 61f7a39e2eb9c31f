package ipc

import "github.com/gomach/mach"

// allocName takes the slot of a name that the caller chose
// (osfmk/ipc/ipc_entry.c, ipc_entry_alloc_name). The slot may be in use under
// that very name. The space is locked.
func (s *Space) allocName(name mach.MachPort) (uint32, *entry, mach.KernReturn) {
	i := indexOf(name)
	if i > maxChosen {
		return 0, nil, mach.KERN_NO_SPACE
	}
	if genOf(name)&genLow != genLow {
		return 0, nil, mach.KERN_INVALID_VALUE
	}
	if i == 0 {
		return 0, nil, mach.KERN_FAILURE
	}
	if s.dead.Load() {
		return 0, nil, mach.KERN_INVALID_TASK
	}
	for int(i) >= len(s.table) {
		j := uint32(len(s.table))
		s.table = append(s.table, entry{gen: genLow, next: s.free})
		s.free = j
	}
	e := &s.table[i]
	if e.typ != 0 {
		if e.gen != genOf(name) {
			return 0, nil, mach.KERN_FAILURE
		}
		return i, e, mach.KERN_SUCCESS
	}
	for at := &s.free; *at != 0; at = &s.table[*at].next {
		if *at == i {
			*at = e.next
			break
		}
	}
	*e = entry{gen: genOf(name)}
	s.used++
	return i, e, mach.KERN_SUCCESS
}

// slot is alloc, or allocName if a name is chosen; a name in use is
// KERN_NAME_EXISTS.
func (s *Space) slot(chosen mach.MachPort) (uint32, *entry, mach.KernReturn) {
	if s.dead.Load() {
		return 0, nil, mach.KERN_INVALID_TASK
	}
	if chosen == mach.MACH_PORT_NULL {
		return s.alloc()
	}
	i, e, kr := s.allocName(chosen)
	if kr == mach.KERN_SUCCESS && e.typ != 0 {
		return 0, nil, mach.KERN_NAME_EXISTS
	}
	return i, e, kr
}

// Allocate makes a receive right, port set or dead name; under a chosen name
// unless that is MACH_PORT_NULL.
func (s *Space) Allocate(right mach.MachPortRight, chosen mach.MachPort) (mach.MachPort, mach.KernReturn) {
	switch right {
	case mach.MACH_PORT_RIGHT_RECEIVE:
		_, name, kr := s.newPort(chosen, 0, false)
		return name, kr
	case mach.MACH_PORT_RIGHT_PORT_SET, mach.MACH_PORT_RIGHT_DEAD_NAME:
	default:
		return 0, mach.KERN_INVALID_VALUE
	}
	if right == mach.MACH_PORT_RIGHT_DEAD_NAME {
		// A dead name cannot be had under a chosen name: Darwin gives another.
		chosen = mach.MACH_PORT_NULL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, e, kr := s.slot(chosen)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	if right == mach.MACH_PORT_RIGHT_DEAD_NAME {
		e.typ, e.urefs = mach.MACH_PORT_TYPE_DEAD_NAME, 1
	} else {
		e.typ, e.set = mach.MACH_PORT_TYPE_PORT_SET, newSet()
	}
	return nameOf(i, e.gen), mach.KERN_SUCCESS
}

// newPort makes a port received in the space, with a send right under the same
// name if asked for.
func (s *Space) newPort(chosen mach.MachPort, f portFlags, withSend bool) (*Port, mach.MachPort, mach.KernReturn) {
	p := newPort()
	p.flags = f
	p.reply, p.strict, p.wantsReply = f&replyPort != 0, f&strictReply != 0, f&enforceReply != 0
	s.mu.Lock()
	defer s.mu.Unlock()
	i, e, kr := s.slot(chosen)
	if kr != mach.KERN_SUCCESS {
		return nil, 0, kr
	}
	e.typ, e.port = mach.MACH_PORT_TYPE_RECEIVE, p
	if withSend {
		e.typ |= mach.MACH_PORT_TYPE_SEND
		e.urefs = 1
		p.srights, p.mscount = 1, 1
	}
	p.space, p.name = s, nameOf(i, e.gen)
	return p, p.name, mach.KERN_SUCCESS
}

// Construction are the options of mach_port_construct.
type Construction struct {
	Flags   uint32
	QLimit  uint32
	Context uint64
	Service mach.MachPort // of a connection port, in the caller's space
	Caller  *Space
}

// service judges the port that a connection port is to be made for: none is a
// service port (osfmk/ipc/ipc_service_port.c, ipc_service_port_derive_sblabel).
func (o *Construction) service() mach.KernReturn {
	switch o.Service {
	case mach.MACH_PORT_NULL:
		return mach.KERN_INVALID_ARGUMENT
	case mach.MACH_PORT_DEAD:
		return mach.KERN_INVALID_NAME
	}
	if _, kr := o.Caller.SendPort(o.Service); kr != mach.KERN_SUCCESS {
		return kr
	}
	if !o.Caller.HasSend(o.Service) {
		return mach.KERN_INVALID_RIGHT
	}
	return mach.KERN_INVALID_CAPABILITY
}

const exceptionPort = 0x8000 // MPO_EXCEPTION_PORT; its bit was MPO_PROVISIONAL_ID_PROT_OPTOUT's

// Construct makes a receive right with options (osfmk/ipc/mach_port.c,
// mach_port_construct). Service and connection ports belong to launchd, thread
// group tracking to the window server: others are refused.
func (s *Space) Construct(o Construction) (mach.MachPort, mach.KernReturn) {
	if several(o.Flags&(mach.MPO_SERVICE_PORT|mach.MPO_CONNECTION_PORT|mach.MPO_TG_BLOCK_TRACKING)) ||
		several(o.Flags&(mach.MPO_REPLY_PORT|mach.MPO_ENFORCE_REPLY_PORT_SEMANTICS|exceptionPort|mach.MPO_PROVISIONAL_REPLY_PORT)) {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	if o.Flags&(mach.MPO_TG_BLOCK_TRACKING|mach.MPO_SERVICE_PORT) != 0 {
		return 0, mach.KERN_DENIED
	}
	if o.Flags&mach.MPO_CONNECTION_PORT != 0 {
		return 0, o.service()
	}
	if o.Flags&mach.MPO_QLIMIT != 0 && o.QLimit > mach.MACH_PORT_QLIMIT_MAX {
		return 0, mach.KERN_INVALID_VALUE
	}
	var f portFlags
	for _, x := range [...]struct {
		bit uint32
		f   portFlags
	}{
		{mach.MPO_REPLY_PORT, replyPort | strictReply | immovableReceive},
		{mach.MPO_PROVISIONAL_REPLY_PORT, replyPort},
		{mach.MPO_ENFORCE_REPLY_PORT_SEMANTICS, enforceReply},
		{exceptionPort, immovableReceive | forExceptions},
		{mach.MPO_IMPORTANCE_RECEIVER, impReceiver},
		{mach.MPO_DENAP_RECEIVER, impReceiver},
		{mach.MPO_TEMPOWNER, impReceiver | tempOwner},
	} {
		if o.Flags&x.bit != 0 {
			f |= x.f
		}
	}
	if o.Flags&mach.MPO_CONTEXT_AS_GUARD != 0 {
		f |= guarded
		if o.Flags&mach.MPO_STRICT != 0 {
			f |= strictGuard
		}
		if o.Flags&mach.MPO_IMMOVABLE_RECEIVE != 0 {
			f |= immovableReceive
		}
	}
	p, name, kr := s.newPort(mach.MACH_PORT_NULL, f, o.Flags&mach.MPO_INSERT_SEND_RIGHT != 0)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	p.mu.Lock()
	p.context = o.Context
	if o.Flags&mach.MPO_QLIMIT != 0 {
		p.queue.setLimit(o.QLimit)
	}
	p.mu.Unlock()
	return name, mach.KERN_SUCCESS
}

// several reports whether more than one bit is set.
func several(bits uint32) bool { return bits&(bits-1) != 0 }
