package ipc

import "github.com/gomach/mach"

// trailerSize is the size of the trailer that MACH_RCV_TRAILER_ELEMENTS asks for;
// elements that have none in particular get the largest.
func trailerSize(option mach.MachMsgOption) uint32 {
	switch elements(option) {
	case mach.MACH_RCV_TRAILER_NULL:
		return minTrailer
	case mach.MACH_RCV_TRAILER_SEQNO:
		return 12
	case mach.MACH_RCV_TRAILER_SENDER:
		return 20
	case mach.MACH_RCV_TRAILER_AUDIT:
		return 52
	case mach.MACH_RCV_TRAILER_CTX:
		return 60
	}
	return maxTrailer
}

const (
	minTrailer = 8 // type and size
	maxTrailer = 68
)

func elements(option mach.MachMsgOption) uint32 { return uint32(option) >> 24 & 0xf }

// putTrailer fills the size bytes of a trailer: type, size, sequence number,
// security token, audit token, context, filter id, labels (none).
func putTrailer(b *[maxTrailer]byte, size uint32, sender *Sender, seqno uint32, context uint64) {
	le.PutUint32(b[0:], mach.MACH_MSG_TRAILER_FORMAT_0)
	le.PutUint32(b[4:], size)
	if size == minTrailer {
		return
	}
	le.PutUint32(b[8:], seqno)
	for i := range sender.Security.Val {
		le.PutUint32(b[12+4*i:], sender.Security.Val[i])
	}
	for i := range sender.Audit.Val {
		le.PutUint32(b[20+4*i:], sender.Audit.Val[i])
	}
	le.PutUint64(b[52:], context)
	le.PutUint64(b[60:], 0)
}
