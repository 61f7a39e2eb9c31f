package ipc

import "github.com/gomach/mach"

// copyoutHeader hands the header's rights to the receiver's space and writes
// the header (osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyout_header).
func (s *Space) copyoutHeader(m *Message, to mach.MachPort, wantVoucher bool, n *notices) mach.KernReturn {
	if s.dead.Load() {
		return mach.MACH_RCV_HEADER_ERROR | mach.MACH_MSG_IPC_SPACE
	}
	if m.Dest.Port == nil && m.Reply.Port == nil && m.voucherBits == 0 { // nothing for the space
		m.putHeader(m.bits(m.Reply.Type, m.Dest.Type, 0), mach.MACH_PORT_NULL, to, m.reserved)
		return mach.MACH_MSG_SUCCESS
	}
	s.mu.Lock()
	reply := mach.MachPort(mach.MACH_PORT_NULL)
	if m.Reply.Port == deadPort {
		reply = mach.MACH_PORT_DEAD
	} else if m.Reply.Port != nil {
		name, kr := s.copyoutLocked(m.Reply.Port, m.Reply.Type, n)
		if kr != mach.KERN_SUCCESS {
			s.mu.Unlock()
			return mach.MACH_RCV_HEADER_ERROR | mach.MACH_MSG_IPC_SPACE
		}
		reply = name
	}
	replyType := m.Reply.Type
	m.Reply = Right{}

	voucherType, voucher := m.voucherBits, m.reserved
	if voucherType != 0 {
		voucherType, voucher = uint32(mach.MACH_MSG_TYPE_MOVE_SEND), 0
		if !wantVoucher {
			voucherType = 0
		}
	}
	if m.voucher.Port != nil {
		if wantVoucher {
			if name, kr := s.copyoutLocked(m.voucher.Port, mach.MACH_MSG_TYPE_PORT_SEND, n); kr == mach.KERN_SUCCESS {
				voucher = uint32(name)
				m.voucher = Right{}
			}
		}
		if m.voucher.Port != nil {
			n.add(notice{call: (*Port).ReleaseSend, to: m.voucher.Port})
			m.voucher = Right{}
		}
	}
	destType := m.Dest.Type
	dest := s.copyoutDest(m, to, n)
	s.mu.Unlock()
	m.putHeader(m.bits(replyType, destType, voucherType), reply, dest, voucher)
	return mach.MACH_MSG_SUCCESS
}

// copyoutDest uses up the destination right, if that has not been done, and tells
// the name of the receive right, if it still is in the space: to is what it was
// called when the message left its queue. The space is locked.
func (s *Space) copyoutDest(m *Message, to mach.MachPort, n *notices) mach.MachPort {
	p, typ := m.Dest.Port, m.Dest.Type
	m.Dest = Right{}
	if p == nil {
		return to
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead.Load() {
		p.forget(typ)
		return mach.MACH_PORT_DEAD
	}
	if len(p.requests) > 0 {
		p.sendPossible(n)
	}
	name := mach.MachPort(mach.MACH_PORT_NULL)
	if p.space == s {
		name = p.name
	}
	switch {
	case typ == mach.MACH_MSG_TYPE_PORT_SEND:
		p.dropSend(n)
	case p.space == s:
		p.sorights--
	default:
		n.add(notice{id: mach.MACH_NOTIFY_SEND_ONCE, to: p})
	}
	return name
}

// copyoutDestOnly is for a message that cannot be received: its other rights
// and its body are destroyed and a bare header remains (ipc_kmsg.c,
// ipc_kmsg_copyout_dest_to_user).
func (s *Space) copyoutDestOnly(m *Message, to mach.MachPort, n *notices) {
	replyType, destType := m.Reply.Type, m.Dest.Type
	reply := mach.MachPort(mach.MACH_PORT_NULL)
	if m.Reply.Port == deadPort {
		reply = mach.MACH_PORT_DEAD
	}
	voucher := m.reserved
	if m.voucherBits != 0 {
		voucher = 0
	}
	s.mu.Lock()
	dest := s.copyoutDest(m, to, n)
	s.mu.Unlock()
	m.Reply.Release()
	m.Reply = Right{}
	m.voucher.Release()
	m.voucher = Right{}
	m.cleanDescs(len(m.Descs))
	m.Descs = m.Descs[:0]
	m.Data = m.Data[:headerSize]
	m.sender = kernelSender
	m.putHeader(m.bits(replyType, destType, m.voucherBits), reply, dest, voucher)
}

// copyoutPseudo gives a message that could not be sent back to its sender, in
// a form that can be sent again (ipc_kmsg.c, ipc_kmsg_copyout_pseudo).
func (s *Space) copyoutPseudo(m *Message, vm VM, rcvAddr uint64, n *notices) mach.KernReturn {
	destType, replyType := m.Dest.Type, m.Reply.Type
	dest, mr := s.copyoutPort(m.Dest, n)
	m.Dest = Right{}
	var reply mach.MachPort
	if m.Reply.Valid() && m.Reply.Port.strict {
		if reply = s.takeBackReply(m.Reply.Port); valid(reply) {
			replyType = mach.MACH_MSG_TYPE_MAKE_SEND_ONCE
		}
	} else {
		var kr mach.KernReturn
		reply, kr = s.copyoutPort(m.Reply, n)
		mr |= kr
	}
	m.Reply = Right{}
	voucher, voucherType := m.reserved, m.voucherBits
	if m.voucher.Port != nil {
		if m.voucherCopy {
			voucherType = uint32(mach.MACH_MSG_TYPE_COPY_SEND)
			m.voucher.Release()
		} else {
			name, kr := s.copyoutPort(m.voucher, n)
			mr |= kr
			voucher, voucherType = uint32(name), uint32(mach.MACH_MSG_TYPE_MOVE_SEND)
		}
		m.voucher = Right{}
	}
	m.putHeader(m.bits(destType, replyType, voucherType), dest, reply, voucher)
	if len(m.Descs) > 0 {
		mr |= s.copyoutBody(m, vm, true, true, rcvAddr, n)
	}
	return mr
}

// takeBackReply undoes the send-once right that a header made of a reply port.
func (s *Space) takeBackReply(p *Port) mach.MachPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sorights--
	switch {
	case p.dead.Load():
		return mach.MACH_PORT_DEAD
	case p.space == s:
		return p.name
	}
	return mach.MACH_PORT_NULL
}

// copyoutPort hands a right over for a message: failures are the detail bits
// of an error code.
func (s *Space) copyoutPort(r Right, n *notices) (mach.MachPort, mach.KernReturn) {
	if r.Port == nil {
		return mach.MACH_PORT_NULL, 0
	}
	if r.Port == deadPort {
		return mach.MACH_PORT_DEAD, 0
	}
	s.mu.Lock()
	name, kr := s.copyoutLocked(r.Port, r.Type, n)
	s.mu.Unlock()
	if kr != mach.KERN_SUCCESS {
		r.Release()
		return mach.MACH_PORT_NULL, mach.MACH_MSG_IPC_SPACE
	}
	return name, 0
}
