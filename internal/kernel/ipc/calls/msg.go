package calls

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/kernel/mig"
)

// op is a mach_msg in the making.
type op struct {
	ipc.Msg
	c *core.Ctx
}

// opOf is the op that goes with a Ctx. A call by message, which has a copy of
// its sender's Ctx, gets another one.
func opOf(c *core.Ctx) *op {
	if o, ok := c.Op.(*op); ok && c.MIG == nil {
		return o
	}
	o := new(op)
	o.Caller = o
	c.Op = o
	return o
}

// Interrupt implements ipc.Caller.
func (o *op) Interrupt() <-chan struct{} { return o.c.Interrupt() }

// Serve implements ipc.Caller.
func (o *op) Serve(m *ipc.Message) *ipc.Message { return mig.Serve(o.c, m) }

// start begins a mach_msg for the caller of c.
func start(c *core.Ctx, send, receive uint64, option mach.MachMsgOption, sendSize, rcvSize uint32, rcvName mach.MachPort, timeout uint32) uint64 {
	o := opOf(c)
	o.c = c
	o.Space, o.Mem, o.VM = c.Task.Space, c.Mem, c.Task.VM()
	o.Policy = c.Kernel.Policy
	o.Send, o.Receive, o.Option = send, receive, option
	o.SendSize, o.RcvSize, o.RcvName, o.Timeout = sendSize, rcvSize, rcvName, timeout
	return o.result(o.Start())
}

// resume goes on with a mach_msg whose receive has waited.
func resume(c *core.Ctx) uint64 {
	o := c.Op.(*op)
	return o.result(o.Resume())
}

// result ends a mach_msg, unless it waits.
func (o *op) result(kr mach.KernReturn, wake <-chan struct{}) uint64 {
	if wake != nil {
		o.c.Wake, o.c.Then = wake, resume
		return 0
	}
	o.c, o.Space, o.Mem, o.VM = nil, nil, nil, nil
	return uint64(uint32(kr))
}

// server is the entry of the calls that run a program's demultiplexer, which
// the kernel cannot call: package mach and the guests' library perform them on
// mach_msg.
var server = core.Entry{Level: core.Full, Note: "performed outside the kernel, on mach_msg"}

func messageTable() core.Table {
	return core.Table{
		"mach_msg_server":            server,
		"mach_msg_server_once":       server,
		"mach_msg_server_importance": server,

		"mach_msg":           {Handler: machMsg, Level: core.Full},
		"mach_msg_overwrite": {Handler: machMsgOverwrite, Level: core.Full},
		"mach_msg_send":      {Handler: machMsgSend, Level: core.Full},
		"mach_msg_receive":   {Handler: machMsgReceive, Level: core.Full},
		"mach_msg_destroy": {Handler: func(c *core.Ctx) uint64 {
			c.DestroyMessage(c.U64(0))
			return 0
		}, Level: core.Full},
	}
}

func full(f func(c *core.Ctx) mach.KernReturn) core.Entry {
	return core.Entry{Handler: core.K(f), Level: core.Full}
}

func machMsg(c *core.Ctx) uint64 {
	return start(c, c.U64(0), c.U64(0), mach.MachMsgOption(c.U32(1)), c.U32(2), c.U32(3), c.Name(4), c.U32(5))
}

func machMsgOverwrite(c *core.Ctx) uint64 {
	receive := c.U64(7)
	if receive == 0 {
		receive = c.U64(0)
	}
	return start(c, c.U64(0), receive, mach.MachMsgOption(c.U32(1)), c.U32(2), c.U32(3), c.Name(4), c.U32(5))
}

func machMsgSend(c *core.Ctx) uint64 {
	var b [24]byte
	if kr := c.Read(0, b[:]); kr != mach.KERN_SUCCESS {
		return uint64(uint32(mach.MACH_SEND_INVALID_DATA))
	}
	return start(c, c.U64(0), 0, mach.MACH_SEND_MSG, le.Uint32(b[4:]), 0, mach.MACH_PORT_NULL, 0)
}

func machMsgReceive(c *core.Ctx) uint64 {
	var b [24]byte
	if kr := c.Read(0, b[:]); kr != mach.KERN_SUCCESS {
		return uint64(uint32(mach.MACH_RCV_INVALID_DATA))
	}
	return start(c, 0, c.U64(0), mach.MACH_RCV_MSG, 0, le.Uint32(b[4:]), mach.MachPort(le.Uint32(b[12:])), 0)
}
