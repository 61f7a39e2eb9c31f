package mig

import (
	"bytes"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// answer puts the reply of a call that went well together. Arrays are as long
// as their counts say, and what follows them moves up.
func (x *call) answer(id int32) *ipc.Message {
	p := x.plan
	var descs []ipc.Desc
	var b []byte
	if p.outDescs > 0 {
		b = le.AppendUint32(b, uint32(p.outDescs))
	}
	counts := make([]uint32, len(p.out))
	for k := range p.out {
		counts[k] = x.count(k)
	}
	for k := range p.out {
		f := &p.out[k]
		switch f.kind {
		case ndr:
			b = append(b, 0, 0, 0, 0, 1, 0, 0, 0)
		case returnCode:
			b = append(b, 0, 0, 0, 0)
		case pad:
			b = append(b, make([]byte, f.size)...)
		case portDesc, oolDesc, oolPorts:
			for j := 0; j < max(f.n, 1); j++ {
				d := x.desc(f, j)
				d.Offset = headerSize + len(b)
				descs = append(descs, d)
				if f.kind == portDesc {
					b = append(b, make([]byte, 12)...)
				} else {
					b = append(b, make([]byte, 16)...)
				}
				if f.kind == oolPorts {
					b[len(b)-6] = byte(mach.MACH_MSG_TYPE_PORT_SEND)
				}
				if f.kind != portDesc {
					b[len(b)-7] = byte(mach.MACH_MSG_VIRTUAL_COPY)
				}
			}
		default:
			n := f.size
			if f.count >= 0 {
				n = min(f.size, roundUp4(int(counts[f.count])*f.elem))
			}
			start := len(b)
			b = append(b, make([]byte, n)...)
			if f.param >= 0 {
				copy(b[start:], x.mem.buffers[f.param])
			} else if len(b)-start >= 4 {
				le.PutUint32(b[start:], counts[k])
			}
		}
	}
	x.drop()
	return ipc.NewMessage(id, b, descs...)
}

// count is the value of a field as a count: a string's is its length with the
// NUL.
func (x *call) count(k int) uint32 {
	p := x.plan
	f := &p.out[k]
	if f.param >= 0 {
		if b := x.mem.buffers[f.param]; f.n == 1 && len(b) >= 4 {
			return le.Uint32(b)
		}
		return 0
	}
	for j := range p.out {
		s := &p.out[j]
		if s.count == k && s.string && s.param >= 0 {
			b := x.mem.buffers[s.param]
			n := bytes.IndexByte(b, 0)
			if n < 0 {
				n = len(b) - 1
			}
			return uint32(n + 1)
		}
	}
	return 0
}

// desc is the j-th descriptor of a field: it takes the right or memory that
// the handler gave.
func (x *call) desc(f *field, j int) ipc.Desc {
	i := f.param
	switch f.kind {
	case oolDesc:
		d := ipc.Desc{Type: mach.MACH_MSG_OOL_DESCRIPTOR, Copy: byte(mach.MACH_MSG_VIRTUAL_COPY)}
		d.Memory = x.reply.Memory[i]
		return d
	case oolPorts:
		d := ipc.Desc{Type: mach.MACH_MSG_OOL_PORTS_DESCRIPTOR, Rights: x.reply.Arrays[i]}
		delete(x.reply.Arrays, i)
		return d
	}
	d := ipc.Desc{Type: mach.MACH_MSG_PORT_DESCRIPTOR, Right: ipc.Right{Type: mach.MACH_MSG_TYPE_PORT_SEND}}
	if f.n == 1 {
		if r, ok := x.reply.Ports[i]; ok {
			d.Right = r
			delete(x.reply.Ports, i)
		}
		return d
	}
	// An in-line array of rights, such as exception handlers.
	if rights := x.reply.Arrays[i]; j < len(rights) {
		d.Right = rights[j]
		rights[j] = ipc.Right{}
		return d
	}
	// A handler that stores names: the right moves from the name.
	if b := x.mem.buffers[i]; 4*j+4 <= len(b) && j < int(x.arrayCount()) {
		if name := mach.MachPort(le.Uint32(b[4*j:])); name != mach.MACH_PORT_NULL {
			if r, kr, _ := x.task.Space.CopyinOwn(name, mach.MACH_MSG_TYPE_MOVE_SEND); kr == mach.KERN_SUCCESS {
				d.Right = r
			}
		}
	}
	return d
}

// arrayCount is the count that in-line arrays of a reply share.
func (x *call) arrayCount() uint32 {
	for k := range x.plan.out {
		if f := &x.plan.out[k]; f.n == 1 && f.param >= 0 && len(f.name) > 3 && f.name[len(f.name)-3:] == "Cnt" {
			return x.count(k)
		}
	}
	return 0
}

// drop releases what the reply has no place for.
func (x *call) drop() { x.release() }
