package port

import "github.com/gomach/mach"

// The messages of MIG interfaces begin with an NDR record, which says how
// numbers are written; answers go on with a code, and have the request's
// identifier plus 100.
const (
	ndrSize      = 8
	migReplySize = ndrSize + 4
	replyOffset  = 100
)

// ndr is the record of a little-endian machine: int_rep is 1.
var ndr = [ndrSize]byte{4: 1}

// AppendNDR adds the NDR record that MIG messages with inline data have.
func (m *Message) AppendNDR() *Message { return m.Append(ndr[:]...) }

// MIGReply empties the message and makes it the answer to a request with that
// identifier: the NDR record and a code, which the results of a successful call
// may follow.
func (m *Message) MIGReply(request int32, code mach.KernReturn) *Message {
	m.Reset(request + replyOffset)
	return m.AppendNDR().AppendUint32(uint32(code))
}

// MIGError checks that m is the answer to the MIG request with that identifier
// and returns the error in it: [mach.MIG_SERVER_DIED] and
// [mach.MIG_REPLY_MISMATCH] for something else, [mach.MIG_TYPE_ERROR] for an
// answer of a wrong form. An answer with descriptors carries no code: it is a
// success.
func (m *Received) MIGError(request int32) error {
	switch {
	case m.ID() == mach.MACH_NOTIFY_SEND_ONCE:
		return mach.MIG_SERVER_DIED
	case m.ID() != request+replyOffset:
		return mach.MIG_REPLY_MISMATCH
	case m.Descriptors() > 0:
		return nil
	}
	d := m.Data()
	if len(d) < migReplySize {
		return mach.MIG_TYPE_ERROR
	}
	if k := mach.KernReturn(le.Uint32(d[ndrSize:])); k != mach.KERN_SUCCESS {
		return k
	}
	return nil
}
