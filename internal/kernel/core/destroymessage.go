package core

import (
	"encoding/binary"

	"github.com/gomach/mach"
)

var le = binary.LittleEndian

// DestroyMessage releases the rights and memory of a message in the caller's
// memory, as received or as about to be sent. The destination of a received
// message holds none.
func (c *Ctx) DestroyMessage(addr uint64) {
	var head [28]byte
	if c.ReadAt(addr, head[:24]) != mach.KERN_SUCCESS {
		return
	}
	bits := le.Uint32(head[:])
	destroyRight(c, mach.MachPort(le.Uint32(head[8:])), bits&0x1f)
	destroyRight(c, mach.MachPort(le.Uint32(head[16:])), bits>>16&0x1f)
	if bits&mach.MACH_MSGH_BITS_COMPLEX == 0 || c.ReadAt(addr+24, head[24:]) != mach.KERN_SUCCESS {
		return
	}
	count := le.Uint32(head[24:])
	at := addr + 28
	for ; count > 0; count-- {
		var b [16]byte
		if c.ReadAt(at, b[:12]) != mach.KERN_SUCCESS {
			return
		}
		typ := mach.MachMsgDescriptorType(b[11])
		if typ == mach.MACH_MSG_PORT_DESCRIPTOR {
			destroyRight(c, mach.MachPort(le.Uint32(b[:])), uint32(b[10]))
			at += 12
			continue
		}
		if typ > mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR || c.ReadAt(at+12, b[12:]) != mach.KERN_SUCCESS {
			return
		}
		at += 16
		size := uint64(le.Uint32(b[12:]))
		memory := le.Uint64(b[:])
		switch typ {
		case mach.MACH_MSG_OOL_DESCRIPTOR:
			if b[8] != 0 && size > 0 {
				c.Task.VM().DeallocateMemory(memory, size)
			}
		case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
			destroyPorts(c, memory, size, uint32(b[10]), b[8] != 0)
		case mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
			name := mach.MachPort(size)
			if mach.MachMsgGuardFlags(le.Uint16(b[8:]))&mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND == 0 {
				c.Task.Space.Unguard(name, memory)
			}
			destroyRight(c, name, uint32(b[10]))
		}
	}
}

func destroyPorts(c *Ctx, memory, count uint64, disposition uint32, deallocate bool) {
	var b [4]byte
	for i := uint64(0); i < count; i++ {
		if c.ReadAt(memory+4*i, b[:]) != mach.KERN_SUCCESS {
			break
		}
		destroyRight(c, mach.MachPort(le.Uint32(b[:])), disposition)
	}
	if deallocate && count > 0 {
		c.Task.VM().DeallocateMemory(memory, 4*count)
	}
}

// destroyRight does what sending the right and destroying the message would.
func destroyRight(c *Ctx, name mach.MachPort, disposition uint32) {
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return
	}
	s := c.Task.Space
	switch d := mach.MachMsgTypeName(disposition); d {
	case mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		s.Deallocate(name)
	case mach.MACH_MSG_TYPE_MOVE_RECEIVE:
		s.ModRefs(name, mach.MACH_PORT_RIGHT_RECEIVE, -1)
	case mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE:
		if r, kr, _ := s.CopyinOwn(name, d); kr == mach.KERN_SUCCESS {
			r.Release()
		}
	}
}
