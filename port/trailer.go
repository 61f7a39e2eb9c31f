package port

import "github.com/gomach/mach"

// Sender is who sent a message, as the kernel saw it when it was sent. It
// cannot be forged.
type Sender struct {
	PID        int
	PIDVersion int // tells apart processes that had the same PID one after the other
	UID, GID   int // effective
	RealUID    int
	RealGID    int
	AuditUser  int
	Session    int // audit session
	Token      mach.AuditToken
}

// trailer is the bytes behind the message, or nil.
func (m *Received) trailer() []byte {
	if !m.holds() {
		return nil
	}
	b := m.buf.bytes()[m.layout.size:]
	if len(b) < minTrailer || le.Uint32(b) != mach.MACH_MSG_TRAILER_FORMAT_0 {
		return nil
	}
	n := int(le.Uint32(b[4:]))
	if n < minTrailer || n > len(b) {
		return nil
	}
	return b[:n]
}

// Seqno is the number of the message in its port, counted from 0 as messages
// are taken out.
func (m *Received) Seqno() uint32 {
	if t := m.trailer(); len(t) >= 12 {
		return le.Uint32(t[8:])
	}
	return 0
}

// Sender tells who sent the message. ok is false if there is no message.
func (m *Received) Sender() (s Sender, ok bool) {
	t := m.trailer()
	if len(t) < 52 {
		return s, false
	}
	for i := range s.Token.Val {
		s.Token.Val[i] = le.Uint32(t[20+4*i:])
	}
	v := func(i int) int { return int(int32(s.Token.Val[i])) }
	s.AuditUser, s.UID, s.GID, s.RealUID = v(0), v(1), v(2), v(3)
	s.RealGID, s.PID, s.Session, s.PIDVersion = v(4), v(5), v(6), v(7)
	return s, true
}
