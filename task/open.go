package task

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"

	"github.com/gomach/mach"
)

// OpenError says that a process's task port was not to be had. The kernel
// answers KERN_FAILURE for nearly every cause, so the error's text does not say
// what was wrong, but what to check.
type OpenError struct {
	Call string // the C name of the function
	PID  int
	Err  error // a mach.KernReturn
}

// Error says what to check, as the kernel does not say what was wrong.
func (e *OpenError) Error() string {
	return fmt.Sprintf("%s of process %d: %v; the kernel does not tell why: check that %s", e.Call, e.PID, e.Err, e.checks())
}

func (e *OpenError) checks() string {
	if e.Call == "task_name_for_pid" {
		return "the process exists, and that it is this user's or the caller is root"
	}
	if runtime.GOOS == "darwin" {
		return "the process exists; that the caller is root or signed with the entitlement com.apple.security.cs.debugger; " +
			"that the process may be debugged (no hardened runtime without com.apple.security.get-task-allow, no program that " +
			"System Integrity Protection covers); and that developer mode is on (DevToolsSecurity -status)"
	}
	return "the process exists; that it is this user's or the caller has CAP_SYS_PTRACE; that no debugger is attached to it; " +
		"and that /proc/sys/kernel/yama/ptrace_scope permits it"
}

// Unwrap returns the code.
func (e *OpenError) Unwrap() error { return e.Err }

// ForPID opens the task of a process, with its control port. The caller has to
// close it. The program's own number gives [Self].
//
// The call asks a daemon that asks the user, in the worst case, and may then
// take for ever: ForPID returns the context's error when the context ends, and
// releases the port if it is given later. (The thread that waits stays until the
// kernel answers.) A failure is an [OpenError].
//
// Mach calls: task_for_pid.
func ForPID(ctx context.Context, pid int) (*Task, error) {
	if pid == os.Getpid() && pid > 0 {
		return self, nil
	}
	return open(ctx, "task_for_pid", mach.TaskForPID, pid)
}

// NameForPID opens the task of a process with its name port, which is given more
// freely and permits [Info] of a few flavors, [Task.PID] and little else. It is
// like [ForPID] otherwise.
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
	name, err := await(ctx, func() (mach.MachPort, error) {
		var name mach.MachPort
		err := f(mach.MachTaskSelf(), int32(pid), &name)
		return name, err
	})
	switch {
	case err == nil && name == mach.MACH_PORT_NULL:
		return nil, &OpenError{call, pid, mach.KERN_FAILURE}
	case err == nil:
		return Own(name), nil
	case ctx != nil && errors.Is(err, context.Cause(ctx)) && ctx.Err() != nil:
		return nil, fmt.Errorf("%s of process %d: %w", call, pid, err)
	}
	return nil, &OpenError{call, pid, err}
}

// await runs a call that gives a right, and waits for it as long as the context
// lives. What comes later is released.
func await(ctx context.Context, f func() (mach.MachPort, error)) (mach.MachPort, error) {
	if ctx == nil || ctx.Done() == nil {
		return f()
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	type result struct {
		name mach.MachPort
		err  error
	}
	done := make(chan result)
	go func() {
		name, err := f()
		select {
		case done <- result{name, err}:
		case <-ctx.Done():
			// Nobody may be left to take it; somebody who is takes it first.
			select {
			case done <- result{name, err}:
			default:
				release(name)
			}
		}
	}()
	select {
	case r := <-done:
		return r.name, r.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
