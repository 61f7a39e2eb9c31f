package recorded

import (
	"bytes"
	"fmt"

	"github.com/gomach/mach"
)

func send(a *actor, x *arguments) string {
	m := takeMessage(x)
	x.words = x.words[min(3, len(x.words)):] // what receiving would want
	size := a.build(m, x.words)
	kr := a.Call("mach_msg", sendAt, m.option, uint64(size), 0, 0, 0, m.priority)
	return code(kr) + a.sendBits(kr, m.option)
}

// sendBits tells the bits that now stand in a send buffer whose message was not
// sent.
func (a *actor) sendBits(kr mach.KernReturn, option uint64) string {
	if kr == mach.MACH_MSG_SUCCESS || option&uint64(mach.MACH_SEND_MSG) == 0 {
		return ""
	}
	return fmt.Sprintf(" hb%x", a.word(sendAt))
}

func sendReceive(a *actor, x *arguments) string {
	m := takeMessage(x)
	from, room, d := x.narrow(), x.narrow(), x.wide()
	size := a.build(m, x.words)
	a.write(receiveAt, bytes.Repeat([]byte{0xcc}, receiveSize))
	kr := a.Call("mach_msg_overwrite", sendAt, m.option, uint64(size), room, from, 0, m.priority, receiveAt, 0)
	s := code(kr) + a.sendBits(kr, m.option)
	if m.option&uint64(mach.MACH_RCV_MSG) == 0 {
		return s
	}
	if u := uint32(kr); u&^0x3c00 == 0 || u&0xffffc000 == 0x10004000 {
		if a.word(receiveAt) == untouched {
			return s + " none"
		}
		return s + a.show(d)
	}
	return s
}

func receive(a *actor, x *arguments) string {
	d, from, option, size := x.wide(), x.narrow(), x.narrow(), x.narrow()
	a.write(receiveAt, bytes.Repeat([]byte{0xcc}, receiveSize))
	kr := a.Call("mach_msg", receiveAt, option|uint64(mach.MACH_RCV_MSG), 0, size, from, 0, 0)
	s := code(kr)
	if kr == mach.MACH_RCV_TOO_LARGE {
		return s + a.tooLarge()
	}
	if a.word(receiveAt) != untouched {
		s += a.show(d)
	}
	return s
}

// tooLarge shows the header of a message that stayed in its queue, or that was
// lost.
func (a *actor) tooLarge() string {
	w := func(i uint64) uint32 { return a.word(receiveAt + 4*i) }
	bits, remote, local := fmt.Sprintf("%x", w(0)), a.name, "0"
	rem := "-"
	if w(0) != untouched {
		rem = remote(w(2))
	} else {
		bits = "0"
	}
	if w(3) != untouched {
		local = a.name(w(3))
	}
	return fmt.Sprintf(" bits%s size%d rem%s loc%s id%d T%d,%d,%d", bits, w(1), rem, local, int32(w(5)), w(6), w(7), w(8))
}

// show shows a message that has come, and puts its names into variables.
func (a *actor) show(d uint64) string {
	b := a.read(receiveAt, receiveSize)
	bits, size, id := le.Uint32(b), le.Uint32(b[4:]), int32(le.Uint32(b[20:]))
	remote, local := le.Uint32(b[8:]), le.Uint32(b[12:])
	s := fmt.Sprintf(" bits%x size%d rem%s loc%s vou%s id%d", bits, size,
		a.name(remote), a.name(local), a.name(le.Uint32(b[16:])), id)
	a.set(d, remote)
	a.set(d+1, local)
	complex := bits&mach.MACH_MSGH_BITS_COMPLEX != 0
	if size < 24 || size > 3000 || complex && size < 28 {
		return s + " trunc"
	}
	at, next := 24, d+2
	if complex {
		count := le.Uint32(b[24:])
		s += fmt.Sprintf(" dc%d", count)
		at = 28
		for range min(count, 20) {
			text, n := a.showDescriptor(b[at:], &next)
			s += text
			at += n
		}
	}
	if rest := b[min(at, int(size)):size]; true {
		s += a.showRest(rest, id, next)
	}
	return s + a.showTrailer(b[(size+3)&^3:])
}

