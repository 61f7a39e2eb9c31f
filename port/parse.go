package port

import "github.com/gomach/mach"

// Sizes of descriptors in messages of 64-bit tasks.
const (
	portDescriptor = 12
	oolDescriptor  = 16 // memory, port arrays and guarded ports
)

// Kind is what a message's descriptor stands for.
type Kind uint8

// The kinds of descriptors. Taken is one whose content has been taken out.
const (
	Taken Kind = iota
	SendRight
	SendOnceRight
	ReceiveRight
	NullRight // no right, or one whose port died on the way
	OutOfLineMemory
	SendArray
	SendOnceArray
	ReceiveArray
	Other
	GuardedReceiveRight // see [Message.MoveGuarded]
)

var kindNames = [...]string{"taken", "send right", "send-once right", "receive right", "null right",
	"memory", "array of send rights", "array of send-once rights", "array of receive rights", "other", "guarded receive right"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// layout is where the parts of a message are. Descriptors are kept by offset,
// and those whose content was taken by its complement.
type layout struct {
	size  int   // of the message, trailer excluded
	data  int   // where the inline data begins
	descs []int // offsets of descriptors
}

// parse takes a message apart. It accepts any bytes: what is no message of the
// size and the count of descriptors that it claims is ErrMalformed.
func (l *layout) parse(b []byte) error {
	l.descs = l.descs[:0]
	l.size, l.data = 0, 0
	if len(b) < headerSize {
		return ErrMalformed
	}
	size := int(le.Uint32(b[4:]))
	if size < headerSize || size > len(b) || size%4 != 0 {
		return ErrMalformed
	}
	data := headerSize
	if le.Uint32(b)&mach.MACH_MSGH_BITS_COMPLEX != 0 {
		var ok bool
		if data, ok = l.parseBody(b[:size]); !ok {
			l.descs = l.descs[:0]
			return ErrMalformed
		}
	}
	l.size, l.data = size, data
	return nil
}

func (l *layout) parseBody(b []byte) (data int, ok bool) {
	if len(b) < bodyOffset {
		return 0, false
	}
	count := le.Uint32(b[headerSize:])
	if uint64(count)*portDescriptor > uint64(len(b)-bodyOffset) {
		return 0, false
	}
	at := bodyOffset
	for range count {
		n, known := descriptorSize(b[at:])
		if !known || n > len(b)-at {
			return 0, false
		}
		l.descs = append(l.descs, at)
		at += n
	}
	return at, true
}

// descriptorSize tells the size by the type byte, which all kinds have at the
// same place.
func descriptorSize(b []byte) (n int, ok bool) {
	if len(b) < portDescriptor {
		return 0, false
	}
	switch mach.MachMsgDescriptorType(b[11]) {
	case mach.MACH_MSG_PORT_DESCRIPTOR:
		return portDescriptor, true
	case mach.MACH_MSG_OOL_DESCRIPTOR, mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR,
		mach.MACH_MSG_OOL_PORTS_DESCRIPTOR, mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
		return oolDescriptor, true
	}
	return 0, false
}

// kindOf is what a descriptor holds.
func kindOf(d []byte) Kind {
	as := mach.MachMsgTypeName(d[10])
	switch mach.MachMsgDescriptorType(d[11]) {
	case mach.MACH_MSG_PORT_DESCRIPTOR:
		name := mach.MachPort(le.Uint32(d))
		if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
			return NullRight
		}
		return pick(as, SendRight, SendOnceRight, ReceiveRight)
	case mach.MACH_MSG_OOL_DESCRIPTOR, mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR:
		return OutOfLineMemory
	case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
		return pick(as, SendArray, SendOnceArray, ReceiveArray)
	case mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
		if len(d) < oolDescriptor {
			return Other
		}
		name := mach.MachPort(le.Uint32(d[12:]))
		if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
			return NullRight
		}
		return pick(as, Other, Other, GuardedReceiveRight)
	}
	return Other
}

func pick(as mach.MachMsgTypeName, s, o, r Kind) Kind {
	switch as {
	case mach.MACH_MSG_TYPE_PORT_SEND:
		return s
	case mach.MACH_MSG_TYPE_PORT_SEND_ONCE:
		return o
	case mach.MACH_MSG_TYPE_PORT_RECEIVE:
		return r
	}
	return Other
}

// forget leaves nothing in a descriptor that could be released.
func forget(d []byte) {
	t := d[11]
	clear(d)
	d[11] = t
}
