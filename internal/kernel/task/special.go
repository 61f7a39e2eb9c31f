package task

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/host"
	"github.com/gomach/mach/internal/kernel/ipc"
)

func specialTable() core.Table {
	return core.Table{
		"task_get_special_port":   full(onTask(core.Inspect, taskGetSpecial)),
		"task_set_special_port":   full(onTask(core.Control, taskSetSpecial)),
		"thread_get_special_port": full(onThread(core.Inspect, threadGetSpecial)),
		"thread_set_special_port": full(onThread(core.Control, threadSetSpecial)),
		"mach_ports_register":     full(onTask(core.Control, portsRegister)),
		"mach_ports_lookup":       full(onTask(core.Control, portsLookup)),
	}
}

// ports are the rights that the kernel keeps for a task.
type ports struct {
	mu         sync.Mutex
	special    map[mach.TaskSpecialPort]ipc.Right
	registered [mach.TASK_PORT_REGISTER_MAX]ipc.Right
	over       bool // the task has ended
}

// End implements core.Ender.
func (p *ports) End() {
	p.mu.Lock()
	special, registered := p.special, p.registered
	p.special, p.registered, p.over = nil, [mach.TASK_PORT_REGISTER_MAX]ipc.Right{}, true
	p.mu.Unlock()
	for _, r := range special {
		r.Release()
	}
	for _, r := range registered {
		r.Release()
	}
}

// set replaces a special port.
func (p *ports) set(which mach.TaskSpecialPort, r ipc.Right) {
	p.mu.Lock()
	old := r
	if !p.over {
		old = p.special[which]
		p.special[which] = r
	}
	p.mu.Unlock()
	old.Release()
}

// register replaces the registered ports.
func (p *ports) register(fresh [mach.TASK_PORT_REGISTER_MAX]ipc.Right) {
	p.mu.Lock()
	old := fresh
	if !p.over {
		old, p.registered = p.registered, fresh
	}
	p.mu.Unlock()
	for _, r := range old {
		r.Release()
	}
}

type portsKey struct{}

func portsOf(t *core.Task) *ports {
	return t.State(portsKey{}, func() any { return &ports{special: map[mach.TaskSpecialPort]ipc.Right{}} }).(*ports)
}

// SetSpecialPort puts a right where task_get_special_port finds it: what
// launchd does at the start of a task. It uses the right up.
func SetSpecialPort(t *core.Task, which mach.TaskSpecialPort, r ipc.Right) {
	portsOf(t).set(which, r)
}

// taskGetSpecial follows xnu osfmk/kern/ipc_tt.c
// task_get_special_port_internal: a read or inspect port gives only what it is
// itself, or less.
func taskGetSpecial(c *core.Ctx, t *core.Task) mach.KernReturn {
	which := mach.TaskSpecialPort(c.I32(1))
	flavor, self := map[mach.TaskSpecialPort]core.Flavor{
		mach.TASK_KERNEL_PORT: core.Control, mach.TASK_READ_PORT: core.Read,
		mach.TASK_INSPECT_PORT: core.Inspect, mach.TASK_NAME_PORT: core.NamePort,
	}[which]
	if have := flavorOf(c, 0); have != core.Control && (!self || flavor < have) {
		return mach.KERN_INVALID_CAPABILITY
	}
	switch {
	case self:
		return c.GivePort(2, t.Port(flavor))
	case which == mach.TASK_HOST_PORT:
		if r, ok := portsOf(t).get(which); ok {
			return c.GiveRight(2, r)
		}
		return c.GivePort(2, host.Of(c.Kernel).SelfPort(t))
	case which == mach.TASK_BOOTSTRAP_PORT, which == mach.TASK_ACCESS_PORT,
		which == mach.TASK_DEBUG_CONTROL_PORT:
		r, _ := portsOf(t).get(which)
		return c.GiveRight(2, r)
	}
	return mach.KERN_INVALID_ARGUMENT
}

// get gives a right of its own to a special port.
func (p *ports) get(which mach.TaskSpecialPort) (ipc.Right, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.special[which]
	return ipc.NewSendRight(r.Port), ok
}

// has reports whether a special port was set, be its port dead by now.
func (p *ports) has(which mach.TaskSpecialPort) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.special[which].Valid()
}

