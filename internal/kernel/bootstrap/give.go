package bootstrap

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/kernel/task"
)

// Give makes the topmost server the task's bootstrap port, for
// task_get_special_port, and returns the name of a send right to it, for the
// variable bootstrap_port.
func Give(t *core.Task) mach.MachPort {
	port := Of(t.Kernel).port
	task.SetSpecialPort(t, mach.TASK_BOOTSTRAP_PORT, ipc.NewSendRight(port))
	name, kr := t.Space.InsertSend(port)
	if kr != mach.KERN_SUCCESS {
		return mach.MACH_PORT_NULL
	}
	return name
}
