package mach

// MachMsghBits packs the dispositions of a header's remote and local port. It
// leaves no room for a voucher; see [MachMsghBitsSet].
//
// C: MACH_MSGH_BITS of <mach/message.h>.
func MachMsghBits(remote, local MachMsgTypeName) MachMsgBits {
	return MachMsgBits(remote) | MachMsgBits(local)<<8
}

// MachMsghBitsSetPorts packs the three dispositions of a header, five bits
// each.
//
// C: MACH_MSGH_BITS_SET_PORTS of <mach/message.h>.
func MachMsghBitsSetPorts(remote, local, voucher MachMsgTypeName) MachMsgBits {
	return MachMsgBits(remote)&MACH_MSGH_BITS_REMOTE_MASK |
		MachMsgBits(local)<<8&MACH_MSGH_BITS_LOCAL_MASK |
		MachMsgBits(voucher)<<16&MACH_MSGH_BITS_VOUCHER_MASK
}

// MachMsghBitsSet packs the dispositions of a header and other bits, such as
// [MACH_MSGH_BITS_COMPLEX].
//
// C: MACH_MSGH_BITS_SET of <mach/message.h>.
func MachMsghBitsSet(remote, local, voucher MachMsgTypeName, other MachMsgBits) MachMsgBits {
	return MachMsghBitsSetPorts(remote, local, voucher) | other&^MACH_MSGH_BITS_PORTS_MASK
}

// MachMsghBitsRemote is the disposition of the remote port.
//
// C: MACH_MSGH_BITS_REMOTE of <mach/message.h>.
func MachMsghBitsRemote(bits MachMsgBits) MachMsgTypeName {
	return MachMsgTypeName(bits & MACH_MSGH_BITS_REMOTE_MASK)
}

// MachMsghBitsLocal is the disposition of the local port.
//
// C: MACH_MSGH_BITS_LOCAL of <mach/message.h>.
func MachMsghBitsLocal(bits MachMsgBits) MachMsgTypeName {
	return MachMsgTypeName(bits & MACH_MSGH_BITS_LOCAL_MASK >> 8)
}

// MachMsghBitsVoucher is the disposition of the voucher port.
//
// C: MACH_MSGH_BITS_VOUCHER of <mach/message.h>.
func MachMsghBitsVoucher(bits MachMsgBits) MachMsgTypeName {
	return MachMsgTypeName(bits & MACH_MSGH_BITS_VOUCHER_MASK >> 16)
}

// MachMsghBitsPorts is bits with the dispositions only.
//
// C: MACH_MSGH_BITS_PORTS of <mach/message.h>.
func MachMsghBitsPorts(bits MachMsgBits) MachMsgBits { return bits & MACH_MSGH_BITS_PORTS_MASK }

// MachMsghBitsOther is bits without the dispositions.
//
// C: MACH_MSGH_BITS_OTHER of <mach/message.h>.
func MachMsghBitsOther(bits MachMsgBits) MachMsgBits { return bits &^ MACH_MSGH_BITS_PORTS_MASK }

// MachMsghBitsHasRemote reports whether the header has a remote port.
//
// C: MACH_MSGH_BITS_HAS_REMOTE of <mach/message.h>.
func MachMsghBitsHasRemote(bits MachMsgBits) bool { return MachMsghBitsRemote(bits) != 0 }

// MachMsghBitsHasLocal reports whether the header has a local port.
//
// C: MACH_MSGH_BITS_HAS_LOCAL of <mach/message.h>.
func MachMsghBitsHasLocal(bits MachMsgBits) bool { return MachMsghBitsLocal(bits) != 0 }

// MachMsghBitsHasVoucher reports whether the header has a voucher.
//
// C: MACH_MSGH_BITS_HAS_VOUCHER of <mach/message.h>.
func MachMsghBitsHasVoucher(bits MachMsgBits) bool { return MachMsghBitsVoucher(bits) != 0 }

// MachMsghBitsIsComplex reports whether descriptors follow the header.
//
// C: MACH_MSGH_BITS_IS_COMPLEX of <mach/message.h>.
func MachMsghBitsIsComplex(bits MachMsgBits) bool { return bits&MACH_MSGH_BITS_COMPLEX != 0 }

// MachMsghBitsRaisedImportance reports whether the message raised the
// receiver's importance.
//
// C: MACH_MSGH_BITS_RAISED_IMPORTANCE of <mach/message.h>.
func MachMsghBitsRaisedImportance(bits MachMsgBits) bool { return bits&MACH_MSGH_BITS_RAISEIMP != 0 }

