package port

import "github.com/gomach/mach"

// CopySends adds an out-of-line array of copies of send rights. They must not
// be released before the send. New systems let only some ports take arrays.
func (m *Message) CopySends(ss ...*Send) *Message {
	if m.Err() != nil {
		return m
	}
	names := make([]mach.MachPort, 0, len(ss))
	start := len(m.borrowed)
	for _, s := range ss {
		name, ok := s.right().use()
		if !ok {
			m.fail(notUsable(s))
			break
		}
		m.borrowed = append(m.borrowed, s.right())
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
// own nothing from now on, also if one of them cannot be moved: then all are
// released.
func (m *Message) MoveSends(ss ...*Send) *Message {
	return moveArray(m, ss, mach.MACH_MSG_TYPE_MOVE_SEND, func(s *Send) (mach.MachPort, error) {
		name, ok := s.right().take()
		if !ok {
			return 0, notUsable(s)
		}
		return name, nil
	})
}

// MoveSendOnces is [Message.MoveSends] for send-once rights.
func (m *Message) MoveSendOnces(ss ...*SendOnce) *Message {
	return moveArray(m, ss, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, func(s *SendOnce) (mach.MachPort, error) {
		name, ok := s.right().take()
		if !ok {
			return 0, notUsable(s)
		}
		return name, nil
	})
}

// MoveReceives is [Message.MoveSends] for receive rights, which move as
// [Message.MoveReceive] says; releasing one destroys its port.
//
// Mach calls: mach_port_get_attributes, mach_port_unguard.
func (m *Message) MoveReceives(rs ...*Receive) *Message {
	return moveArray(m, rs, mach.MACH_MSG_TYPE_MOVE_RECEIVE, func(r *Receive) (mach.MachPort, error) {
		return takeReceive(r, false)
	})
}

// moveArray takes the names out of the owners, all or none of them for the
// message.
func moveArray[T any](m *Message, owners []*T, as mach.MachMsgTypeName, take func(*T) (mach.MachPort, error)) *Message {
	if m.Err() != nil {
		return m
	}
	names := make([]mach.MachPort, 0, len(owners))
	for _, o := range owners {
		name, err := take(o)
		if err != nil {
			m.fail(err)
			break
		}
		names = append(names, name)
	}
	if !m.putArray(names, as) {
		for _, name := range names {
			release(name, as)
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
