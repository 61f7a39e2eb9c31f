//go:build linux && (amd64 || arm64)

package machkern

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/guest/cpu"
	"github.com/gomach/mach/internal/guest/proc"
)

// special are the functions that are more, or other, than a call of the kernel.
func (g *Guest) special(symbol string) *proc.Function {
	switch symbol {
	case "mach_msg_server", "mach_msg_server_importance":
		return &proc.Function{Async: true, Do: func(c *proc.Call) { g.serve(c, false) }}
	case "mach_msg_server_once":
		return &proc.Function{Async: true, Do: func(c *proc.Call) { g.serve(c, true) }}
	case "mach_wait_until":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { g.waitUntil(c) }) }}
	case "pthread_mach_thread_np":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { g.machThread(c) }) }}
	case "pthread_from_mach_thread_np":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { g.pthread(c) }) }}
	}
	return nil
}

// waitUntil: the kernel's clock counts nanoseconds, an arm64 guest's 24 million ticks a
// second.
func (g *Guest) waitUntil(c *proc.Call) {
	g.attach(c.Process)
	due := c.Arg(0)
	if c.Process.Arch == cpu.ARM64 {
		due = due/3*125 + (due%3*125+2)/3
	}
	c.Return(g.call(c.Thread, "mach_wait_until", due))
}

// machThread gives the name of a pthread's port, without a reference for the caller.
func (g *Guest) machThread(c *proc.Call) {
	g.attach(c.Process)
	var t *proc.Thread
	c.Process.Sync(func() { t = c.Process.ByPthread(c.Arg(0)) })
	if t == nil {
		return
	}
	g.sub.know(t)
	c.Return(uint64(g.kernel.threadName(int(t.UniqueID()))))
}

// pthread is the other way round: 0 for a port that is no thread's of this task.
func (g *Guest) pthread(c *proc.Call) {
	g.attach(c.Process)
	id, ok := g.kernel.threadOf(mach.MachPort(c.Uint32(0)))
	if !ok {
		return
	}
	if th, err := g.sub.open(id); err == nil {
		c.Return(th.t.Pthread)
	}
}
