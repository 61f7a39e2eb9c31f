package core

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/proto"
)

// byMessage are the functions that send a message to the object that their
// first argument names. A name without a send right cannot be sent to, which
// is the answer whatever the function. A port that a task serves gets the
// message; a handler only sees ports of the kernel.
var byMessage = func() map[string]bool {
	m := map[string]bool{}
	for i := range proto.Routines {
		r := &proto.Routines[i]
		switch r.Subsystem {
		case "clock_reply":
			// takes a right of any kind, and tells the kernel's alarms too
		default:
			m[r.Name] = true
		}
	}
	// Their object is a send-once right, which the call uses up.
	delete(m, "task_resume2")
	delete(m, "thread_resume2")
	return m
}()

// sent wraps the handler of a function that sends a message.
func sent(f *proto.Function, h Handler) Handler {
	if !byMessage[f.Name] || len(f.Params) == 0 || f.Params[0].Kind != proto.Word32 || f.Returns != proto.KernReturn {
		return h
	}
	return func(c *Ctx) uint64 {
		name := c.Name(0)
		if c.MIG != nil || c.Task.Space.IsOwn(name) {
			return h(c)
		}
		switch live, queue := c.Task.Space.CanSend(name); {
		case !live:
			return uint64(uint32(mach.MACH_SEND_INVALID_DEST))
		case queue && c.Kernel.Stub != nil:
			if kr, ok := c.Kernel.Stub(c); ok {
				return uint64(uint32(kr))
			}
		}
		return h(c)
	}
}
