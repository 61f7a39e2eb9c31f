package port

import "github.com/gomach/mach"

// putPort writes a port descriptor.
func (m *Message) putPort(name mach.MachPort, as mach.MachMsgTypeName) bool {
	d := m.descriptor(portDescriptor)
	if d == nil {
		return false
	}
	le.PutUint32(d, uint32(name))
	d[10], d[11] = byte(as), byte(mach.MACH_MSG_PORT_DESCRIPTOR)
	return true
}

// borrow adds a right that the message refers to until it is sent.
func (m *Message) borrow(r *right, as mach.MachMsgTypeName) *Message {
	name, ok := r.use()
	if !ok {
		m.fail(ErrClosed)
		return m
	}
	if !m.putPort(name, as) {
		r.unuse()
		return m
	}
	m.borrowed = append(m.borrowed, r)
	return m
}

// move adds a right that the message owns from now on.
func (m *Message) move(r *right, as mach.MachMsgTypeName) *Message {
	if m.err != nil {
		return m
	}
	name, ok := r.take()
	if !ok {
		m.fail(ErrClosed)
		return m
	}
	if as == mach.MACH_MSG_TYPE_MOVE_RECEIVE {
		// A guarded right could be sent but not released.
		if err := mach.MachPortUnguard(mach.MachTaskSelf(), name, r.guard); err != nil {
			r.giveBack(name)
			m.fail(failed("mach_port_unguard", err))
			return m
		}
	}
	if !m.putPort(name, as) {
		release(name, as)
	}
	return m
}

// CopySend adds a copy of a send right: the receiver gets one, and s keeps its
// own. s must not be released before the send; closing it takes effect after.
func (m *Message) CopySend(s *Send) *Message {
	return m.borrow((*right)(s), mach.MACH_MSG_TYPE_COPY_SEND)
}

// MoveSend moves a send right into the message. s owns nothing from now on.
func (m *Message) MoveSend(s *Send) *Message {
	return m.move((*right)(s), mach.MACH_MSG_TYPE_MOVE_SEND)
}

// MoveSendOnce moves a send-once right into the message. s owns nothing from
// now on.
func (m *Message) MoveSendOnce(s *SendOnce) *Message {
	return m.move((*right)(s), mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
}

// MoveReceive moves a receive right into the message, with the messages in its
// queue. r owns nothing from now on. The guard comes off; who takes the right
// out by [Received.TakeReceive] puts a new one on.
func (m *Message) MoveReceive(r *Receive) *Message {
	return m.move((*right)(r), mach.MACH_MSG_TYPE_MOVE_RECEIVE)
}

// MakeSend adds a send right that the send makes out of r.
func (m *Message) MakeSend(r *Receive) *Message {
	return m.borrow((*right)(r), mach.MACH_MSG_TYPE_MAKE_SEND)
}

// MakeSendOnce adds a send-once right that the send makes out of r.
func (m *Message) MakeSendOnce(r *Receive) *Message {
	return m.borrow((*right)(r), mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
}

// CopyName adds a copy of a send right of which only the name is at hand, such
// as a task's or a thread's. Whoever owns it keeps it until the send.
// MACH_PORT_NULL is a descriptor without a right.
func (m *Message) CopyName(name mach.MachPort) *Message {
	m.putPort(name, mach.MACH_MSG_TYPE_COPY_SEND)
	return m
}

// CopySends adds an out-of-line array of copies of send rights. They must not
// be released before the send. New systems let only some ports take arrays.
func (m *Message) CopySends(ss ...*Send) *Message {
	names := make([]mach.MachPort, 0, len(ss))
	start := len(m.borrowed)
	for _, s := range ss {
		name, ok := (*right)(s).use()
		if !ok {
			m.fail(ErrClosed)
			break
		}
		m.borrowed = append(m.borrowed, (*right)(s))
		names = append(names, name)
	}
	if !m.putArray(names, mach.MACH_MSG_TYPE_COPY_SEND) {
		for _, r := range m.borrowed[start:] {
			r.unuse()
		}
		m.borrowed = m.borrowed[:start]
	}
	return m
}

// MoveSends moves send rights into the message as an out-of-line array. They
// own nothing from now on.
func (m *Message) MoveSends(ss ...*Send) *Message {
	if m.err != nil {
		return m
	}
	names := make([]mach.MachPort, 0, len(ss))
	for _, s := range ss {
		name, ok := (*right)(s).take()
		if !ok {
			m.fail(ErrClosed)
			break
		}
		names = append(names, name)
	}
	if !m.putArray(names, mach.MACH_MSG_TYPE_MOVE_SEND) {
		for _, name := range names {
			release(name, mach.MACH_MSG_TYPE_MOVE_SEND)
		}
	}
	return m
}

// putArray writes a descriptor of an array of rights.
func (m *Message) putArray(names []mach.MachPort, as mach.MachMsgTypeName) bool {
	d := m.descriptor(oolDescriptor)
	if d == nil {
		return false
	}
	m.arrays = append(m.arrays, names)
	le.PutUint64(d, addressOfNames(names))
	d[9] = byte(mach.MACH_MSG_VIRTUAL_COPY)
	d[10], d[11] = byte(as), byte(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)
	le.PutUint32(d[12:], uint32(len(names)))
	return true
}
