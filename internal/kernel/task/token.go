package task

import (
	"errors"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// identity is what a task identity token stands for: a process, by a name that
// is not used again. It does not keep the task alive.
type identity struct{ task *core.Task }

type identityKey struct{}

// tokenOf gives the port of a task's identity token, the same for every call.
func tokenOf(t *core.Task) *ipc.Port {
	return t.State(identityKey{}, func() any {
		return ipc.NewKernelPort(mach.IPC_OTYPE_TASK_ID_TOKEN, &identity{t})
	}).(*ipc.Port)
}

func tokenTable() core.Table {
	return core.Table{
		"task_create_identity_token": full(onTask(core.Control, func(c *core.Ctx, t *core.Task) mach.KernReturn {
			return c.GivePort(1, tokenOf(t))
		})),
		"task_identity_token_get_task_port": full(core.K(tokenPort)),
	}
}

// tokenPort turns a token into a task port (xnu osfmk/kern/task_ident.c).
func tokenPort(c *core.Ctx) mach.KernReturn {
	obj, ok := c.Object(0, mach.IPC_OTYPE_TASK_ID_TOKEN)
	if !ok {
		return refusal(c)
	}
	flavor, ok := map[mach.MachTaskFlavor]core.Flavor{
		mach.TASK_FLAVOR_CONTROL: core.Control, mach.TASK_FLAVOR_READ: core.Read,
		mach.TASK_FLAVOR_INSPECT: core.Inspect, mach.TASK_FLAVOR_NAME: core.NamePort,
	}[mach.MachTaskFlavor(c.U32(1))]
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	t := obj.(*identity).task
	if !t.Alive() {
		return mach.KERN_NOT_FOUND
	}
	if flavor != core.NamePort && t != c.Task {
		switch err := t.Sub.Control(); {
		case errors.Is(err, fs.ErrNotExist):
			return mach.KERN_NOT_FOUND
		case err != nil:
			return mach.KERN_DENIED
		}
	}
	return c.GivePort(2, t.Port(flavor))
}
