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
func (m *Message) borrow(o owner, as mach.MachMsgTypeName) *Message {
	r := o.right()
	name, ok := r.use()
	if !ok {
		m.fail(notUsable(o))
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
func (m *Message) move(o owner, as mach.MachMsgTypeName) *Message {
	if m.Err() != nil {
		return m
	}
	name, ok := o.right().take()
	if !ok {
		m.fail(notUsable(o))
		return m
	}
	if !m.putPort(name, as) {
		release(name, as)
	}
	return m
}

// CopySend adds a copy of a send right: the receiver gets one, and s keeps its
// own. s must not be released before the send; closing it takes effect after.
func (m *Message) CopySend(s *Send) *Message {
	return m.borrow(s, mach.MACH_MSG_TYPE_COPY_SEND)
}

// MoveSend moves a send right into the message. s owns nothing from now on.
func (m *Message) MoveSend(s *Send) *Message {
	return m.move(s, mach.MACH_MSG_TYPE_MOVE_SEND)
}

// MoveSendOnce moves a send-once right into the message. s owns nothing from
// now on.
func (m *Message) MoveSendOnce(s *SendOnce) *Message {
	return m.move(s, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
}

// MakeSend adds a send right that the send makes out of r.
func (m *Message) MakeSend(r *Receive) *Message {
	return m.borrow(r, mach.MACH_MSG_TYPE_MAKE_SEND)
}

// MakeSendOnce adds a send-once right that the send makes out of r.
func (m *Message) MakeSendOnce(r *Receive) *Message {
	return m.borrow(r, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
}

// CopyName adds a copy of a send right of which only the name is at hand, such
// as a task's or a thread's. Whoever owns it keeps it until the send.
// MACH_PORT_NULL is a descriptor without a right.
func (m *Message) CopyName(name mach.MachPort) *Message {
	m.putPort(name, mach.MACH_MSG_TYPE_COPY_SEND)
	return m
}
