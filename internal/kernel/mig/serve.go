package mig

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/proto"
)

var le = binary.LittleEndian

// call is a request on its way.
type call struct {
	plan  *plan
	mem   overlay
	args  [12]uint64
	reply core.Reply
	names []mach.MachPort // that the request's arrays of rights got
	task  *core.Task
}

// Serve performs a message to a kernel port for the caller of c. It uses the
// message up and returns the reply, or nil.
func Serve(c *core.Ctx, m *ipc.Message) *ipc.Message {
	to := m.TakeReply()
	code, fields := mach.KernReturn(mach.MIG_BAD_ID), (*call)(nil)
	p := plans()[m.ID]
	if p != nil {
		fields = &call{plan: p, task: c.Task}
		code = fields.perform(c, m)
	} else if r, ok := refused[m.ID]; ok {
		code = r.answer(m)
	}
	id := m.ID + 100
	m.Destroy()
	if p != nil && p.simple {
		to.Release()
		return nil
	}
	if !to.Valid() {
		if fields != nil {
			fields.release()
		}
		return nil
	}
	var r *ipc.Message
	if code == mach.KERN_SUCCESS && fields != nil {
		r = fields.answer(id)
	} else {
		if fields != nil {
			fields.release()
		}
		r = failure(id, code)
	}
	r.Dest = to
	return r
}

// failure is the reply that only tells a code: NDR record and RetCode.
func failure(id int32, code mach.KernReturn) *ipc.Message {
	var b [12]byte
	b[4] = 1
	le.PutUint32(b[8:], uint32(code))
	return ipc.NewMessage(id, b[:])
}

// perform takes the request apart and calls the handler.
func (x *call) perform(c *core.Ctx, m *ipc.Message) mach.KernReturn {
	x.mem.under = c.Mem
	x.reply = core.Reply{
		In: map[int]ipc.Right{}, Ports: map[int]ipc.Right{},
		Memory: map[int][]byte{}, Arrays: map[int][]ipc.Right{},
	}
	if code := x.take(m); code != mach.KERN_SUCCESS {
		return code
	}
	x.room()
	// The object is what the message was sent to; a receive right does not
	// count as one, so no name is looked up.
	x.reply.In[0] = m.Dest
	k := *c
	k.Args, k.Mem, k.MIG = &x.args, &x.mem, &x.reply
	result := c.Kernel.Call(&k, x.plan.sym)
	if _, there := x.reply.In[0]; !there {
		m.Dest = ipc.Right{} // the handler took it
	}
	delete(x.reply.In, 0)
	for _, r := range x.reply.In {
		r.Release()
	}
	for _, name := range x.names {
		c.Task.Space.Deallocate(name)
	}
	if x.plan.fn.Returns == proto.KernReturn {
		return mach.KernReturn(int32(result))
	}
	return mach.KERN_SUCCESS
}

// release gives up what a handler left for a reply that nobody gets.
func (x *call) release() {
	for _, r := range x.reply.Ports {
		r.Release()
	}
	for _, a := range x.reply.Arrays {
		for _, r := range a {
			r.Release()
		}
	}
}
