package calls

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

func selfTable() core.Table {
	return core.Table{
		"task_self_trap":          name(taskSelf),
		"mach_task_is_self":       {Handler: taskIsSelf, Level: core.Full},
		"mach_thread_self":        name(threadSelf),
		"mig_get_reply_port":      name(migReplyPort),
		"mig_put_reply_port":      {Handler: func(*core.Ctx) uint64 { return 0 }, Level: core.Full},
		"mig_dealloc_reply_port":  {Handler: migDeallocReply, Level: core.Full},
		"mig_reply_setup":         {Handler: migReplySetup, Level: core.Full},
		"mig_allocate":            {Handler: migAllocate, Level: core.Full},
		"mig_deallocate":          {Handler: migDeallocate, Level: core.Full},
		"mach_voucher_deallocate": full(voucherDeallocate),
	}
}

func name(f func(c *core.Ctx) mach.MachPort) core.Entry {
	return core.Entry{Handler: func(c *core.Ctx) uint64 { return uint64(f(c)) }, Level: core.Full}
}

// taskSelf adds a user reference, unlike mach_task_self_.
func taskSelf(c *core.Ctx) mach.MachPort {
	c.Task.SelfName()
	n, _ := c.Task.Space.InsertSend(c.Task.Port(core.Control))
	return n
}

func taskIsSelf(c *core.Ctx) uint64 {
	if t, ok := c.TaskArg(0, core.NamePort); ok && t == c.Task {
		return 1
	}
	return 0
}

// threadSelf adds a user reference at each call.
func threadSelf(c *core.Ctx) mach.MachPort {
	th := c.Caller()
	if th == nil {
		return mach.MACH_PORT_NULL
	}
	n, _ := c.Task.Space.InsertSend(th.Port(core.Control))
	return n
}

// replyPorts are a thread's own: what libSystem keeps in thread-local storage.
type replyPorts struct {
	mu  sync.Mutex
	mig mach.MachPort
}

type replyKey struct{}

func repliesOf(c *core.Ctx) *replyPorts {
	th := c.Caller()
	if th == nil {
		return nil
	}
	return th.State(replyKey{}, func() any { return new(replyPorts) }).(*replyPorts)
}

// migReplyPort makes the thread's reply port at the first call.
func migReplyPort(c *core.Ctx) mach.MachPort {
	r := repliesOf(c)
	if r == nil {
		return mach.MACH_PORT_NULL
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mig == mach.MACH_PORT_NULL {
		r.mig, _ = c.Task.Space.Construct(ipc.Construction{Flags: mach.MPO_REPLY_PORT})
	}
	return r.mig
}

func migDeallocReply(c *core.Ctx) uint64 {
	r := repliesOf(c)
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mig == mach.MACH_PORT_NULL {
		return 0
	}
	port := r.mig
	r.mig = mach.MACH_PORT_NULL
	c.Task.Space.ModRefs(port, mach.MACH_PORT_RIGHT_RECEIVE, -1)
	if c.Name(0) != port {
		c.Task.Space.Deallocate(c.Name(0))
	}
	return 0
}

// migReplySetup prepares the reply to a request.
func migReplySetup(c *core.Ctx) uint64 {
	var in [24]byte
	if c.Read(0, in[:]) != mach.KERN_SUCCESS {
		return 0
	}
	var out [36]byte
	le.PutUint32(out[0:], le.Uint32(in[0:])>>8&0x1f)
	le.PutUint32(out[4:], uint32(len(out)))
	le.PutUint32(out[8:], le.Uint32(in[12:]))
	le.PutUint32(out[20:], le.Uint32(in[20:])+100)
	out[28] = 1 // NDR: little-endian
	// The return code stays as it is.
	c.WriteAt(c.U64(1), out[:32])
	return 0
}

// migAllocate leaves 0 where the address goes if there is no memory.
func migAllocate(c *core.Ctx) uint64 {
	addr, kr := c.Task.VM().AllocateMemory(c.U64(1))
	if kr != mach.KERN_SUCCESS {
		addr = 0
	}
	c.Put64(0, addr)
	return 0
}

func migDeallocate(c *core.Ctx) uint64 {
	if c.U64(1) > 0 {
		c.Task.VM().DeallocateMemory(c.U64(0), c.U64(1))
	}
	return 0
}

func voucherDeallocate(c *core.Ctx) mach.KernReturn {
	return guarded(c)(c.Task.Space.Deallocate(c.Name(0)))
}
