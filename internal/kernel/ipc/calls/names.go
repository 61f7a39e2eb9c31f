package calls

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

var le = binary.LittleEndian

// give stores a new name where argument i points, or gives it up again.
func give(c *core.Ctx, s *ipc.Space, i int, name mach.MachPort, kr mach.KernReturn) mach.KernReturn {
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if kr = c.Put32(i, uint32(name)); kr != mach.KERN_SUCCESS {
		s.Destroy(name)
	}
	return kr
}

func allocate(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	name, kr := s.Allocate(mach.MachPortRight(c.U32(1)), mach.MACH_PORT_NULL)
	return give(c, s, 2, name, kr)
}

func allocateName(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	name := c.Name(2)
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return mach.KERN_INVALID_VALUE
	}
	_, kr := s.Allocate(mach.MachPortRight(c.U32(1)), name)
	return kr
}

// The bits of mach_port_qos_t.
const (
	qosName     = 1
	qosPrealloc = 2
)

func allocateFull(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	if c.U32(2) != 0 {
		return mach.KERN_INVALID_VALUE // a subsystem prototype
	}
	bits, length, kr := qos(c, 3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	chosen := mach.MachPort(mach.MACH_PORT_NULL)
	if bits&qosName != 0 {
		v, kr := c.Get32(4)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		chosen = mach.MachPort(v)
		if chosen == mach.MACH_PORT_NULL || chosen == mach.MACH_PORT_DEAD {
			return mach.KERN_INVALID_VALUE
		}
	}
	if kr := prealloc(c, bits, length); kr != mach.KERN_SUCCESS {
		return kr
	}
	name, kr := s.Allocate(mach.MachPortRight(c.U32(1)), chosen)
	return withoutPrealloc(c, s, 3, bits, 4, name, kr)
}

func allocateQOS(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	bits, length, kr := qos(c, 2)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if bits&qosName != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	if kr := prealloc(c, bits, length); kr != mach.KERN_SUCCESS {
		return kr
	}
	name, kr := s.Allocate(mach.MachPortRight(c.U32(1)), mach.MACH_PORT_NULL)
	return withoutPrealloc(c, s, 2, bits, 3, name, kr)
}

// withoutPrealloc is give, and tells in the options, argument at, that no
// message was preallocated.
func withoutPrealloc(c *core.Ctx, s *ipc.Space, at int, bits uint32, i int, name mach.MachPort, kr mach.KernReturn) mach.KernReturn {
	if kr = give(c, s, i, name, kr); kr != mach.KERN_SUCCESS || bits&qosPrealloc == 0 {
		return kr
	}
	if kr = c.Put32(at, bits&^qosPrealloc); kr != mach.KERN_SUCCESS {
		s.Destroy(name)
	}
	return kr
}

func qos(c *core.Ctx, i int) (bits, length uint32, kr mach.KernReturn) {
	var b [8]byte
	kr = c.Read(i, b[:])
	return le.Uint32(b[:]), le.Uint32(b[4:]), kr
}

// prealloc judges a request for a preallocated message, which is granted by
// doing nothing.
func prealloc(c *core.Ctx, bits, length uint32) mach.KernReturn {
	const maxTrailer = 68
	switch {
	case bits&qosPrealloc == 0:
		return mach.KERN_SUCCESS
	case length > mach.MACH_MSG_SIZE_MAX-maxTrailer:
		return mach.KERN_RESOURCE_SHORTAGE
	case mach.MachPortRight(c.U32(1)) != mach.MACH_PORT_RIGHT_RECEIVE:
		return mach.KERN_INVALID_VALUE
	}
	return mach.KERN_SUCCESS
}

func construct(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	var b [24]byte
	if kr := c.Read(1, b[:]); kr != mach.KERN_SUCCESS {
		return kr
	}
	name, kr := s.Construct(ipc.Construction{
		Flags: le.Uint32(b[:]), QLimit: le.Uint32(b[4:]), Context: c.U64(2),
		Service: mach.MachPort(le.Uint32(b[8:])), Caller: c.Task.Space,
	})
	return give(c, s, 3, name, kr)
}

func deallocate(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.Deallocate(c.Name(1)))
}
func destroy(c *core.Ctx, s *ipc.Space) mach.KernReturn { return guarded(c)(s.Destroy(c.Name(1))) }

func destruct(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.Destruct(c.Name(1), c.I32(2), c.U64(3)))
}

func modRefs(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.ModRefs(c.Name(1), mach.MachPortRight(c.U32(2)), c.I32(3)))
}

func getRefs(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	refs, kr := s.Refs(c.Name(1), mach.MachPortRight(c.U32(2)))
	return put(c, 3, refs, kr)
}

// put stores a 32-bit result of a call that went well.
func put(c *core.Ctx, i int, v uint32, kr mach.KernReturn) mach.KernReturn {
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put32(i, v)
}

func portType(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	typ, kr := s.Type(c.Name(1))
	return put(c, 2, uint32(typ), kr)
}

// rename is a routine that Darwin's kernel has no more: its answer to the
// message id.
func rename(c *core.Ctx, s *ipc.Space) mach.KernReturn { return mach.MIG_BAD_ID }

func names(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	list, types, kr := s.Names()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	a, b := make([]byte, 4*len(list)), make([]byte, 4*len(list))
	for i := range list {
		le.PutUint32(a[4*i:], uint32(list[i]))
		le.PutUint32(b[4*i:], uint32(types[i]))
	}
	if kr := c.GiveMemory(1, 2, a, uint32(len(list))); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GiveMemory(3, 4, b, uint32(len(list)))
}

func spaceBasicInfo(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	size, used, kr := s.Sizes()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	var b [24]byte
	le.PutUint32(b[0:], ipc.GenerationMask)
	le.PutUint32(b[4:], size)
	le.PutUint32(b[12:], used)
	return c.Write(1, b[:])
}

func spaceInfo(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	slots, kr := s.Info()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	const size = 28 // of ipc_info_name_t
	table := make([]byte, size*len(slots))
	for i, x := range slots {
		b := table[size*i:]
		le.PutUint32(b[0:], uint32(x.Name))
		le.PutUint32(b[8:], uint32(x.Type))
		le.PutUint32(b[12:], x.Urefs)
		le.PutUint32(b[16:], x.Object)
		le.PutUint32(b[20:], x.Next)
	}
	var b [24]byte
	le.PutUint32(b[0:], ipc.GenerationMask)
	le.PutUint32(b[4:], uint32(len(slots)))
	if kr := c.Write(1, b[:]); kr != mach.KERN_SUCCESS {
		return kr
	}
	if kr := c.GiveMemory(2, 3, table, uint32(len(slots))); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GiveMemory(4, 5, nil, 0)
}
