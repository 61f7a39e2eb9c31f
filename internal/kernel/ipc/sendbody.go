package ipc

import "github.com/gomach/mach"

const (
	maxPorts  = 16383      // rights in one message
	maxMemory = 64<<20 - 1 // bytes of physically copied memory in one message
)

const maxDescSize = 16

// descSize is the size of a descriptor of a 64-bit task.
func descSize(t mach.MachMsgDescriptorType) int {
	if t == mach.MACH_MSG_PORT_DESCRIPTOR {
		return 12
	}
	return maxDescSize
}

// Size is the descriptor's size in a message.
func (d *Desc) Size() int { return descSize(d.Type) }

// inflate takes the descriptors' fields apart; no right or memory is touched
// (osfmk/ipc/ipc_kmsg.c, ipc_kmsg_inflate_descriptors). The fields keep the
// sender's meaning: names, addresses and dispositions.
func (m *Message) inflate(count uint32) mach.KernReturn {
	at, ports, memory := bodySize, uint64(0), uint64(0)
	for i := uint32(0); i < count; i++ {
		if at+12 > len(m.Data) {
			return mach.MACH_SEND_MSG_TOO_SMALL
		}
		t := mach.MachMsgDescriptorType(m.Data[at+11])
		if t > mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR {
			return mach.MACH_SEND_INVALID_TYPE
		}
		if at+descSize(t) > len(m.Data) {
			return mach.MACH_SEND_MSG_TOO_SMALL
		}
		m.Descs = append(m.Descs, Desc{Offset: at, Type: t})
		at += descSize(t)
	}
	for i := range m.Descs {
		d := &m.Descs[i]
		b := m.Data[d.Offset:]
		switch d.Type {
		case mach.MACH_MSG_PORT_DESCRIPTOR:
			ports++
		case mach.MACH_MSG_OOL_DESCRIPTOR, mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR:
			if b[9] > byte(mach.MACH_MSG_VIRTUAL_COPY) {
				return mach.MACH_SEND_INVALID_TYPE
			}
			if b[9] == 0 && b[8] == 0 {
				memory += uint64(le.Uint32(b[12:]))
			}
		case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
			ports += uint64(le.Uint32(b[12:]))
		case mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
			ports++
			flags := mach.MachMsgGuardFlags(le.Uint16(b[8:]))
			if mach.MachMsgTypeName(b[10]) != mach.MACH_MSG_TYPE_MOVE_RECEIVE || flags == 0 ||
				flags&^mach.MACH_MSG_GUARD_FLAGS_MASK != 0 ||
				flags&mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND != 0 && le.Uint64(b) != 0 {
				return mach.MACH_SEND_INVALID_TYPE
			}
		}
	}
	if ports > maxPorts {
		return mach.MACH_SEND_TOO_LARGE
	}
	if memory > maxMemory {
		return mach.MACH_MSG_VM_KERNEL
	}
	return mach.MACH_MSG_SUCCESS
}

// copyinBody takes the rights and memory that descriptors name. On failure
// what was taken is destroyed, the header's rights too.
func (s *Space) copyinBody(m *Message, vm VM, n *notices) mach.KernReturn {
	// A kernel object may be told about rights that go no further.
	flags := deadOK
	m.Dest.Port.mu.Lock()
	if m.Dest.Port.dead.Load() || m.Dest.Port.served() {
		flags |= immovableOK
	}
	m.Dest.Port.mu.Unlock()
	for i := range m.Descs {
		d := &m.Descs[i]
		b := m.Data[d.Offset : d.Offset+descSize(d.Type)]
		var mr mach.KernReturn
		switch d.Type {
		case mach.MACH_MSG_PORT_DESCRIPTOR:
			d.Right, mr = s.copyinPort(m, mach.MachPort(le.Uint32(b)), mach.MachMsgTypeName(b[10]), flags, nil, n)
		case mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
			mr = s.copyinGuarded(m, d, b, flags, n)
		case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
			mr = s.copyinPorts(m, d, b, vm, flags, n)
		default:
			mr = copyinMemory(d, b, vm)
		}
		if mr != mach.MACH_MSG_SUCCESS {
			// Receivers are told in the order in which the rights were taken and
			// are given up.
			n.send()
			m.Dest.Release()
			m.Reply.Release()
			m.voucher.Release()
			m.cleanDescs(len(m.Descs))
			return mr
		}
	}
	return mach.MACH_MSG_SUCCESS
}

