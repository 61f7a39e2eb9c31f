package port

import (
	"errors"

	"github.com/gomach/mach"
)

// takeName takes the right out of descriptor i.
func (m *Received) takeName(i int, want Kind) (mach.MachPort, error) {
	d := m.descriptor(i)
	if d == nil {
		return 0, m.noSuch(i, want)
	}
	switch k := kindOf(d); {
	case k == want:
		name := mach.MachPort(le.Uint32(d))
		m.taken(i, portDescriptor)
		return name, nil
	case k == NullRight:
		return mach.MachPort(le.Uint32(d)), nil
	}
	return 0, m.noSuch(i, want)
}

// TakeSend takes the send right of descriptor i out of the message; the caller
// owns it. A null right gives an owner of nothing, whose name is
// MACH_PORT_NULL, or MACH_PORT_DEAD if the port died on the way. Another kind
// is [ErrKind].
func (m *Received) TakeSend(i int) (*Send, error) {
	name, err := m.takeName(i, SendRight)
	if err != nil {
		return nil, err
	}
	return OwnSend(name), nil
}

// TakeSendOnce is TakeSend for a send-once right.
func (m *Received) TakeSendOnce(i int) (*SendOnce, error) {
	name, err := m.takeName(i, SendOnceRight)
	if err != nil {
		return nil, err
	}
	return OwnSendOnce(name), nil
}

// TakeReceive takes the receive right of descriptor i out of the message and
// guards it, or changes the guard that it came with; the caller owns it. A null
// right gives an owner of nothing. Another kind is [ErrKind].
//
// Mach calls: mach_port_guard, mach_port_swap_guard.
func (m *Received) TakeReceive(i int) (*Receive, error) {
	if m.Kind(i) == GuardedReceiveRight {
		return m.takeGuarded(i), nil
	}
	name, err := m.takeName(i, ReceiveRight)
	if err != nil {
		return nil, err
	}
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return noReceive(), nil
	}
	r, err := OwnReceive(name)
	if err != nil {
		return nil, errors.Join(err, release(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	}
	return r, nil
}

// noReceive owns MACH_PORT_NULL.
func noReceive() *Receive {
	r := new(Receive)
	r.right().init(receive, mach.MACH_PORT_NULL, 0)
	return r
}

// takeGuarded takes a right out that may have come with a guard.
func (m *Received) takeGuarded(i int) *Receive {
	d := m.descriptor(i)
	guard, flags, name := le.Uint64(d), mach.MachMsgGuardFlags(le.Uint16(d[8:])), mach.MachPort(le.Uint32(d[12:]))
	m.taken(i, oolDescriptor)
	mine, self := newGuard(), mach.MachTaskSelf()
	var err error
	if flags&mach.MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE != 0 {
		err = mach.MachPortSwapGuard(self, name, guard, mine)
	} else {
		err = mach.MachPortGuard(self, name, mine, 0)
	}
	if err == nil {
		guard = mine
	}
	r := new(Receive)
	r.right().init(receive, name, guard)
	return r
}

// SendName borrows the name of the send right in descriptor i, which stays in
// the message. It is MACH_PORT_NULL for anything else.
func (m *Received) SendName(i int) mach.MachPort {
	if d := m.descriptor(i); d != nil && kindOf(d) == SendRight {
		return mach.MachPort(le.Uint32(d))
	}
	return mach.MACH_PORT_NULL
}

// TakeOutOfLine takes the out-of-line memory of descriptor i out of the message;
// the caller owns it. Another kind is [ErrKind].
func (m *Received) TakeOutOfLine(i int) (*OutOfLine, error) {
	d := m.descriptor(i)
	if d == nil || kindOf(d) != OutOfLineMemory {
		return nil, m.noSuch(i, OutOfLineMemory)
	}
	x := OwnOutOfLine(le.Uint64(d), uint64(le.Uint32(d[12:])))
	m.taken(i, oolDescriptor)
	return x, nil
}
