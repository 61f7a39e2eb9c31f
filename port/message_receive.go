package port

import "github.com/gomach/mach"

// movable returns the receive right's name for one call, if the right can be
// sent at all; unuse must follow. An attempt to send one that cannot is fatal
// on new systems.
func movable(r *Receive) (mach.MachPort, error) {
	status, err := r.Status()
	if err != nil {
		return 0, err
	}
	if status.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE != 0 {
		return 0, ErrImmovable
	}
	name, ok := r.right().use()
	if !ok {
		return 0, notUsable(r)
	}
	return name, nil
}

// takeReceive takes a receive right out of its owner to be moved, without its
// guard unless that travels along.
func takeReceive(r *Receive, guarded bool) (mach.MachPort, error) {
	name, err := movable(r)
	if err != nil {
		return 0, err
	}
	if !guarded {
		// A guarded right could be sent but, if it is not, not be released.
		err = mach.MachPortUnguard(mach.MachTaskSelf(), name, r.owner.guard)
	}
	r.right().unuse()
	if err != nil {
		return 0, failed("mach_port_unguard", err)
	}
	name, ok := r.right().take()
	if !ok {
		return 0, notUsable(r)
	}
	return name, nil
}

// MoveReceive moves a receive right into the message, with the messages in its
// queue. r owns nothing from now on. The guard comes off; who takes the right
// out by [Received.TakeReceive] puts a new one on. A right that cannot be sent
// is [ErrImmovable], and stays r's.
//
// Mach calls: mach_port_get_attributes, mach_port_unguard.
func (m *Message) MoveReceive(r *Receive) *Message {
	if m.Err() != nil {
		return m
	}
	name, err := takeReceive(r, false)
	if err != nil {
		m.fail(err)
		return m
	}
	if !m.putPort(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE) {
		release(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE)
	}
	return m
}

// MoveGuarded moves a receive right into the message such that the kernel looks
// at its guard. r owns nothing from now on.
//
// With [mach.MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE] the right arrives guarded,
// so that there is no time at which somebody else in the receiving task could
// destroy it, and can never be sent on. With
// [mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND] the guard comes off here, and
// the send fails if somebody has put one on meanwhile. Other flags, or none,
// are [mach.KERN_INVALID_ARGUMENT]. A right that cannot be sent is
// [ErrImmovable]; it stays r's then.
//
// A receiver must have asked for such rights, as this package always does; to
// others comes a null right, and the port is destroyed.
//
// Mach calls: mach_port_get_attributes, mach_port_unguard.
func (m *Message) MoveGuarded(r *Receive, flags mach.MachMsgGuardFlags) *Message {
	if m.Err() != nil {
		return m
	}
	if flags == 0 || flags&^mach.MACH_MSG_GUARD_FLAGS_MASK != 0 {
		m.fail(failed("mach_msg", mach.KERN_INVALID_ARGUMENT))
		return m
	}
	keep := flags&mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND == 0
	name, err := takeReceive(r, keep)
	if err != nil {
		m.fail(err)
		return m
	}
	d := m.descriptor(oolDescriptor)
	if d == nil {
		mach.MachPortDestruct(mach.MachTaskSelf(), name, 0, r.owner.guard)
		return m
	}
	if keep {
		le.PutUint64(d, r.owner.guard)
	}
	le.PutUint16(d[8:], uint16(flags))
	d[10], d[11] = byte(mach.MACH_MSG_TYPE_MOVE_RECEIVE), byte(mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR)
	le.PutUint32(d[12:], uint32(name))
	return m
}
