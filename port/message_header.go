package port

import "github.com/gomach/mach"

// part is a right in a message's header.
type part struct {
	name mach.MachPort
	as   mach.MachMsgTypeName
}

// release gives the right up if the message owns it.
func (p part) release() error { return release(p.name, p.as) }

// voucherOf is the voucher of a header.
func voucherOf(h *mach.MachMsgHeader) part {
	return part{h.MsghVoucherPort, mach.MachMsgTypeName(h.MsghBits & mach.MACH_MSGH_BITS_VOUCHER_MASK >> 16)}
}

// put makes the right of o the one in p, which is of m's header, in place of what was
// there.
func (m *Message) put(p *part, o owner, as mach.MachMsgTypeName) *Message {
	if m.Err() != nil {
		return m
	}
	owned := as == mach.MACH_MSG_TYPE_MOVE_SEND || as == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE
	r := o.right()
	get := r.use
	if owned {
		get = r.take
	}
	name, ok := get()
	if !ok {
		m.fail(notUsable(o))
		return m
	}
	if !owned {
		m.borrowed = append(m.borrowed, r)
	}
	m.ready(0)
	p.release()
	*p = part{name, as}
	return m
}

// ReplyTo makes a send-once right out of r with the send, and gives it to the
// receiver to answer with: the answer comes to r. So a request can be sent
// without waiting for its answer, as [Send.Call] would. A message has one right
// to answer: another one takes its place.
func (m *Message) ReplyTo(r *Receive) *Message {
	if m == nil {
		return nil
	}
	return m.put(&m.reply, r, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
}

// ReplyToSend is [Message.ReplyTo] with a copy of a send right, through which
// the receiver may answer as often as it likes. s stays its owner's and must
// not be released before the send.
func (m *Message) ReplyToSend(s *Send) *Message {
	if m == nil {
		return nil
	}
	return m.put(&m.reply, s, mach.MACH_MSG_TYPE_COPY_SEND)
}

// MoveReply is [Message.ReplyTo] with a send-once right that is at hand, such
// as that of a request which is passed on to somebody else. s owns nothing from
// now on. Where a system binds the right of a reply port to who got it (that of
// [Send.Call] is one), the send fails with [mach.MACH_SEND_INVALID_REPLY].
func (m *Message) MoveReply(s *SendOnce) *Message {
	if m == nil {
		return nil
	}
	return m.put(&m.reply, s, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
}

// CopyVoucher lets a voucher travel with the message: the receiver gets a right
// to it, and v keeps its own, which must not be released before the send. A
// voucher is made by [mach.HostCreateMachVoucher] or comes with a message
// ([Received.TakeVoucher]); a right of another kind makes the send fail with
// [mach.MACH_SEND_INVALID_VOUCHER]. A message has one voucher: another one
// takes its place.
func (m *Message) CopyVoucher(v *Send) *Message {
	if m == nil {
		return nil
	}
	return m.put(&m.voucher, v, mach.MACH_MSG_TYPE_COPY_SEND)
}

// MoveVoucher is [Message.CopyVoucher] with v's own right: v owns nothing from
// now on.
func (m *Message) MoveVoucher(v *Send) *Message {
	if m == nil {
		return nil
	}
	return m.put(&m.voucher, v, mach.MACH_MSG_TYPE_MOVE_SEND)
}