// MachMsghBitsHoldsImportanceAssertion reports whether an assertion goes with
// the message.
//
// C: MACH_MSGH_BITS_HOLDS_IMPORTANCE_ASSERTION of <mach/message.h>.
func MachMsghBitsHoldsImportanceAssertion(bits MachMsgBits) bool {
	return bits&MACH_MSGH_BITS_IMPHOLDASRT != 0
}

// RoundMsg rounds a message size up to a multiple of four bytes. A trailer
// stands at that offset.
//
// C: round_msg of <mach/message.h>.
func RoundMsg(x MachMsgSize) MachMsgSize { return (x + 3) &^ 3 }

// MachMsgTypePortAny reports whether x is the disposition of a port.
//
// C: MACH_MSG_TYPE_PORT_ANY of <mach/message.h>.
func MachMsgTypePortAny(x MachMsgTypeName) bool {
	return MACH_MSG_TYPE_MOVE_RECEIVE <= x && x <= MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// MachMsgTypePortAnySend reports whether x is a disposition that gives the
// receiver a send or send-once right.
//
// C: MACH_MSG_TYPE_PORT_ANY_SEND of <mach/message.h>.
func MachMsgTypePortAnySend(x MachMsgTypeName) bool {
	return MACH_MSG_TYPE_MOVE_SEND <= x && x <= MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// MachMsgTypePortAnySendOnce reports whether x is a disposition that gives the
// receiver a send-once right.
//
// C: MACH_MSG_TYPE_PORT_ANY_SEND_ONCE of <mach/message.h>.
func MachMsgTypePortAnySendOnce(x MachMsgTypeName) bool {
	return x == MACH_MSG_TYPE_MOVE_SEND_ONCE || x == MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// MachMsgTypePortAnyRight reports whether x is one of the dispositions that
// move a right, which are also those of a received message.
//
// C: MACH_MSG_TYPE_PORT_ANY_RIGHT of <mach/message.h>.
func MachMsgTypePortAnyRight(x MachMsgTypeName) bool {
	return MACH_MSG_TYPE_MOVE_RECEIVE <= x && x <= MACH_MSG_TYPE_MOVE_SEND_ONCE
}

// MachRcvTrailerType is the option that asks for a trailer of format x, such
// as [MACH_MSG_TRAILER_FORMAT_0].
//
// C: MACH_RCV_TRAILER_TYPE of <mach/message.h>.
func MachRcvTrailerType(x MachMsgTrailerType) MachMsgOption { return MachMsgOption(x & 0xf << 28) }

// MachRcvTrailerElements is the option that asks for a trailer up to element
// x, such as [MACH_RCV_TRAILER_AUDIT].
//
// C: MACH_RCV_TRAILER_ELEMENTS of <mach/message.h>.
func MachRcvTrailerElements(x uint32) MachMsgOption { return MachMsgOption(x & 0xf << 24) }

// GetRcvElements is the trailer element that option asks for.
//
// C: GET_RCV_ELEMENTS of <mach/message.h>.
func GetRcvElements(option MachMsgOption) uint32 { return uint32(option) >> 24 & 0xf }

// RequestedTrailerSize is the size of the trailer that a receive with option
// delivers. The buffer needs that much room behind the message.
//
// C: REQUESTED_TRAILER_SIZE, REQUESTED_TRAILER_SIZE_NATIVE of <mach/message.h>.
func RequestedTrailerSize(option MachMsgOption) MachMsgTrailerSize {
	switch GetRcvElements(option) {
	case MACH_RCV_TRAILER_NULL:
		return MachMsgTrailerSize(SizeOf[MachMsgTrailer](int32(1)))
	case MACH_RCV_TRAILER_SEQNO:
		return MachMsgTrailerSize(SizeOf[MachMsgSeqnoTrailer](int32(1)))
	case MACH_RCV_TRAILER_SENDER:
		return MachMsgTrailerSize(SizeOf[MachMsgSecurityTrailer](int32(1)))
	case MACH_RCV_TRAILER_AUDIT:
		return MachMsgTrailerSize(SizeOf[MachMsgAuditTrailer](int32(1)))
	case MACH_RCV_TRAILER_CTX:
		return MachMsgTrailerSize(SizeOf[MachMsgContextTrailer](int32(1)))
	case MACH_RCV_TRAILER_AV:
		return MachMsgTrailerSize(SizeOf[MachMsgMacTrailer](int32(1)))
	}
	return MachMsgTrailerSize(SizeOf[MachMsgMaxTrailer](int32(1)))
}
