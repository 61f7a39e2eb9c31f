package task

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// refusal says why argument 0, the port that a message would have gone to,
// does not do. No right to it is an error of the message; a port of another
// kind is found out by the routine (xnu osfmk/kern/ipc_tt.c: the conversions
// give TASK_NULL or THREAD_NULL).
func refusal(c *core.Ctx) mach.KernReturn {
	if p, kr := c.PortArg(0); kr != mach.KERN_SUCCESS || p == nil || p.Dead() {
		return mach.MACH_SEND_INVALID_DEST
	}
	return mach.KERN_INVALID_ARGUMENT
}

// onTask makes a Handler of a routine whose first argument is a task port.
func onTask(min core.Flavor, f func(c *core.Ctx, t *core.Task) mach.KernReturn) core.Handler {
	return core.K(func(c *core.Ctx) mach.KernReturn {
		t, ok := c.TaskArg(0, min)
		if !ok {
			return refusal(c)
		}
		if !t.Alive() {
			return mach.KERN_FAILURE
		}
		return f(c, t)
	})
}

// onTaskOr is onTask for routines that answer what is no task with a code of
// their own.
func onTaskOr(kr mach.KernReturn, min core.Flavor, f func(c *core.Ctx, t *core.Task) mach.KernReturn) core.Handler {
	h := onTask(min, f)
	return func(c *core.Ctx) uint64 {
		if _, ok := c.TaskArg(0, min); !ok && refusal(c) == mach.KERN_INVALID_ARGUMENT {
			return uint64(uint32(kr))
		}
		return h(c)
	}
}

// onThread makes a Handler of a routine whose first argument is a thread port.
func onThread(min core.Flavor, f func(c *core.Ctx, th *core.Thread) mach.KernReturn) core.Handler {
	return core.K(func(c *core.Ctx) mach.KernReturn {
		th, ok := c.ThreadArg(0, min)
		if !ok {
			return refusal(c)
		}
		return f(c, th)
	})
}

// flavorOf is the flavor of the port that argument i names.
func flavorOf(c *core.Ctx, i int) core.Flavor {
	p, kr := c.PortArg(i)
	if kr != mach.KERN_SUCCESS || p == nil {
		return core.NamePort
	}
	switch kind, _ := p.KObject(); kind {
	case mach.IPC_OTYPE_TASK_CONTROL, mach.IPC_OTYPE_THREAD_CONTROL:
		return core.Control
	case mach.IPC_OTYPE_TASK_READ, mach.IPC_OTYPE_THREAD_READ:
		return core.Read
	case mach.IPC_OTYPE_TASK_INSPECT, mach.IPC_OTYPE_THREAD_INSPECT:
		return core.Inspect
	}
	return core.NamePort
}

// ended makes a task dead whose process the substrate did not find any more,
// without waiting until it is told so.
func ended(t *core.Task, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		t.End()
	}
	return err
}

// taskFailure and threadFailure turn a substrate's error into what xnu would
// say of the cause.
func taskFailure(err error) mach.KernReturn {
	switch {
	case err == nil:
		return mach.KERN_SUCCESS
	case errors.Is(err, fs.ErrPermission):
		return mach.KERN_NO_ACCESS
	case errors.Is(err, errors.ErrUnsupported):
		return mach.KERN_NOT_SUPPORTED
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOMEM):
		return mach.KERN_RESOURCE_SHORTAGE
	}
	return mach.KERN_FAILURE
}

func threadFailure(th *core.Thread, err error) mach.KernReturn {
	switch {
	case err == nil:
		return mach.KERN_SUCCESS
	case errors.Is(err, fs.ErrNotExist):
		th.End()
		return mach.KERN_TERMINATED
	case errors.Is(err, fs.ErrPermission):
		return mach.KERN_NO_ACCESS
	case errors.Is(err, errors.ErrUnsupported):
		return mach.KERN_INVALID_ARGUMENT
	case errors.Is(err, core.ErrInvalidState):
		return mach.KERN_INVALID_ARGUMENT
	case errors.Is(err, core.ErrNoDebugRegisters):
		return mach.KERN_NOT_SUPPORTED
	}
	return mach.KERN_ABORTED
}
