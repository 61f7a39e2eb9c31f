package calls

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

func insertRight(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	d := mach.MachMsgTypeName(c.U32(3))
	var r ipc.Right
	var kr mach.KernReturn
	if c.MIG == nil && s == c.Task.Space {
		// The trap, which the library tries first (osfmk/ipc/mach_kernelrpc.c).
		poly := c.Name(2)
		switch {
		case poly == c.Name(1) && (d == mach.MACH_MSG_TYPE_MAKE_SEND || d == mach.MACH_MSG_TYPE_COPY_SEND):
			return s.InsertSame(poly, d)
		case poly == mach.MACH_PORT_NULL || poly == mach.MACH_PORT_DEAD:
			return mach.KERN_INVALID_NAME
		}
		var v ipc.Violation
		r, kr, v = s.CopyinOwn(poly, d)
		c.Guard(v)
	} else {
		r, kr = c.TakeRight(2, d)
	}
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if kr = s.InsertRight(c.Name(1), r); kr != mach.KERN_SUCCESS {
		r.Release()
	}
	return kr
}

func extractRight(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	r, kr, v := s.ExtractRight(c.Name(1), mach.MachMsgTypeName(c.U32(2)), s == c.Task.Space)
	c.Guard(v)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	typ := r.Type
	if kr = c.GiveRight(3, r); kr != mach.KERN_SUCCESS {
		return kr
	}
	if c.MIG != nil {
		return kr // the descriptor tells the type
	}
	return c.Put32(4, uint32(typ))
}

func requestNotification(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	var notify ipc.Right
	var kr mach.KernReturn
	if d := mach.MachMsgTypeName(c.U32(5)); c.MIG == nil && s == c.Task.Space {
		var v ipc.Violation
		notify, kr, v = s.CopyinTrap(c.Name(4), d)
		c.Guard(v)
	} else {
		notify, kr = c.TakeRight(4, d)
	}
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if notify.Port != nil && notify.Type != mach.MACH_MSG_TYPE_PORT_SEND_ONCE {
		if !notify.Valid() {
			return mach.KERN_INVALID_CAPABILITY
		}
		notify.Release()
		return mach.MIG_TYPE_ERROR
	}
	previous, kr, v := s.RequestNotification(c.Name(1), c.I32(2), c.U32(3), notify.Port)
	if kr != mach.KERN_SUCCESS {
		notify.Release()
		c.Guard(v)
		return kr
	}
	r := ipc.Right{Port: previous, Type: mach.MACH_MSG_TYPE_PORT_SEND_ONCE}
	if c.MIG == nil && s == c.Task.Space && notify.Valid() && previous != nil && previous.Dead() {
		// The trap copies the previous right out by itself, and a dead one cannot
		// be; a message carries it as MACH_PORT_DEAD (ipc_object_copyout in
		// osfmk/ipc/ipc_object.c). The new request stands all the same.
		r.Release()
		return mach.KERN_INVALID_CAPABILITY
	}
	return c.GiveRight(6, r)
}

// requestNotificationTrap answers a disposition that makes no send-once right,
// and a right that is none, as if the task argument were wrong: it leaves both
// to the routine.
func requestNotificationTrap(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	d := mach.MachMsgTypeName(c.U32(5))
	if d != mach.MACH_MSG_TYPE_MAKE_SEND_ONCE && d != mach.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		return mach.MACH_SEND_INVALID_DEST
	}
	if notify := c.Name(4); notify == mach.MACH_PORT_NULL || notify == mach.MACH_PORT_DEAD {
		return mach.MACH_SEND_INVALID_DEST
	}
	return requestNotification(c, s)
}

func requestInfo(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	total, used, kr := s.RequestCounts(c.Name(1))
	if kr = put(c, 2, total, kr); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put32(3, used)
}

func insertMember(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.InsertMember(c.Name(1), c.Name(2)))
}

func extractMember(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.ExtractMember(c.Name(1), c.Name(2)))
}

func moveMember(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.MoveMember(c.Name(1), c.Name(2)))
}

func setStatus(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	list, kr := s.SetMembers(c.Name(1))
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	b := make([]byte, 4*len(list))
	for i, name := range list {
		le.PutUint32(b[4*i:], uint32(name))
	}
	return c.GiveMemory(2, 3, b, uint32(len(list)))
}

func setMscount(c *core.Ctx, s *ipc.Space) mach.KernReturn { return s.SetMscount(c.Name(1), c.U32(2)) }
func setSeqno(c *core.Ctx, s *ipc.Space) mach.KernReturn   { return s.SetSeqno(c.Name(1), c.U32(2)) }

func sendRights(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	n, kr := s.SendRights(c.Name(1))
	return put(c, 2, n, kr)
}

func getContext(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	context, kr := s.Context(c.Name(1))
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(2, context)
}

func setContext(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.SetContext(c.Name(1), c.U64(2)))
}

func guard(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	flags := uint64(0)
	if c.Bool(3) {
		flags = mach.MPG_STRICT
	}
	return guarded(c)(s.Guard(c.Name(1), c.U64(2), flags))
}

func guardWithFlags(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.Guard(c.Name(1), c.U64(2), c.U64(3)))
}

func unguard(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.Unguard(c.Name(1), c.U64(2)))
}

func swapGuard(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	return guarded(c)(s.SwapGuard(c.Name(1), c.U64(2), c.U64(3)))
}

// peek refuses trailers beyond the audit token, and a room for the trailer
// that is too small.
func peek(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	name := c.Name(1)
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return mach.KERN_INVALID_RIGHT
	}
	option := mach.MachMsgOption(c.U32(2))
	room, kr := c.Get32(7)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	size, elements := ipc.TrailerSize(option)
	if elements > mach.MACH_RCV_TRAILER_AUDIT || size > room {
		c.Guard(ipc.Violation{Reason: mach.KGUARD_EXC_INVALID_VALUE, Name: name})
		return mach.KERN_INVALID_VALUE
	}
	seqno, kr := c.Get32(3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	seqno, length, id, sender, kr, v := s.PeekMessage(name, seqno)
	if kr != mach.KERN_SUCCESS {
		c.Guard(v)
		return kr
	}
	for _, x := range [...]struct {
		i int
		v uint32
	}{{3, seqno}, {4, length}, {5, uint32(id)}, {7, size}} {
		if kr := c.Put32(x.i, x.v); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	return c.Write(6, ipc.PutTrailer(option, sender, seqno))
}
