package port

import (
	"context"
	"time"

	"github.com/gomach/mach"
)

// header is where a message goes and where the answer should come to.
type header struct {
	remote, local     mach.MachPort
	remoteAs, localAs mach.MachMsgTypeName
	spent             bool // the reply right was used up though the send failed
}

// A sender that waits for room cannot be called back. It waits in slices of
// this length and looks at its context in between.
const slice = 10 // milliseconds

func (m *Message) trySend(h *header) error {
	size, err := m.finish(h)
	if err != nil {
		return err
	}
	// It does not wait, so there is nothing that an abort of the thread could break
	// off, and nothing to be tried again.
	const option = mach.MACH_SEND_MSG | mach.MACH_SEND_TIMEOUT | mach.MACH_SEND_INTERRUPT
	return m.sent(h, mach.MachMsg(m.buf.head(), option, uint32(size), 0, 0, 0, 0))
}

// send sends the message. After a failure h says what is left of the rights in
// the header.
func (m *Message) send(ctx context.Context, h *header) error {
	size, err := m.finish(h)
	if err != nil {
		return err
	}
	option, timeout := mach.MACH_SEND_MSG|mach.MACH_SEND_INTERRUPT, uint32(0)
	var deadline time.Time
	limited := false
	if ctx.Done() != nil { // else it never ends
		if err := ctx.Err(); err != nil {
			return err
		}
		deadline, limited = ctx.Deadline()
		option |= mach.MACH_SEND_TIMEOUT
	}
	for {
		if option&mach.MACH_SEND_TIMEOUT != 0 {
			timeout = slice
			if left, ok := remaining(ctx); ok {
				timeout = min(timeout, left)
			}
		}
		// After an interruption or a timeout the kernel has written the
		// message back, in the form in which it can be sent again; unless the
		// code has bits that say that something got lost on the way back.
		err := mach.MachMsg(m.buf.head(), option, uint32(size), 0, 0, timeout, 0)
		if err == nil {
			if m.plain() {
				m.size, m.data = 0, 0
			} else {
				m.empty()
			}
			return nil
		}
		switch err {
		case mach.MACH_SEND_INTERRUPTED, mach.MACH_SEND_TIMED_OUT:
			over := ctx.Err()
			if over == nil && limited && !time.Now().Before(deadline) {
				over = context.DeadlineExceeded
			}
			if over != nil {
				m.sent(h, err)
				return over
			}
		default:
			return m.sent(h, err)
		}
	}
}

// sent settles who owns what after a send.
func (m *Message) sent(h *header, err error) error {
	if err == nil {
		m.empty()
		return nil
	}
	if partly(err) {
		// The header goes with the body: the kernel has released its rights.
		m.empty()
		if h.remoteAs == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE || h.remoteAs == mach.MACH_MSG_TYPE_MOVE_SEND {
			h.remote = mach.MACH_PORT_NULL
		}
		h.spent = h.localAs != 0
		return failed("mach_msg", err)
	}
	// A message that was given back may have got new names for its rights, and
	// has rights of its own where it had none: what was to be copied or made
	// is a right to be moved now.
	got := m.buf.head()
	if as := mach.MachMsgTypeName(got.MsghBits & mach.MACH_MSGH_BITS_REMOTE_MASK); as != h.remoteAs {
		deallocate(got.MsghRemotePort)
	} else {
		h.remote = got.MsghRemotePort
	}
	as := mach.MachMsgTypeName(got.MsghBits & mach.MACH_MSGH_BITS_LOCAL_MASK >> 8)
	switch {
	case m.reply.as != 0:
		m.reply = part{got.MsghLocalPort, as}
	case as != h.localAs:
		deallocate(got.MsghLocalPort)
		h.spent = true
	}
	if m.voucher.as != 0 {
		m.voucher = voucherOf(got)
	}
	return failed("mach_msg", err)
}

// deallocate releases a send or send-once right.
func deallocate(name mach.MachPort) error {
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return nil
	}
	return failed("mach_port_deallocate", mach.MachPortDeallocate(mach.MachTaskSelf(), name))
}
