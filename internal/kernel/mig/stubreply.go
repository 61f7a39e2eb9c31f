package mig

import (
	"bytes"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/proto"
)

// answered judges the reply as MIG's user sides do (__MIG_check__Reply): its
// id, its kind and size, and the code that it brings. A reply that is not as it
// has to be is destroyed with its rights and memory.
func (x *stub) answered() mach.KernReturn {
	p := x.plan
	b := x.reply
	bits, size := le.Uint32(b), int(le.Uint32(b[4:]))
	complex := bits&mach.MACH_MSGH_BITS_COMPLEX != 0
	const code = headerSize + 8
	small := !complex && size == code+4 // an error, or a routine without results
	failed := func(kr mach.KernReturn) mach.KernReturn {
		x.c.DestroyMessage(bufferAddress(1))
		return kr
	}
	switch id := int32(le.Uint32(b[20:])); {
	case id == int32(mach.MACH_NOTIFY_SEND_ONCE):
		return failed(mach.MIG_SERVER_DIED)
	case id != p.routine.ID+100:
		return failed(mach.MIG_REPLY_MISMATCH)
	case le.Uint32(b[8:]) != uint32(mach.MACH_PORT_NULL):
		return failed(mach.MIG_TYPE_ERROR)
	case size > p.routine.Reply.Size:
		return failed(mach.MIG_TYPE_ERROR)
	}
	if small {
		if kr := mach.KernReturn(int32(le.Uint32(b[code:]))); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	if complex != (p.outDescs > 0) || size < headerSize {
		return failed(mach.MIG_TYPE_ERROR)
	}
	x.reply = b[:size]
	if !x.shaped() {
		return failed(mach.MIG_TYPE_ERROR)
	}
	return mach.KERN_SUCCESS
}

// shaped reports whether descriptors and sizes are the routine's. It notes the
// values of counts.
func (x *stub) shaped() bool {
	p := x.plan
	x.words = make([]uint32, len(p.out))
	at := headerSize
	if p.outDescs > 0 {
		if len(x.reply) < at+4 || le.Uint32(x.reply[at:]) != uint32(p.outDescs) {
			return false
		}
		at += 4
	}
	for i := range p.out {
		f := &p.out[i]
		n, ok := x.width(i)
		if !ok || at+n > len(x.reply) {
			return false
		}
		b := x.reply[at : at+n]
		at += n
		switch f.kind {
		case portDesc:
			for ; len(b) > 0; b = b[12:] {
				if mach.MachMsgDescriptorType(b[11]) != mach.MACH_MSG_PORT_DESCRIPTOR {
					return false
				}
			}
		case oolDesc, oolPorts:
			want := mach.MACH_MSG_OOL_DESCRIPTOR
			if f.kind == oolPorts {
				want = mach.MACH_MSG_OOL_PORTS_DESCRIPTOR
			}
			if mach.MachMsgDescriptorType(b[11]) != want {
				return false
			}
		case plain:
			if n == 4 {
				x.words[i] = le.Uint32(b)
			}
		}
	}
	return at == len(x.reply)
}

// width is the size of a field of the reply in bytes; false: its count is
// beyond its end.
func (x *stub) width(i int) (int, bool) {
	f := &x.plan.out[i]
	switch f.kind {
	case portDesc:
		return 12 * max(f.n, 1), true
	case oolDesc, oolPorts:
		return 16, true
	}
	if f.count < 0 {
		return f.size, true
	}
	count := x.words[f.count]
	return roundUp4(int(count) * f.elem), count <= uint32(f.n)
}

// results stores what the reply brings where the arguments point.
func (x *stub) results() mach.KernReturn {
	p := x.plan
	at := headerSize
	if p.outDescs > 0 {
		at += 4
	}
	for i := range p.out {
		n, _ := x.width(i)
		b := x.reply[at : at+n]
		at += n
		if kr := x.result(i, b); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	return mach.KERN_SUCCESS
}

func (x *stub) result(i int, b []byte) mach.KernReturn {
	p := x.plan
	f := &p.out[i]
	if f.param < 0 {
		return mach.KERN_SUCCESS
	}
	switch kind := p.fn.Params[f.param].Kind; {
	case kind != proto.Pointer && kind != proto.CString:
		return mach.KERN_SUCCESS
	case f.kind == portDesc:
		return x.rights(f, b)
	case f.kind == oolDesc, f.kind == oolPorts:
		return x.c.Write(f.param, b[:8])
	case f.count >= 0 && p.out[f.count].param >= 0:
		return x.array(f, b)
	case f.count < 0 && x.counts(i):
		return mach.KERN_SUCCESS // stored with the array
	}
	if f.string {
		return x.c.Write(f.param, cut(b))
	}
	return x.c.Write(f.param, b)
}

// cut is a string with its NUL.
func cut(b []byte) []byte {
	if n := bytes.IndexByte(b, 0); n >= 0 {
		return b[:n+1]
	}
	if len(b) > 0 {
		b[len(b)-1] = 0
	}
	return b
}

// counts reports whether a field counts an in-line array.
func (x *stub) counts(i int) bool {
	for j := range x.plan.out {
		if x.plan.out[j].count == i {
			return true
		}
	}
	return false
}

// array stores an in-line array and its count. The caller's count is the room
// for it; more is MIG_ARRAY_TOO_LARGE, with as many as fit and the count that
// there would be.
func (x *stub) array(f *field, b []byte) mach.KernReturn {
	count := x.words[f.count]
	param := x.plan.out[f.count].param
	room, kr := x.c.Get32(param)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	n := min(count, room)
	if kr := x.c.Write(f.param, b[:int(n)*f.elem]); kr != mach.KERN_SUCCESS {
		return kr
	}
	if x.last(f) || count > room {
		if kr := x.c.Put32(param, count); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	if count > room {
		return mach.MIG_ARRAY_TOO_LARGE
	}
	return mach.KERN_SUCCESS
}

// last reports whether an array is the last one that its count counts: until
// then the count is the caller's room.
func (x *stub) last(f *field) bool {
	out := x.plan.out
	for j := len(out) - 1; j >= 0; j-- {
		if out[j].count == f.count {
			return &out[j] == f
		}
	}
	return true
}

// rights stores the names of one right, or of an array of them, and the type of
// a polymorphic one.
func (x *stub) rights(f *field, b []byte) mach.KernReturn {
	ps := x.plan.fn.Params
	if f.n <= 1 {
		if i := f.param + 1; i < len(ps) && ps[i].Name == ps[f.param].Name+"Poly" && ps[i].Kind == proto.Pointer {
			if kr := x.c.Put32(i, uint32(b[10])); kr != mach.KERN_SUCCESS {
				return kr
			}
		}
		return x.c.Write(f.param, b[:4])
	}
	n, room := x.arrayCount()
	names := make([]byte, 0, 4*f.n)
	for j := 0; j < int(min(n, room)); j++ {
		names = append(names, b[12*j:12*j+4]...)
	}
	return x.c.Write(f.param, names)
}

// arrayCount is the count that in-line arrays of a reply share, and the
// caller's room.
func (x *stub) arrayCount() (count, room uint32) {
	for k := range x.plan.out {
		if x.counts(k) && x.plan.out[k].param >= 0 {
			room, _ = x.c.Get32(x.plan.out[k].param)
			return x.words[k], room
		}
	}
	return 0, 0
}
