package recorded

import (
	"strings"

	"github.com/gomach/mach"
)

// message are the arguments of send and sr up to the receiving part.
type message struct {
	option, bits, remote, local, voucher, id uint64
	body, adjust, priority                   uint64
}

func takeMessage(x *arguments) message {
	return message{
		x.narrow(), x.narrow(), x.narrow(), x.narrow(), x.narrow(), x.narrow(),
		x.narrow(), x.narrow(), x.narrow(),
	}
}

// build writes the message into the send buffer and returns its size as the
// header and the call have it.
func (a *actor) build(m message, extra []string) uint32 {
	b := make([]byte, 24)
	le.PutUint32(b, uint32(m.bits))
	le.PutUint32(b[8:], uint32(m.remote))
	le.PutUint32(b[12:], uint32(m.local))
	le.PutUint32(b[16:], uint32(m.voucher))
	le.PutUint32(b[20:], uint32(m.id))
	if m.bits&mach.MACH_MSGH_BITS_COMPLEX != 0 {
		b = a.descriptors(b, extra)
	}
	for _, e := range extra {
		switch kind, arg, _ := strings.Cut(e, ":"); kind {
		case "N":
			b = append(b, 0, 0, 0, 0, 1, 0, 0, 0) // NDR record: little-endian
		case "W":
			b = le.AppendUint32(b, uint32(a.value(arg)))
		case "Q":
			b = le.AppendUint64(b, a.value(arg))
		}
	}
	for i := range int(m.body) {
		b = append(b, byte(7*i+int(int32(m.id))))
	}
	size := uint32(len(b)) + uint32(m.adjust)
	le.PutUint32(b[4:], size)
	whole := make([]byte, 0x10000)
	copy(whole, b)
	a.write(sendAt, whole)
	return size
}

func (a *actor) descriptors(b []byte, extra []string) []byte {
	count, at, ports := 0, len(b), uint64(portsAt)
	b = append(b, 0, 0, 0, 0)
	for _, e := range extra {
		f := strings.Split(e, ":")
		arg := func(i int) uint64 {
			if i < len(f) {
				return a.value(f[i])
			}
			return 0
		}
		switch f[0] {
		case "p":
			b = le.AppendUint32(b, uint32(arg(1)))
			b = append(b, 0, 0, 0, 0, 0, 0, byte(arg(2)), byte(mach.MACH_MSG_PORT_DESCRIPTOR))
		case "o":
			b = a.outOfLine(b, arg, count)
		case "O":
			n := arg(1)
			addr := uint64(0)
			if n > 0 {
				addr = a.Address(ports)
				names := make([]byte, 4*n)
				for i := range n {
					le.PutUint32(names[4*i:], uint32(arg(int(5+i))))
				}
				a.write(ports, names)
				ports += (4*n + 7) &^ 7
			}
			b = le.AppendUint64(b, addr)
			b = append(b, byte(arg(4)), byte(arg(3)), byte(arg(2)), byte(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR))
			b = le.AppendUint32(b, uint32(n))
		case "g":
			b = le.AppendUint64(b, arg(4))
			b = le.AppendUint16(b, uint16(arg(3)))
			b = append(b, byte(arg(2)), byte(mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR))
			b = le.AppendUint32(b, uint32(arg(1)))
		case "x":
			b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(arg(1)))
		default:
			continue
		}
		count++
	}
	le.PutUint32(b[at:], uint32(count))
	return b
}

// outOfLine appends o:SIZE:COPY:DEALLOCATE:VOLATILE:ADDRESS. All of a task's
// share one buffer.
func (a *actor) outOfLine(b []byte, arg func(int) uint64, before int) []byte {
	size, addr := arg(1), a.Address(oolAt)
	fill := make([]byte, min(size, 4096))
	for i := range fill {
		fill[i] = 'a' + byte(before)
	}
	a.write(oolAt, fill)
	switch {
	case arg(5) == 2:
		addr = 0x10
	case size == 0, arg(5) == 1:
		addr = 0
	}
	typ := mach.MACH_MSG_OOL_DESCRIPTOR
	if arg(4) != 0 {
		typ = mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR
	}
	b = le.AppendUint64(b, addr)
	b = append(b, byte(arg(3)), byte(arg(2)), 0, byte(typ))
	return le.AppendUint32(b, uint32(size))
}
