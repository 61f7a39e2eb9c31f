package ipc

import "github.com/gomach/mach"

// copyoutBody hands the descriptors' rights and memory to the receiver and
// writes the descriptors; it goes on after failures, whose detail bits it
// returns (osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyout_descriptors).
func (s *Space) copyoutBody(m *Message, vm VM, wantGuarded, pseudo bool, rcvAddr uint64, n *notices) mach.KernReturn {
	var mr mach.KernReturn
	for i := range m.Descs {
		d := &m.Descs[i]
		b := m.Data[d.Offset : d.Offset+descSize(d.Type)]
		switch d.Type {
		case mach.MACH_MSG_PORT_DESCRIPTOR:
			typ := d.Right.Type
			name, kr := s.copyoutPort(d.Right, n)
			mr |= kr
			le.PutUint32(b, uint32(name))
			le.PutUint32(b[4:], 0)
			b[8], b[9], b[10], b[11] = 0, 0, byte(typ), byte(d.Type)
		case mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
			mr |= s.copyoutGuarded(d, b, wantGuarded, pseudo, rcvAddr, n)
		case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
			mr |= s.copyoutPorts(d, b, vm, n)
		default:
			mr |= copyoutMemory(d, b, vm)
		}
		*d = Desc{}
	}
	if mr != 0 {
		mr |= mach.MACH_RCV_BODY_ERROR
	}
	return mr
}

func copyoutMemory(d *Desc, b []byte, vm VM) (mr mach.KernReturn) {
	var addr uint64
	size := uint32(len(d.Memory))
	if size > 0 {
		if addr, mr = place(vm, d.Memory); mr != 0 {
			size = 0
		}
	}
	le.PutUint64(b, addr)
	b[8], b[9], b[10], b[11] = 0, d.Copy, 0, byte(d.Type)
	if d.Copy == byte(mach.MACH_MSG_VIRTUAL_COPY) {
		b[8] = 1
	}
	le.PutUint32(b[12:], size)
	return mr
}

// place puts bytes into fresh memory of the receiver.
func place(vm VM, data []byte) (uint64, mach.KernReturn) {
	addr, kr := vm.AllocateMemory(uint64(len(data)))
	if kr != mach.KERN_SUCCESS {
		if kr == mach.KERN_RESOURCE_SHORTAGE {
			return 0, mach.MACH_MSG_VM_KERNEL
		}
		return 0, mach.MACH_MSG_VM_SPACE
	}
	if _, err := vm.WriteAt(data, addr); err != nil {
		vm.DeallocateMemory(addr, uint64(len(data)))
		return 0, mach.MACH_MSG_VM_SPACE
	}
	return addr, 0
}

func (s *Space) copyoutPorts(d *Desc, b []byte, vm VM, n *notices) (mr mach.KernReturn) {
	var addr uint64
	if len(d.Rights) > 0 {
		// Memory comes first: without it the rights are destroyed.
		names := make([]byte, 4*len(d.Rights))
		if addr, mr = place(vm, names); mr != 0 {
			for _, r := range d.Rights {
				r.Release()
			}
			addr = 0
		} else {
			for i, r := range d.Rights {
				name, kr := s.copyoutPort(r, n)
				mr |= kr
				le.PutUint32(names[4*i:], uint32(name))
			}
			if _, err := vm.WriteAt(names, addr); err != nil {
				mr |= mach.MACH_MSG_VM_SPACE
			}
		}
	}
	le.PutUint64(b, addr)
	// The disposition was turned into the type of right when it was sent.
	b[8], b[9], b[11] = 1, byte(mach.MACH_MSG_VIRTUAL_COPY), byte(d.Type)
	le.PutUint32(b[12:], uint32(len(d.Rights)))
	return mr
}

// copyoutGuarded hands a guarded receive right over. A receiver that did not
// ask for such descriptors finds it destroyed. The guard of an immovable right
// is the address that the message was received at.
func (s *Space) copyoutGuarded(d *Desc, b []byte, want, pseudo bool, rcvAddr uint64, n *notices) (mr mach.KernReturn) {
	typ := d.Right.Type
	name, flags := mach.MachPort(mach.MACH_PORT_NULL), mach.MachMsgGuardFlags(d.Flags)
	context := d.Context
	if !want {
		d.Right.Release()
		context = 0
	} else {
		p := d.Right.Port
		name, mr = s.copyoutPort(d.Right, n)
		if valid(name) && flags&mach.MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE != 0 {
			p.mu.Lock()
			p.flags |= guarded
			p.flags &^= strictGuard
			if !pseudo {
				p.flags |= immovableReceive
			}
			p.context = rcvAddr
			p.mu.Unlock()
			context = rcvAddr
			flags &^= mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND
		}
	}
	le.PutUint64(b, context)
	le.PutUint16(b[8:], uint16(flags))
	b[10], b[11] = byte(typ), byte(d.Type)
	le.PutUint32(b[12:], uint32(name))
	return mr
}