func taskSetSpecial(c *core.Ctx, t *core.Task) mach.KernReturn {
	which := mach.TaskSpecialPort(c.I32(1))
	r, kr := takeSend(c, 2)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	switch which {
	case mach.TASK_KERNEL_PORT, mach.TASK_HOST_PORT:
		kr = mach.KERN_NO_ACCESS // with System Integrity Protection, the usual
	case mach.TASK_ACCESS_PORT:
		if portsOf(t).has(which) {
			kr = mach.KERN_NO_ACCESS
		}
	case mach.TASK_BOOTSTRAP_PORT, mach.TASK_DEBUG_CONTROL_PORT:
	default: // TASK_RESOURCE_NOTIFY_PORT too, which release kernels lack (CONFIG_PROC_RESOURCE_LIMITS)
		kr = mach.KERN_INVALID_ARGUMENT
	}
	if kr != mach.KERN_SUCCESS {
		r.Release()
		return kr
	}
	SetSpecialPort(t, which, r)
	return mach.KERN_SUCCESS
}

// takeSend takes a copy of the send right that argument i names.
func takeSend(c *core.Ctx, i int) (ipc.Right, mach.KernReturn) {
	r, kr := c.TakeRight(i, mach.MACH_MSG_TYPE_COPY_SEND)
	switch kr {
	case mach.KERN_SUCCESS:
		return r, kr
	case mach.KERN_INVALID_CAPABILITY:
		return r, mach.KERN_INVALID_RIGHT // a port that may not be moved
	}
	return r, mach.MACH_SEND_INVALID_RIGHT
}

func threadGetSpecial(c *core.Ctx, th *core.Thread) mach.KernReturn {
	flavor, ok := map[int32]core.Flavor{
		mach.THREAD_KERNEL_PORT: core.Control, mach.THREAD_READ_PORT: core.Read, mach.THREAD_INSPECT_PORT: core.Inspect,
	}[c.I32(1)]
	if have := flavorOf(c, 0); have != core.Control && (!ok || flavor < have) {
		return mach.KERN_INVALID_CAPABILITY
	}
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	return c.GivePort(2, th.Port(flavor))
}

// threadSetSpecial: the one port that there is, is protected.
func threadSetSpecial(c *core.Ctx, _ *core.Thread) mach.KernReturn {
	r, kr := takeSend(c, 2)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	r.Release()
	if c.I32(1) == mach.THREAD_KERNEL_PORT {
		return mach.KERN_NO_ACCESS
	}
	return mach.KERN_INVALID_ARGUMENT
}

// portsRegister replaces the task's registered ports (xnu osfmk/kern/ipc_tt.c
// _kernelrpc_mach_ports_register3).
func portsRegister(c *core.Ctx, t *core.Task) mach.KernReturn {
	count := c.U32(2)
	if count > mach.TASK_PORT_REGISTER_MAX {
		return mach.KERN_INVALID_ARGUMENT
	}
	var fresh [mach.TASK_PORT_REGISTER_MAX]ipc.Right
	release := func() {
		for _, r := range fresh {
			r.Release()
		}
	}
	for i := range int(count) {
		var b [4]byte
		if kr := c.ReadAt(c.Args[1]+uint64(4*i), b[:]); kr != mach.KERN_SUCCESS {
			release()
			return kr
		}
		name := mach.MachPort(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
		r, kr, v := c.Task.Space.CopyinDescriptor(name, mach.MACH_MSG_TYPE_COPY_SEND)
		c.Guard(v)
		if kr != mach.KERN_SUCCESS {
			release()
			if kr == mach.KERN_INVALID_CAPABILITY {
				return mach.KERN_INVALID_RIGHT
			}
			return mach.MACH_SEND_INVALID_RIGHT
		}
		fresh[i] = r
	}
	portsOf(t).register(fresh)
	return mach.KERN_SUCCESS
}

// portsLookup always gives all of them, be they null.
func portsLookup(c *core.Ctx, t *core.Task) mach.KernReturn {
	p := portsOf(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]*ipc.Port, len(p.registered))
	for i, r := range p.registered {
		list[i] = r.Port
	}
	return c.GivePorts(1, 2, list)
}
