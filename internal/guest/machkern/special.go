//go:build linux

package machkern

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/guest/cpu"
	"github.com/gomach/mach/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

// special are the functions that are more, or other, than a call of the kernel.
func (k *Kernel) special(symbol string) *proc.Function {
	switch symbol {
	case "mach_msg_server", "mach_msg_server_importance":
		return &proc.Function{Async: true, Do: func(c *proc.Call) { k.serve(c, false) }}
	case "mach_msg_server_once":
		return &proc.Function{Async: true, Do: func(c *proc.Call) { k.serve(c, true) }}
	case "mach_wait_until":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { k.waitUntil(c) }) }}
	case "pthread_mach_thread_np":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { k.machThread(c) }) }}
	case "pthread_from_mach_thread_np":
		return &proc.Function{Do: func(c *proc.Call) { c.Block(func() { k.pthread(c) }) }}
	}
	return nil
}

// waitUntil: the kernel's clock counts nanoseconds, an arm64 guest's 24 million ticks a
// second.
func (k *Kernel) waitUntil(c *proc.Call) {
	k.attach(c.Process)
	due := c.Arg(0)
	if c.Process.Arch == cpu.ARM64 {
		due = due/3*125 + (due%3*125+2)/3
	}
	c.Return(k.call(c.Thread, "mach_wait_until", due))
}

// machThread gives the name of a pthread's port, without a reference for the caller.
func (k *Kernel) machThread(c *proc.Call) {
	k.attach(c.Process)
	var t *proc.Thread
	c.Process.Sync(func() { t = c.Process.ByPthread(c.Arg(0)) })
	if t == nil {
		return
	}
	th := k.thread(t)
	if th == nil {
		return
	}
	c.Return(uint64(k.threadName(th)))
}

type nameKey struct{}

// threadName is the name that the C library keeps of a thread's port, with a reference of
// its own.
func (k *Kernel) threadName(th *core.Thread) mach.MachPort {
	return th.State(nameKey{}, func() any {
		name, _ := k.task.Space.InsertSend(th.Port(core.Control))
		return name
	}).(mach.MachPort)
}

// pthread is the other way round: 0 for a port that is no thread's of this task.
func (k *Kernel) pthread(c *proc.Call) {
	k.attach(c.Process)
	p, kr := k.task.Space.SendPort(mach.MachPort(c.Uint32(0)))
	if kr != mach.KERN_SUCCESS || p == nil {
		return
	}
	_, obj := p.KObject()
	th, ok := obj.(*core.Thread)
	if !ok || th.Task != k.task {
		return
	}
	if s, ok := th.Sub.(*thread); ok {
		c.Return(s.t.Pthread)
	}
}