// keep shows a name of a descriptor and puts it into the next variable.
func (a *actor) keep(n uint32, next *uint64) string {
	a.set(*next, n)
	*next++
	return a.name(n)
}

func present(addr uint64) string {
	if addr == 0 {
		return "0"
	}
	return "addr"
}

func (a *actor) showDescriptor(b []byte, next *uint64) (string, int) {
	addr, size := le.Uint64(b), le.Uint32(b[12:])
	switch t := mach.MachMsgDescriptorType(b[11]); t {
	case mach.MACH_MSG_PORT_DESCRIPTOR:
		return fmt.Sprintf(" P(%s,%d)", a.keep(le.Uint32(b), next), b[10]), 12
	case mach.MACH_MSG_OOL_DESCRIPTOR, mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR:
		s := fmt.Sprintf(" M(%s,sz%d,de%d,cp%d,ty%d", present(addr), size, b[8], b[9], b[11])
		if addr != 0 && size != 0 {
			s += fmt.Sprintf(",h%x", hash(a.read(addr, int(size))))
		}
		return s + ")", 16
	case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
		s := fmt.Sprintf(" A(%s,n%d,de%d,cp%d,di%d:", present(addr), size, b[8], b[9], b[10])
		for i := range uint64(min(size, 8)) {
			if addr == 0 {
				break
			}
			s += " " + a.keep(a.word(addr+4*i), next)
		}
		return s + ")", 16
	case mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
		return fmt.Sprintf(" G(%s,ctx%x,fl%x,di%d)", a.keep(size, next), a.told(addr), le.Uint16(b[8:]), b[10]), 16
	default:
		return fmt.Sprintf(" ?%d", t), 12
	}
}

// The ids of notifications, and of replies to messages to kernel ports.
const (
	firstNotification, lastNotification = 64, 80
	firstReply, lastReply               = 3300, 3500
	allocateReply, allocateFullReply    = 3304, 3319
)

func (a *actor) showRest(b []byte, id int32, next uint64) string {
	switch {
	case id >= firstNotification && id <= lastNotification && len(b) >= 8:
		if len(b) < 12 {
			return ""
		}
		w := le.Uint32(b[8:])
		if id == int32(mach.MACH_NOTIFY_NO_SENDERS) {
			return fmt.Sprintf(" cnt%d", w)
		}
		return " nm" + a.name(w)
	case id >= firstReply && id <= lastReply:
		s := " mig"
		for i := 0; 4*i+4 <= len(b) && i < 40; i++ {
			w := le.Uint32(b[4*i:])
			_, known := a.number[w]
			if i == 3 && id == allocateReply && len(b) == 16 || i == 5 && id == allocateFullReply && len(b) == 24 {
				s += " " + a.keep(w, &next)
			} else if w > 255 && known {
				s += " " + a.name(w)
			} else {
				s += fmt.Sprintf(" %x", w)
			}
		}
		return s
	}
	return fmt.Sprintf(" body%d:%x", len(b), hash(b))
}

func (a *actor) showTrailer(b []byte) string {
	size := le.Uint32(b[4:])
	s := fmt.Sprintf(" tr%d,%d", le.Uint32(b), size)
	if size >= 12 && size <= 68 {
		s += fmt.Sprintf(",seq%d", le.Uint32(b[8:]))
	}
	if size >= 60 && size <= 68 {
		s += fmt.Sprintf(",ctx%x", a.told(le.Uint64(b[52:])))
	}
	if size == 68 {
		s += fmt.Sprintf(",ad%d,lab%s", le.Uint32(b[60:]), a.name(le.Uint32(b[64:])))
	}
	return s
}

// hash tells bytes apart.
func hash(b []byte) uint32 {
	h := uint32(5381)
	for _, c := range b {
		h = h*33 ^ uint32(c)
	}
	return h
}
