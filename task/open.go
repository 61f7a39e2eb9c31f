package task

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/await"
)

// ForPID opens the task of a process, with its control port. The caller has to
// close it. The program's own number gives [Self].
//
// The call asks a daemon that asks the user, in the worst case, and may then
// take for ever: ForPID returns the context's error when the context ends, and
// releases the port if it is given later. (The thread that waits stays until the
// kernel answers.) A failure is an [OpenError], which says why where the system
// tells.
//
// Mach calls: task_for_pid.
func ForPID(ctx context.Context, pid int) (*Task, error) {
	if pid == os.Getpid() && pid > 0 {
		return self, nil
	}
	return open(ctx, "task_for_pid", mach.TaskForPID, pid)
}

// NameForPID opens the task of a process with its name port, which permits figures
// and nothing else: [Info] of every flavor but mach.TaskDyldInfo, and with it
// [Task.Footprint] and [Task.Times], and [Task.PID]. It does not permit
// suspending, threads, memory or regions.
//
// The port is given for the processes of the own user, to root for all, without
// an entitlement or a user's consent (task_name_for_pid in XNU's
// bsd/kern/kern_proc.c): whoever wants figures only should ask for it and not for
// the control port. It is like [ForPID] otherwise.
//
// Mach calls: task_name_for_pid.
func NameForPID(ctx context.Context, pid int) (*Task, error) {
	return open(ctx, "task_name_for_pid", mach.TaskNameForPID, pid)
}

type lookup func(self mach.MachPort, pid int32, t *mach.MachPort) error

func open(ctx context.Context, call string, f lookup, pid int) (*Task, error) {
	if pid < 0 || pid > math.MaxInt32 {
		return nil, &OpenError{call, pid, mach.KERN_INVALID_ARGUMENT}
	}
	name, err := await.Value(ctx, func() (mach.MachPort, error) {
		var name mach.MachPort
		err := f(mach.MachTaskSelf(), int32(pid), &name)
		return name, err
	}, func(name mach.MachPort) { release(name) })
	switch {
	case err == nil && name == mach.MACH_PORT_NULL:
		return nil, ExplainOpen(call, pid, mach.KERN_FAILURE)
	case err == nil:
		return Own(name), nil
	case await.Ended(ctx, err):
		return nil, fmt.Errorf("%s of process %d: %w", call, pid, err)
	}
	return nil, ExplainOpen(call, pid, err)
}
