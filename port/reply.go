package port

import (
	"context"

	"github.com/gomach/mach"
)

// HasReply reports whether the message came with a right to answer it that has
// not been used or taken.
func (m *Received) HasReply() bool {
	if !m.holds() {
		return false
	}
	_, as := m.reply()
	return as == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE || as == mach.MACH_MSG_TYPE_MOVE_SEND
}

// TakeReply takes the send-once right to answer out of the message; the caller
// owns it. Without one, or with a send right instead, it is [ErrKind].
func (m *Received) TakeReply() (*SendOnce, error) {
	if !m.holds() {
		return nil, errNoReply(0)
	}
	name, as := m.reply()
	if as != mach.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		return nil, errNoReply(as)
	}
	m.forgetReply()
	return OwnSendOnce(name), nil
}

// TakeReplySend is TakeReply where the answer goes through a send right.
func (m *Received) TakeReplySend() (*Send, error) {
	if !m.holds() {
		return nil, errNoReply(0)
	}
	name, as := m.reply()
	if as != mach.MACH_MSG_TYPE_MOVE_SEND {
		return nil, errNoReply(as)
	}
	m.forgetReply()
	return OwnSend(name), nil
}

// HasVoucher reports whether a voucher came with the message and is still in it.
func (m *Received) HasVoucher() bool { return m.VoucherName() != mach.MACH_PORT_NULL }

// VoucherName borrows the name of the voucher that came with the message:
// MACH_PORT_NULL if there is none.
func (m *Received) VoucherName() mach.MachPort {
	if !m.holds() {
		return mach.MACH_PORT_NULL
	}
	if v := voucherOf(m.buf.head()); v.as == mach.MACH_MSG_TYPE_MOVE_SEND {
		return v.name
	}
	return mach.MACH_PORT_NULL
}

// TakeVoucher takes the voucher out of the message; the caller owns the right
// to it. Without one it is [ErrKind].
func (m *Received) TakeVoucher() (*Send, error) {
	name := m.VoucherName()
	if name == mach.MACH_PORT_NULL {
		return nil, &misuse{"the message has no voucher", ErrKind}
	}
	m.buf.head().MsghVoucherPort = mach.MACH_PORT_NULL
	return OwnSend(name), nil
}

// Reply answers the message, using its right to do so up. The rest of the
// message stays as it is. Without a right it is [ErrKind]; the other errors are
// those of a send, and after them both messages keep what they hold.
//
// Mach calls: mach_msg.
func (m *Received) Reply(ctx context.Context, answer *Message) error {
	if !m.HasReply() {
		return errNoReply(0)
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
		return errNoReply(0)
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
