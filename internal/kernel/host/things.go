package host

import (
	"errors"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// tasks visits the task of every process. One that may not be opened comes as
// nil; one that has ended does not come.
func tasks(k *core.Kernel, f func(*core.Task)) mach.KernReturn {
	pids, err := k.Sub.PIDs()
	if err != nil {
		return mach.KERN_FAILURE
	}
	for _, pid := range pids {
		t, err := k.TaskOf(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t = nil
		}
		f(t)
	}
	return mach.KERN_SUCCESS
}

func processorSetTasks(c *core.Ctx) mach.KernReturn {
	if _, kr := setArg(c, 0, mach.KERN_INVALID_ARGUMENT, false); kr != mach.KERN_SUCCESS {
		return kr
	}
	return giveTasks(c, core.Control, 1, 2)
}

func processorSetTasksWithFlavor(c *core.Ctx) mach.KernReturn {
	if _, kr := setArg(c, 0, mach.KERN_INVALID_ARGUMENT, false); kr != mach.KERN_SUCCESS {
		return kr
	}
	f, ok := map[mach.MachTaskFlavor]core.Flavor{
		mach.TASK_FLAVOR_CONTROL: core.Control, mach.TASK_FLAVOR_READ: core.Read,
		mach.TASK_FLAVOR_INSPECT: core.Inspect, mach.TASK_FLAVOR_NAME: core.NamePort,
	}[mach.MachTaskFlavor(c.U32(1))]
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	return giveTasks(c, f, 2, 3)
}

func giveTasks(c *core.Ctx, f core.Flavor, list, count int) mach.KernReturn {
	var ports []*ipc.Port
	kr := tasks(c.Kernel, func(t *core.Task) {
		if t == nil {
			ports = append(ports, nil)
		} else {
			ports = append(ports, t.Port(f))
		}
	})
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GivePorts(list, count, ports)
}

func processorSetThreads(c *core.Ctx) mach.KernReturn {
	if _, kr := setArg(c, 0, mach.KERN_INVALID_ARGUMENT, false); kr != mach.KERN_SUCCESS {
		return kr
	}
	var ports []*ipc.Port
	kr := tasks(c.Kernel, func(t *core.Task) {
		if t == nil {
			return
		}
		ids, err := t.Sub.Threads()
		if err != nil {
			return // it has ended
		}
		for _, id := range ids {
			if th, err := t.Thread(id); err == nil {
				ports = append(ports, th.Port(core.Control))
			}
		}
	})
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GivePorts(1, 2, ports)
}
