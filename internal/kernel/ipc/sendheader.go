package ipc

import "github.com/gomach/mach"

// header is a message header as the sender wrote it.
type header struct {
	remote, local   mach.MachPort
	remoteD, localD mach.MachMsgTypeName
	voucher         mach.MachPort
	voucherD        uint32
}

func anySend(d mach.MachMsgTypeName) bool {
	return d >= mach.MACH_MSG_TYPE_MOVE_SEND && d <= mach.MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// check judges a header by itself (osfmk/ipc/ipc_kmsg.c,
// ipc_kmsg_copyin_header_validate).
func (h *header) check() mach.KernReturn {
	if h.localD == 0 {
		if h.local != mach.MACH_PORT_NULL {
			return mach.MACH_SEND_INVALID_HEADER
		}
	} else if !anySend(h.localD) {
		return mach.MACH_SEND_INVALID_HEADER
	}
	switch mach.MachMsgTypeName(h.voucherD) {
	case 0:
	case mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_COPY_SEND:
		if h.voucher == mach.MACH_PORT_DEAD {
			return mach.MACH_SEND_INVALID_VOUCHER
		}
	default:
		return mach.MACH_SEND_INVALID_VOUCHER
	}
	if !anySend(h.remoteD) {
		return mach.MACH_SEND_INVALID_HEADER
	}
	if !valid(h.remote) {
		return mach.MACH_SEND_INVALID_DEST
	}
	if h.hasVoucher() && h.remote == h.voucher &&
		h.remoteD != mach.MACH_MSG_TYPE_MOVE_SEND && h.remoteD != mach.MACH_MSG_TYPE_COPY_SEND {
		return mach.MACH_SEND_INVALID_DEST
	}
	if h.remote == h.local &&
		(h.remoteD == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE || h.localD == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE) {
		return mach.MACH_SEND_INVALID_DEST
	}
	if valid(h.local) && h.hasVoucher() && h.local == h.voucher {
		return mach.MACH_SEND_INVALID_REPLY
	}
	return mach.MACH_MSG_SUCCESS
}

func (h *header) hasVoucher() bool { return h.voucherD != 0 && h.voucher != mach.MACH_PORT_NULL }

// copyinHeader takes the rights that a header names out of the space, all or
// none (osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_header_rights), and leaves the
// destination locked if it takes them. always is set if a send-possible request
// lets the message pass a full queue's limit.
func (s *Space) copyinHeader(m *Message, h *header, notify bool, n *notices) (always bool, mr mach.KernReturn) {
	if mr := h.check(); mr != mach.MACH_MSG_SUCCESS {
		return false, mr
	}
	s.mu.Lock()
	always, mr = s.copyinJudged(m, h, notify, n)
	s.mu.Unlock()
	return always, mr
}

// copyinJudged is copyinHeader for a header that is right by itself. The space
// is locked.
func (s *Space) copyinJudged(m *Message, h *header, notify bool, n *notices) (always bool, mr mach.KernReturn) {
	if s.dead.Load() {
		return false, mach.MACH_SEND_INVALID_DEST
	}
	if h.hasVoucher() {
		e := s.lookup(h.voucher)
		if e == nil || e.typ&mach.MACH_PORT_TYPE_SEND == 0 {
			return false, mach.MACH_SEND_INVALID_VOUCHER
		}
		if kind, _ := e.port.KObject(); kind != mach.IPC_OTYPE_VOUCHER {
			return false, mach.MACH_SEND_INVALID_VOUCHER
		}
	}
	dest := s.lookup(h.remote)
	if dest == nil || dest.typ&mach.MACH_PORT_TYPE_PORT_RIGHTS == 0 {
		return false, mach.MACH_SEND_INVALID_DEST
	}
	if valid(h.local) {
		reply := s.lookup(h.local)
		if reply == nil || reply.typ&mach.MACH_PORT_TYPE_PORT_RIGHTS == 0 || !replyOK(reply, h.local, h.localD, dest, n) {
			return false, mach.MACH_SEND_INVALID_REPLY
		}
	}
	if !s.copyinRights(m, h, dest, n) {
		return false, mach.MACH_SEND_INVALID_DEST
	}
	if m.Reply.Port == nil && h.local == mach.MACH_PORT_DEAD {
		m.Reply.Port = deadPort
	}
	m.Dest.Type, m.Reply.Type = resultType(h.remoteD), resultType(h.localD)
	// A move of the last reference has taken the request along.
	if request := dest.request; notify && request != 0 && m.Dest.Type != mach.MACH_MSG_TYPE_PORT_SEND_ONCE {
		always = m.Dest.Port.armOrPass(request)
	}
	return always, mach.MACH_MSG_SUCCESS
}

// armOrPass is for MACH_SEND_NOTIFY: a full queue arms the send-possible
// request, one with room takes the message in any case. The port is locked.
func (p *Port) armOrPass(request int) (always bool) {
	if p.dead.Load() || p.kernel {
		return false
	}
	if !p.queue.full() {
		return true
	}
	if r := &p.requests[request-1]; r.possible {
		r.armed = true
	}
	return false
}

// copyinRights takes the destination, voucher and reply rights, and locks the
// destination. The header has been judged: only the destination's right can
// still be missing.
func (s *Space) copyinRights(m *Message, h *header, dest *entry, n *notices) bool {
	if h.localD != mach.MACH_MSG_TYPE_MAKE_SEND_ONCE || !valid(h.local) {
		return s.copyinOthers(m, h, dest, n)
	}
	// The right to answer that most requests have comes first, as making it can
	// be undone: so the destination is locked once.
	p := s.lookup(h.local).port
	p.mu.Lock()
	p.sorights++
	p.mu.Unlock()
	m.Reply = Right{p, mach.MACH_MSG_TYPE_PORT_SEND_ONCE}
	if s.copyinOthers(m, h, dest, n) {
		return true
	}
	m.Reply = Right{}
	p.mu.Lock()
	p.sorights--
	p.mu.Unlock()
	return false
}

// copyinOthers is copyinRights without the reply right if the message has that.
func (s *Space) copyinOthers(m *Message, h *header, dest *entry, n *notices) bool {
	const destFlags = inHeader | immovableOK | deadSendOnceOK
	const move, copySend = mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_COPY_SEND
	isSend := func(d mach.MachMsgTypeName) bool { return d == move || d == copySend }

	// One name may give two rights: the copy is taken before the move, and two
	// moves need two references.
	first, second := h.remoteD, mach.MachMsgTypeName(0)
	twice := false
	switch {
	case h.hasVoucher() && h.voucher == h.remote:
		second, twice = mach.MachMsgTypeName(h.voucherD), true
	case h.local == h.remote && isSend(h.remoteD) && isSend(h.localD):
		second, twice = h.localD, true
	}
	if twice {
		if first == move && second == move && dest.urefs < 2 {
			return false
		}
		if first == move && second == copySend {
			first, second = second, first
		}
	}
	p, kr := s.copyin(h.remote, first, destFlags, nil, n)
	if kr != mach.KERN_SUCCESS {
		return false
	}
	m.Dest = Right{p, resultType(h.remoteD)}
	m.voucherCopy = mach.MachMsgTypeName(h.voucherD) == copySend
	if !h.hasVoucher() && (!valid(h.local) || m.Reply.Port != nil) {
		return true
	}
	p.mu.Unlock() // two ports are never locked at once
	if twice {
		q, kr := s.copyin(h.remote, second, destFlags, nil, n)
		if kr != mach.KERN_SUCCESS {
			n.add(notice{call: func(p *Port) { p.ReleaseSend() }, to: p})
			m.Dest = Right{}
			return false
		}
		q.mu.Unlock()
		if h.hasVoucher() && h.voucher == h.remote {
			m.voucher = Right{q, mach.MACH_MSG_TYPE_PORT_SEND}
		} else {
			m.Reply = Right{q, mach.MACH_MSG_TYPE_PORT_SEND}
		}
	}
	if h.hasVoucher() && m.voucher.Port == nil {
		if q, kr := s.copyin(h.voucher, mach.MachMsgTypeName(h.voucherD), 0, nil, n); kr == mach.KERN_SUCCESS {
			q.mu.Unlock()
			m.voucher = Right{q, mach.MACH_MSG_TYPE_PORT_SEND}
		}
	}
	if valid(h.local) && m.Reply.Port == nil {
		if q, kr := s.copyin(h.local, h.localD, deadOK|inHeader, nil, n); kr == mach.KERN_SUCCESS {
			q.mu.Unlock()
			m.Reply = Right{q, resultType(h.localD)}
		}
	}
	p.mu.Lock()
	return true
}

// replyOK judges the reply port's right (osfmk/ipc/ipc_right.c,
// ipc_right_copyin_check_reply).
func replyOK(e *entry, name mach.MachPort, d mach.MachMsgTypeName, dest *entry, n *notices) bool {
	switch d {
	case mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE:
		if e.typ&mach.MACH_PORT_TYPE_RECEIVE == 0 || e.port.strict && d == mach.MACH_MSG_TYPE_MAKE_SEND {
			return false
		}
	case mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		if e.typ&mach.MACH_PORT_TYPE_SEND_RIGHTS == 0 {
			return false
		}
		p := e.port
		p.mu.Lock()
		dead, flags := p.dead.Load(), p.flags
		p.mu.Unlock()
		if dead {
			return true
		}
		if flags&immovableSend != 0 || e.immovable {
			n.violated(mach.KGUARD_EXC_IMMOVABLE, name, 0)
			return false
		}
		if p.strict {
			return false
		}
		want := mach.MachPortType_t(mach.MACH_PORT_TYPE_SEND)
		if d == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE {
			want = mach.MACH_PORT_TYPE_SEND_ONCE
		}
		if e.typ&want == 0 {
			return false
		}
	default:
		return false
	}
	if !replyPortOK(e, dest) {
		n.violated(requireReplyPort, name, 0)
		return false
	}
	return true
}

// requireReplyPort is kGUARD_EXC_REQUIRE_REPLY_PORT_SEMANTICS, which ends nobody, of
// the kernel that this one follows. The newest headers have another number, among
// those that do.
const requireReplyPort = 1 << 23

// replyPortOK holds the reply port to what the destination asks for.
func replyPortOK(e, dest *entry) bool {
	p, to := e.port, dest.port
	return p == nil || to == nil || p == to || !to.wantsReply || p.reply
}
