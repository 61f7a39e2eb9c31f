package task

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// raiseTable are the client's halves of the exception messages: a program may
// send them itself. They are plain messages, with the caller's own rights.
func raiseTable() core.Table {
	return core.Table{
		"exception_raise":                full(core.K(func(c *core.Ctx) mach.KernReturn { return raiseCall(c, 0) })),
		"exception_raise_state":          full(core.K(func(c *core.Ctx) mach.KernReturn { return raiseCall(c, 1) })),
		"exception_raise_state_identity": full(core.K(func(c *core.Ctx) mach.KernReturn { return raiseCall(c, 2) })),
	}
}

// raiseCall sends message excRaise+form. Arguments: the port, thread and task
// but for form 1, exception, codes, count of codes; then, but for form 0,
// flavor (in and out), old state, its count, new state, its count.
func raiseCall(c *core.Ctx, form int32) mach.KernReturn {
	to, kr := takeSend(c, 0)
	if kr != mach.KERN_SUCCESS || !to.Valid() {
		to.Release()
		return mach.MACH_SEND_INVALID_DEST
	}
	var b body
	i := 1
	if form != 1 {
		thread, kr := takeSend(c, 1)
		if kr != mach.KERN_SUCCESS {
			to.Release()
			return kr
		}
		task, kr := takeSend(c, 2)
		if kr != mach.KERN_SUCCESS {
			to.Release()
			thread.Release()
			return kr
		}
		b.rights(thread, task)
		i = 3
	}
	drop := func(kr mach.KernReturn) mach.KernReturn {
		to.Release()
		for _, d := range b.descs {
			d.Right.Release()
		}
		return kr
	}
	codes, kr := c.TakeInfo(i+1, i+2, mach.EXCEPTION_CODE_MAX)
	if kr != mach.KERN_SUCCESS {
		return drop(kr)
	}
	b.ndr()
	b.u32(c.U32(i))
	b.words(codes)
	if form == 0 {
		_, kr := b.call(excRaise, to, c.Task.Dead())
		return kr
	}
	flavor, kr := c.Get32(i + 3)
	if kr != mach.KERN_SUCCESS {
		return drop(kr)
	}
	state, kr := c.TakeInfo(i+4, i+5, mach.THREAD_STATE_MAX)
	if kr != mach.KERN_SUCCESS {
		return drop(kr)
	}
	b.u32(flavor)
	b.words(state)
	reply, kr := b.call(excRaise+form, to, c.Task.Dead())
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return takeReplied(c, reply, i+3, i+6)
}

// takeReplied stores what a reply brings: flavor, and state with its count.
func takeReplied(c *core.Ctx, reply []byte, flavor, state int) mach.KernReturn {
	if len(reply) < 8 {
		return mach.MIG_TYPE_ERROR
	}
	count := binary.LittleEndian.Uint32(reply[4:])
	if uint64(count)*4 > uint64(len(reply)-8) {
		return mach.MIG_TYPE_ERROR
	}
	if room, kr := c.Get32(state + 1); kr != mach.KERN_SUCCESS {
		return kr
	} else if count > room {
		return mach.MIG_ARRAY_TOO_LARGE
	}
	if kr := c.Put32(flavor, binary.LittleEndian.Uint32(reply)); kr != mach.KERN_SUCCESS {
		return kr
	}
	if kr := c.Write(state, reply[8:8+4*count]); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put32(state+1, count)
}

// words appends a counted array.
func (b *body) words(w []uint32) {
	b.u32(uint32(len(w)))
	for _, v := range w {
		b.u32(v)
	}
}

// rights begins a complex body with rights that the message takes over.
func (b *body) rights(rights ...ipc.Right) {
	b.ports(make([]*ipc.Port, len(rights))...)
	for i, r := range rights {
		b.descs[i].Right = r
	}
}
