package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Inheritance is what a task leaves to one that is made from it, as it was at
// that moment. It owns rights: Give or Release uses them up.
type Inheritance struct {
	special    map[mach.TaskSpecialPort]ipc.Right
	registered [mach.TASK_PORT_REGISTER_MAX]ipc.Right
	actions    [mach.EXC_TYPES_COUNT]action
	role       mach.TaskRole
}

// inheritedPorts are the special ports that ipc_task_init (xnu
// osfmk/kern/ipc_tt.c) copies. TASK_DEBUG_CONTROL_PORT begins as null.
var inheritedPorts = [...]mach.TaskSpecialPort{mach.TASK_HOST_PORT, mach.TASK_BOOTSTRAP_PORT, mach.TASK_ACCESS_PORT}

// Leave tells what a new task has from its parent. That is the same for fork,
// exec and posix_spawn, as each makes a new task (bsd/kern/kern_fork.c,
// fork_create_child): registered ports, special ports and exception ports.
// Everything else begins anew (osfmk/kern/task.c, task_create_internal):
// suspensions, figures, debug registers, tiers and suppression
// (osfmk/kern/task_policy.c, task_policy_create), and the guard behavior, which
// fork alone would keep, as the other two set the default of the program
// (task_set_exc_guard_ctrl_port_default). Threads have no handlers of their own
// (ipc_thread_init).
func Leave(parent *core.Task) *Inheritance {
	h := &Inheritance{special: map[mach.TaskSpecialPort]ipc.Right{}}
	p := portsOf(parent)
	for _, which := range inheritedPorts {
		if r, ok := p.get(which); ok {
			h.special[which] = r
		}
	}
	p.mu.Lock()
	for i, r := range p.registered {
		h.registered[i] = ipc.NewSendRight(r.Port)
	}
	p.mu.Unlock()
	x := TaskActions(parent)
	x.mu.Lock()
	for i := firstException; i < len(x.a); i++ {
		h.actions[i] = x.a[i]
		h.actions[i].port = ipc.NewSendRight(x.a[i].port.Port)
	}
	x.mu.Unlock()
	return h
}

// LeaveToExec is Leave for a task that replaces itself: its role stays
// (proc_inherit_task_role).
func LeaveToExec(t *core.Task) *Inheritance {
	h := Leave(t)
	p := taskPoliciesOf(t)
	p.mu.Lock()
	h.role = p.role
	p.mu.Unlock()
	return h
}

// Give makes a new task the heir. It does not have the substrate tell of the
// task's exceptions.
func (h *Inheritance) Give(child *core.Task) {
	for which, r := range h.special {
		SetSpecialPort(child, which, r)
	}
	portsOf(child).register(h.registered)
	x := TaskActions(child)
	x.mu.Lock()
	old := h.actions
	if !x.over {
		old, x.a = x.a, h.actions
	}
	x.mu.Unlock()
	for _, a := range old {
		a.port.Release()
	}
	p := taskPoliciesOf(child)
	p.mu.Lock()
	p.role = h.role
	p.mu.Unlock()
}

// Bootstrap is the bootstrap port that the heir has, or nil.
func (h *Inheritance) Bootstrap() *ipc.Port { return h.special[mach.TASK_BOOTSTRAP_PORT].Port }

// Release gives up an inheritance that nobody takes.
func (h *Inheritance) Release() {
	for _, r := range h.special {
		r.Release()
	}
	for _, r := range h.registered {
		r.Release()
	}
	for _, a := range h.actions {
		a.port.Release()
	}
}

// Opened is told of tasks that the substrate has opened: a child of the
// kernel's own process is the heir of what that has now, as its start is not
// seen. Its exceptions are told of once somebody sets a handler of its own.
func Opened(t *core.Task) {
	self := t.Kernel.Self()
	if self == nil || self == t {
		return
	}
	if u, err := processUsage(t); err != nil || u.PPID != self.Sub.PID() {
		return
	}
	Leave(self).Give(t)
}
