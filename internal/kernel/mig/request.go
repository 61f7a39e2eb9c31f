package mig

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/proto"
)

const headerSize = 24

// take checks a request and turns its fields into arguments. Sizes that are
// wrong are MIG_BAD_ARGUMENTS, descriptors that are MIG_TYPE_ERROR.
func (x *call) take(m *ipc.Message) mach.KernReturn {
	p := x.plan
	if m.Complex() != (p.inDescs > 0) {
		return mach.MIG_BAD_ARGUMENTS
	}
	if len(m.Descs) != p.inDescs {
		return mach.MIG_BAD_ARGUMENTS
	}
	// Inside the kernel all descriptors have one size, so only what follows them
	// can be of a wrong one (osfmk/ipc/ipc_kmsg.c, ipc_kmsg_inflate_descriptors).
	body := m.Body()
	if len(body) < p.minBody || len(body) > p.maxBody {
		return mach.MIG_BAD_ARGUMENTS
	}
	at, desc := 0, 0
	values := make([]uint32, len(p.in)) // of counts
	for i := range p.in {
		f := &p.in[i]
		if f.kind.descriptor() {
			k := 1
			if f.kind == portDesc {
				k = f.n
			}
			if !x.takeDescs(f, m.Descs[desc:desc+k]) {
				return mach.MIG_TYPE_ERROR
			}
			desc += k
			continue
		}
		n := f.size
		if f.count >= 0 {
			count := int(values[f.count])
			if count > f.n {
				return mach.MIG_BAD_ARGUMENTS
			}
			n = roundUp4(count * f.elem)
		}
		if at+n > len(body) {
			return mach.MIG_BAD_ARGUMENTS
		}
		b := body[at : at+n]
		at += n
		if f.kind == plain {
			if n >= 4 {
				values[i] = le.Uint32(b)
			}
			x.takePlain(f, b)
		}
	}
	if at != len(body) {
		return mach.MIG_BAD_ARGUMENTS
	}
	return mach.KERN_SUCCESS
}

func roundUp4(n int) int { return (n + 3) &^ 3 }

// takePlain passes a field by value, or its place for a pointer parameter.
func (x *call) takePlain(f *field, b []byte) {
	i := f.param
	if i < 0 {
		return
	}
	switch x.plan.fn.Params[i].Kind {
	case proto.Pointer, proto.CString, proto.BigStruct:
		buf := make([]byte, f.size, f.size+1)
		copy(buf, b)
		if f.elem == 1 {
			buf = buf[:f.size+1] // a string that fills its field ends here
		}
		x.point(i, buf)
	default:
		var word [8]byte
		copy(word[:], b)
		x.args[i] = le.Uint64(word[:])
	}
}

// point makes argument i the address of a buffer.
func (x *call) point(i int, b []byte) {
	x.mem.buffers[i] = b
	x.args[i] = bufferAddress(i)
}

// takeDescs passes what descriptors carry; it reports false if they are of
// another type.
func (x *call) takeDescs(f *field, descs []ipc.Desc) bool {
	i := f.param
	for k := range descs {
		d := &descs[k]
		switch f.kind {
		case portDesc:
			if d.Type != mach.MACH_MSG_PORT_DESCRIPTOR || f.rights != 0 && d.Right.Type != f.rights {
				return false
			}
			if i >= 0 && f.n == 1 {
				x.reply.In[i] = d.Right
				if d.Right.Port == nil {
					delete(x.reply.In, i)
				}
				x.poly(i, d.Right.Type)
				d.Right = ipc.Right{}
			}
		case oolDesc:
			if d.Type != mach.MACH_MSG_OOL_DESCRIPTOR && d.Type != mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR {
				return false
			}
			if i >= 0 {
				x.point(i, d.Memory)
			}
		case oolPorts:
			if d.Type != mach.MACH_MSG_OOL_PORTS_DESCRIPTOR || f.rights != 0 && d.RightsType != f.rights {
				return false
			}
			if i >= 0 {
				x.takePorts(i, d)
			}
		}
	}
	return true
}

// poly passes the type of the right of parameter i to the one that tells it.
func (x *call) poly(i int, typ mach.MachMsgTypeName) {
	ps := x.plan.fn.Params
	if i+1 < len(ps) && ps[i+1].Name == ps[i].Name+"Poly" {
		x.args[i+1] = uint64(typ)
	}
}

// takePorts gives an array of rights names of the caller while the call lasts:
// handlers take arrays by name.
func (x *call) takePorts(i int, d *ipc.Desc) {
	names := make([]byte, 4*len(d.Rights))
	for k, r := range d.Rights {
		name, kr := x.task.Space.CopyoutRight(r)
		if kr != mach.KERN_SUCCESS {
			continue
		}
		le.PutUint32(names[4*k:], uint32(name))
		if r.Valid() {
			x.names = append(x.names, name)
		}
	}
	d.Rights = nil
	x.point(i, names)
}

// room makes buffers for the results that the request does not bring along.
func (x *call) room() {
	p := x.plan
	for k := range p.out {
		f := &p.out[k]
		i := f.param
		if i < 0 || p.fn.Params[i].Kind != proto.Pointer && p.fn.Params[i].Kind != proto.CString {
			continue
		}
		if len(x.mem.buffers[i]) < f.size {
			b := make([]byte, max(f.size, 8))
			copy(b, x.mem.buffers[i])
			x.point(i, b)
		}
	}
	// A count that only comes out holds the room of what it counts.
	for k := range p.out {
		f := &p.out[k]
		if f.count < 0 {
			continue
		}
		c := p.out[f.count]
		if c.param >= 0 && !x.asked(c.param) && le.Uint32(x.mem.buffers[c.param]) == 0 {
			le.PutUint32(x.mem.buffers[c.param], uint32(f.n))
		}
	}
	for i := range p.fn.Params {
		if i > 0 && x.args[i] == 0 && p.fn.Params[i].Kind == proto.Pointer && x.mem.buffers[i] == nil {
			x.point(i, make([]byte, 8)) // a Poly that comes out
		}
	}
}

// asked reports whether the request has a field of a parameter.
func (x *call) asked(i int) bool {
	for k := range x.plan.in {
		if x.plan.in[k].param == i {
			return true
		}
	}
	return false
}
