package port

import (
	"context"
	"errors"

	"github.com/gomach/mach"
)

// takeName takes the right out of descriptor i.
func (m *Received) takeName(i int, want Kind) (mach.MachPort, error) {
	d := m.descriptor(i)
	if d == nil {
		return 0, ErrKind
	}
	switch k := kindOf(d); {
	case k == want:
		name := mach.MachPort(le.Uint32(d))
		m.taken(i, portDescriptor)
		return name, nil
	case k == NullRight:
		return mach.MachPort(le.Uint32(d)), nil
	}
	return 0, ErrKind
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
// guards it; the caller owns it. A null right gives an owner of nothing.
// Another kind is [ErrKind].
//
// Mach calls: mach_port_guard.
func (m *Received) TakeReceive(i int) (*Receive, error) {
	name, err := m.takeName(i, ReceiveRight)
	if err != nil {
		return nil, err
	}
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return new(Receive), nil
	}
	r, err := OwnReceive(name)
	if err != nil {
		return nil, errors.Join(err, release(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	}
	return r, nil
}

// SendName borrows the name of the send right in descriptor i, which stays in
// the message. It is MACH_PORT_NULL for anything else.
func (m *Received) SendName(i int) mach.MachPort {
	if d := m.descriptor(i); d != nil && kindOf(d) == SendRight {
		return mach.MachPort(le.Uint32(d))
	}
	return mach.MACH_PORT_NULL
}

// TakeMemory takes the out-of-line memory of descriptor i out of the message;
// the caller owns it. Another kind is [ErrKind].
func (m *Received) TakeMemory(i int) (*Memory, error) {
	d := m.descriptor(i)
	if d == nil || kindOf(d) != OutOfLine {
		return nil, ErrKind
	}
	x := OwnMemory(le.Uint64(d), uint64(le.Uint32(d[12:])))
	m.taken(i, oolDescriptor)
	return x, nil
}

// TakeSends takes the send rights of the array in descriptor i out of the
// message; the caller owns each, and the array's memory is released. Elements
// without a right are owners of nothing. Another kind is [ErrKind].
//
// Mach calls: mach_vm_deallocate.
func (m *Received) TakeSends(i int) ([]*Send, error) {
	d := m.descriptor(i)
	if d == nil || kindOf(d) != SendArray {
		return nil, ErrKind
	}
	addr, n := le.Uint64(d), int(le.Uint32(d[12:]))
	out := make([]*Send, 0, n)
	if addr != 0 && n > 0 {
		for b := view(addr, 4*n); len(b) > 0; b = b[4:] {
			out = append(out, OwnSend(mach.MachPort(le.Uint32(b))))
		}
	}
	owned := d[8] != 0
	m.taken(i, oolDescriptor)
	if owned && n > 0 {
		return out, deallocateMemory(addr, uint64(4*n))
	}
	return out, nil
}

// HasReply reports whether the message came with a right to answer it that has
// not been used or taken.
func (m *Received) HasReply() bool {
	if !m.full {
		return false
	}
	_, as := m.reply()
	return as == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE || as == mach.MACH_MSG_TYPE_MOVE_SEND
}

// TakeReply takes the send-once right to answer out of the message; the caller
// owns it. Without one, or with a send right instead, it is [ErrKind].
func (m *Received) TakeReply() (*SendOnce, error) {
	if !m.full {
		return nil, ErrKind
	}
	name, as := m.reply()
	if as != mach.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		return nil, ErrKind
	}
	m.forgetReply()
	return OwnSendOnce(name), nil
}

// TakeReplySend is TakeReply where the answer goes through a send right.
func (m *Received) TakeReplySend() (*Send, error) {
	if !m.full {
		return nil, ErrKind
	}
	name, as := m.reply()
	if as != mach.MACH_MSG_TYPE_MOVE_SEND {
		return nil, ErrKind
	}
	m.forgetReply()
	return OwnSend(name), nil
}

// Reply answers the message, using its right to do so up. The rest of the
// message stays as it is. Without a right it is [ErrKind]; the other errors are
// those of a send, and after them both messages keep what they hold.
//
// Mach calls: mach_msg.
func (m *Received) Reply(ctx context.Context, answer *Message) error {
	if !m.HasReply() {
		return ErrKind
	}
	h := m.answering()
	return m.answered(&h, answer.send(background(ctx), &h))
}

// TryReply is [Received.Reply] without waiting: a reply through a send right to
// a full queue is [mach.MACH_SEND_TIMED_OUT]. A send-once right always has
// room.
//
// Mach calls: mach_msg.
func (m *Received) TryReply(answer *Message) error {
	if !m.HasReply() {
		return ErrKind
	}
	h := m.answering()
	return m.answered(&h, answer.trySend(&h))
}

func (m *Received) answering() header {
	name, as := m.reply()
	return header{remote: name, remoteAs: as}
}

// answered settles who owns the right to answer after the send.
func (m *Received) answered(h *header, err error) error {
	if err == nil {
		m.forgetReply()
	} else {
		m.buf.head().MsghRemotePort = h.remote
	}
	return err
}