func (s *Space) copyinPort(m *Message, name mach.MachPort, d mach.MachMsgTypeName, f copyinFlags, guardOK func(*Port) bool, n *notices) (Right, mach.KernReturn) {
	r := Right{nil, resultType(d)}
	if !valid(name) {
		if name == mach.MACH_PORT_DEAD {
			r.Port = deadPort
		}
		return r, mach.MACH_MSG_SUCCESS
	}
	s.mu.Lock()
	p, kr := s.copyin(name, d, f, guardOK, n)
	s.mu.Unlock()
	if kr != mach.KERN_SUCCESS {
		if kr == mach.KERN_INVALID_RIGHT {
			n.violated(mach.KGUARD_EXC_SEND_INVALID_RIGHT, name, 0)
		}
		return Right{}, mach.MACH_SEND_INVALID_RIGHT
	}
	p.mu.Unlock()
	r.Port = p
	if r.Type == mach.MACH_MSG_TYPE_PORT_RECEIVE && !m.bindTransit(p, m.Dest.Port) {
		m.circular = true
	}
	return r, mach.MACH_MSG_SUCCESS
}

func (s *Space) copyinGuarded(m *Message, d *Desc, b []byte, f copyinFlags, n *notices) mach.KernReturn {
	d.Context = le.Uint64(b)
	d.Flags = le.Uint16(b[8:])
	name := mach.MachPort(le.Uint32(b[12:]))
	var mr mach.KernReturn
	switch name { // which stands where the context did, sign and all
	case mach.MACH_PORT_NULL:
		d.Context = 0
	case mach.MACH_PORT_DEAD:
		d.Context = ^uint64(0)
	}
	d.Right, mr = s.copyinPort(m, name, mach.MachMsgTypeName(b[10]), f, func(p *Port) bool {
		unguarded := mach.MachMsgGuardFlags(d.Flags)&mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND != 0
		if unguarded && p.flags&guarded == 0 && d.Context == 0 || p.flags&guarded != 0 && p.context == d.Context {
			d.Flags |= uint16(mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND)
			return true
		}
		return false
	}, n)
	return mr
}

func (s *Space) copyinPorts(m *Message, d *Desc, b []byte, vm VM, f copyinFlags, n *notices) mach.KernReturn {
	addr, count := le.Uint64(b), int(le.Uint32(b[12:]))
	names := make([]byte, 4*count)
	if count > 0 {
		if _, err := vm.ReadAt(names, addr); err != nil {
			return mach.MACH_SEND_INVALID_MEMORY
		}
		if b[8] != 0 {
			vm.DeallocateMemory(addr, uint64(len(names)))
		}
	}
	d.Rights = make([]Right, 0, count)
	for ; len(names) > 0; names = names[4:] {
		r, mr := s.copyinPort(m, mach.MachPort(le.Uint32(names)), mach.MachMsgTypeName(b[10]), f, nil, n)
		if mr != mach.MACH_MSG_SUCCESS {
			return mr
		}
		d.Rights = append(d.Rights, r)
	}
	d.RightsType = resultType(mach.MachMsgTypeName(b[10]))
	b[10] = byte(d.RightsType)
	return mach.MACH_MSG_SUCCESS
}

func copyinMemory(d *Desc, b []byte, vm VM) mach.KernReturn {
	addr, size := le.Uint64(b), int(le.Uint32(b[12:]))
	d.Copy = b[9]
	if size == 0 {
		return mach.MACH_MSG_SUCCESS
	}
	memory, mr := readMemory(vm, addr, size)
	if mr != mach.MACH_MSG_SUCCESS {
		return mr
	}
	d.Memory = memory
	if b[8] != 0 {
		vm.DeallocateMemory(addr, uint64(size))
	}
	return mach.MACH_MSG_SUCCESS
}

// readMemory reads out-of-line memory. A size that a hostile sender made up is
// not allocated at once: the memory must be there.
func readMemory(vm VM, addr uint64, size int) ([]byte, mach.KernReturn) {
	const step = 16 << 20
	var out []byte
	for size > 0 {
		n := min(size, step)
		if out == nil {
			out = make([]byte, n)
		} else {
			out = append(out, make([]byte, n)...)
		}
		if _, err := vm.ReadAt(out[len(out)-n:], addr); err != nil {
			return nil, mach.MACH_SEND_INVALID_MEMORY
		}
		addr += uint64(n)
		size -= n
	}
	return out, mach.MACH_MSG_SUCCESS
}
