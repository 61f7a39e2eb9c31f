package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Inherit gives a new task what it has from its parent: the bootstrap port and
// the registered ports (xnu osfmk/kern/ipc_tt.c, ipc_task_init). Exec keeps
// them.
func Inherit(child, parent *core.Task) {
	if child == parent {
		return
	}
	p := portsOf(parent)
	bootstrap, _ := p.get(mach.TASK_BOOTSTRAP_PORT)
	var registered [mach.TASK_PORT_REGISTER_MAX]ipc.Right
	p.mu.Lock()
	for i, r := range p.registered {
		registered[i] = ipc.NewSendRight(r.Port)
	}
	p.mu.Unlock()
	SetSpecialPort(child, mach.TASK_BOOTSTRAP_PORT, bootstrap)
	c := portsOf(child)
	c.mu.Lock()
	old := c.registered
	c.registered = registered
	c.mu.Unlock()
	for _, r := range old {
		r.Release()
	}
}
