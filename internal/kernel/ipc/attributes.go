package ipc

import "github.com/gomach/mach"

// Status is mach_port_status_t.
type Status = mach.MachPortStatus

// QLimit tells the limit of a port's queue.
func (s *Space) QLimit(name mach.MachPort) (uint32, mach.KernReturn) {
	p, kr := s.receiver(name)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	defer p.mu.Unlock()
	return p.queue.limit, kr
}

// SetQLimit changes it.
func (s *Space) SetQLimit(name mach.MachPort, limit uint32) mach.KernReturn {
	if limit > mach.MACH_PORT_QLIMIT_MAX {
		return mach.KERN_INVALID_VALUE
	}
	p, kr := s.validReceiver(name)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	defer p.mu.Unlock()
	p.queue.setLimit(limit)
	return kr
}

// Status tells about a receive right (osfmk/ipc/mach_port.c,
// mach_port_get_status_helper).
func (s *Space) Status(name mach.MachPort) (st Status, kr mach.KernReturn) {
	p, kr := s.validReceiver(name)
	if kr != mach.KERN_SUCCESS {
		return st, kr
	}
	defer p.mu.Unlock()
	st.MpsPset = mach.MachPortRights(one(len(p.sets) > 0))
	st.MpsSeqno = p.queue.seqno
	st.MpsQlimit = p.queue.limit
	st.MpsMsgcount = p.queue.count
	st.MpsMscount = p.mscount
	st.MpsSorights = p.sorights
	st.MpsSrights = mach.BooleanOf(p.srights > 0)
	st.MpsPdrequest = mach.BooleanOf(p.pdRequest != nil)
	st.MpsNsrequest = mach.BooleanOf(p.nsRequest != nil)
	if p.flags&impReceiver != 0 {
		st.MpsFlags |= mach.MACH_PORT_STATUS_FLAG_IMP_DONATION
		if p.flags&tempOwner != 0 {
			st.MpsFlags |= mach.MACH_PORT_STATUS_FLAG_TEMPOWNER
		}
	}
	if p.flags&guarded != 0 {
		st.MpsFlags |= mach.MACH_PORT_STATUS_FLAG_GUARDED
		if p.flags&strictGuard != 0 {
			st.MpsFlags |= mach.MACH_PORT_STATUS_FLAG_STRICT_GUARD
		}
		if p.flags&immovableReceive != 0 {
			st.MpsFlags |= mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE
		}
	}
	return st, kr
}

func one(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// SetImportance makes a port one that takes importance, with a temporary owner
// if asked for: that shows in its status and does nothing else here.
func (s *Space) SetImportance(name mach.MachPort, owner bool) mach.KernReturn {
	p, kr := s.validReceiver(name)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	defer p.mu.Unlock()
	p.flags |= impReceiver
	if owner {
		p.flags |= tempOwner
	}
	return kr
}

// IsReceive reports how a name fares that must be a receive right.
func (s *Space) IsReceive(name mach.MachPort) mach.KernReturn {
	p, kr := s.validReceiver(name)
	if kr == mach.KERN_SUCCESS {
		p.mu.Unlock()
	}
	return kr
}

// SetMscount and SetSeqno set a port's counts.
func (s *Space) SetMscount(name mach.MachPort, v uint32) mach.KernReturn {
	p, kr := s.validReceiver(name)
	if kr == mach.KERN_SUCCESS {
		p.mscount = v
		p.mu.Unlock()
	}
	return kr
}

func (s *Space) SetSeqno(name mach.MachPort, v uint32) mach.KernReturn {
	p, kr := s.validReceiver(name)
	if kr == mach.KERN_SUCCESS {
		p.queue.seqno = v
		p.mu.Unlock()
	}
	return kr
}

// SendRights counts a port's send rights.
func (s *Space) SendRights(name mach.MachPort) (uint32, mach.KernReturn) {
	p, kr := s.receiver(name)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	defer p.mu.Unlock()
	return p.srights, kr
}

// PeekMessage tells about a queued message: the first one, or that with
// sequence number seqno unless that is zero.
func (s *Space) PeekMessage(name mach.MachPort, seqno uint32) (seq, size uint32, id int32, sender Sender, kr mach.KernReturn, v Violation) {
	p, kr := s.receiver(name)
	if kr != mach.KERN_SUCCESS {
		var n notices
		n.wrongName(kr, name)
		return 0, 0, 0, sender, kr, n.violation
	}
	defer p.mu.Unlock()
	m := p.queue.head
	if seqno != 0 {
		if seqno < p.queue.seqno {
			return 0, 0, 0, sender, mach.KERN_FAILURE, v
		}
		for i := p.queue.seqno; m != nil && i != seqno; i++ {
			m = m.next
		}
	} else {
		seqno = p.queue.seqno
	}
	if m == nil {
		return 0, 0, 0, sender, mach.KERN_FAILURE, v
	}
	return seqno, m.kernelSize(), m.ID, m.sender, kr, v
}

// PutTrailer writes a trailer as mach_port_peek gives it.
func PutTrailer(option mach.MachMsgOption, sender Sender, seqno uint32) []byte {
	var b [maxTrailer]byte
	size := trailerSize(option)
	putTrailer(&b, size, &sender, seqno, 0)
	return b[:size]
}

// TrailerSize is the size of the trailer that option asks for, and elements
// the number of MACH_RCV_TRAILER_ELEMENTS.
func TrailerSize(option mach.MachMsgOption) (size, el uint32) {
	return trailerSize(option), elements(option)
}
