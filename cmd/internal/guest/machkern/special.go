//go:build linux && (amd64 || arm64)

package machkern

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/proc"
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
	case "task_read_for_pid", "task_inspect_for_pid":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { g.forPID(c, symbol) }) }}
	case "pthread_mach_thread_np":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { g.machThread(c) }) }}
	case "pthread_from_mach_thread_np":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { g.pthread(c) }) }}
	}
	return nil
}

// waitUntil: the kernel's clock counts nanoseconds.
func (g *Guest) waitUntil(c *proc.Call) {
	g.attach(c.Process)
	c.Return(g.call(c.Thread, "mach_wait_until", c.Process.Timebase.Nanoseconds(c.Arg(0))))
}

// forPID is a Unix call: the kernel says -1 and what for.
func (g *Guest) forPID(c *proc.Call, symbol string) {
	g.attach(c.Process)
	if g.own == nil && g.client.gone() {
		c.Fail(proc.ESRCH)
		return
	}
	if v := g.call(c.Thread, symbol, c.Arg(0), c.Arg(1), c.Arg(2)); uint32(v) != 0 {
		c.Fail(proc.Errno(v >> 32))
		return
	}
	c.Return(0)
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
func (g *Guest) pthread(c *proc.Call) { c.Return(g.Pthread(c, c.Uint32(0))) }

// Pthread implements libsystem.MachKernel.
func (g *Guest) Pthread(c *proc.Call, port uint32) uint64 {
	g.attach(c.Process)
	id, ok := g.kernel.threadOf(mach.MachPort(port))
	if !ok {
		return 0
	}
	th, err := g.sub.open(id)
	if err != nil {
		return 0
	}
	return th.t.Pthread
}
