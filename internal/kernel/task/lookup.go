package task

import (
	"errors"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

func lookupTable() core.Table {
	return core.Table{
		"task_for_pid": full(core.K(func(c *core.Ctx) mach.KernReturn { return taskForPID(c, core.Control, true) })),
		"debug_control_port_for_pid": fullNote(core.K(func(c *core.Ctx) mach.KernReturn { return taskForPID(c, core.Control, false) }),
			"there are no entitlements here: the rules of task_for_pid hold"),
		"task_name_for_pid": full(core.K(func(c *core.Ctx) mach.KernReturn { return taskForPID(c, core.NamePort, false) })),
		"pid_for_task":      full(core.K(pidForTask)),

		"task_read_for_pid":    full(flavorForPID(core.Read)),
		"task_inspect_for_pid": full(flavorForPID(core.Inspect)),
		"task_threads":         full(onTask(core.Inspect, taskThreads)),
	}
}

// taskForPID serves the three traps that turn a pid into a task port (xnu
// bsd/kern/kern_proc.c). Whatever goes wrong is KERN_FAILURE, and the caller
// finds MACH_PORT_NULL. One of them is counted.
func taskForPID(c *core.Ctx, flavor core.Flavor, counted bool) mach.KernReturn {
	port := findTask(c, flavor, counted)
	if port == nil {
		if kr := c.Put32(2, uint32(mach.MACH_PORT_NULL)); kr != mach.KERN_SUCCESS {
			return kr
		}
		return mach.KERN_FAILURE
	}
	return c.GivePort(2, port)
}

func findTask(c *core.Ctx, flavor core.Flavor, counted bool) *ipc.Port {
	if _, ok := c.TaskArg(0, core.NamePort); !ok {
		return nil
	}
	pid := int(c.I32(1))
	if pid <= 0 {
		return nil
	}
	t, err := c.Kernel.TaskOf(pid)
	if err != nil {
		return nil
	}
	if t != c.Task && flavor < core.NamePort && t.Sub.Control() != nil {
		return nil
	}
	if !t.Alive() {
		t.Sub.Control() // fails, and tells why
		return nil
	}
	if counted {
		countExternal(c.Task, t, "task_for_pid")
	}
	return t.Port(flavor)
}

// Darwin's error numbers of flavorForPID.
const (
	errPermission = 1
	errNoProcess  = 3
	errFault      = 14
	errInvalid    = 22
)

// flavorForPID serves the Unix calls task_read_for_pid and task_inspect_for_pid
// (xnu bsd/kern/kern_proc.c), which want the control port of a task. A failure
// is -1, with the error number in the upper half of the word.
func flavorForPID(flavor core.Flavor) core.Handler {
	return func(c *core.Ctx) uint64 {
		fail := func(errno uint64) uint64 { return errno<<32 | 0xffffffff }
		port, errno := lookUp(c, flavor)
		if port == nil {
			if c.Put32(2, uint32(mach.MACH_PORT_NULL)) != mach.KERN_SUCCESS {
				return fail(errFault)
			}
			return fail(errno)
		}
		if c.GivePort(2, port) != mach.KERN_SUCCESS {
			return fail(errFault)
		}
		return 0
	}
}

// lookUp finds the port, or why there is none.
func lookUp(c *core.Ctx, flavor core.Flavor) (port *ipc.Port, errno uint64) {
	pid := int(c.I32(1))
	if pid == 0 {
		return nil, errPermission
	}
	if _, ok := c.TaskArg(0, core.Control); !ok {
		return nil, errInvalid
	}
	if pid < 0 {
		return nil, errNoProcess
	}
	t, err := c.Kernel.TaskOf(pid)
	if err == nil && t != c.Task {
		err = t.Sub.Control()
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, errPermission
	case err != nil || !t.Alive():
		return nil, errNoProcess
	}
	return t.Port(flavor), 0
}

func pidForTask(c *core.Ctx) mach.KernReturn {
	pid, kr := -1, mach.KERN_FAILURE
	if t, ok := c.TaskArg(0, core.NamePort); ok && t.Alive() {
		pid, kr = t.Sub.PID(), mach.KERN_SUCCESS
	}
	if bad := c.Put32(1, uint32(pid)); bad != mach.KERN_SUCCESS {
		return bad
	}
	return kr
}

// taskThreads hands over ports of the rank of the task port (xnu
// osfmk/kern/task.c task_threads_internal).
func taskThreads(c *core.Ctx, t *core.Task) mach.KernReturn {
	flavor := flavorOf(c, 0)
	threads, err := liveThreads(t)
	if err != nil {
		return taskFailure(ended(t, err))
	}
	ports := make([]*ipc.Port, len(threads))
	for i, th := range threads {
		ports[i] = th.Port(flavor)
	}
	return c.GivePorts(1, 2, ports)
}

// liveThreads opens the task's threads in order of creation, and ends the
// kernel's thread objects of those that are gone.
func liveThreads(t *core.Task) ([]*core.Thread, error) {
	ids, err := t.Sub.Threads()
	if err != nil {
		return nil, err
	}
	alive := make(map[int]bool, len(ids))
	for _, id := range ids {
		alive[id] = true
	}
	for _, th := range t.Known() {
		if !alive[th.ID] {
			th.End()
		}
	}
	threads := make([]*core.Thread, 0, len(ids))
	for _, id := range ids {
		if th, err := t.Thread(id); err == nil { // it may have ended just now
			threads = append(threads, th)
		}
	}
	return threads, nil
}
