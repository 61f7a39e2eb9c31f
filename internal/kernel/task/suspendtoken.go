package task

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// suspension is what a suspension token stands for. The token is a send-once
// right: using it, dropping it and the death of its holder all end the
// suspension, once.
type suspension struct {
	once   sync.Once
	task   *core.Task
	thread *core.Thread // nil: the whole task
}

// end takes the suspension back.
func (s *suspension) end() mach.KernReturn {
	result := mach.KernReturn(mach.KERN_FAILURE)
	s.once.Do(func() {
		if s.thread != nil {
			result = threadResume(nil, s.thread)
			return
		}
		if !s.task.Alive() {
			return
		}
		h := holdsOf(s.task)
		h.mu.Lock()
		defer h.mu.Unlock()
		result = h.drop(s.task, 1)
	})
	return result
}

// giveToken hands out a token of the kind.
func giveToken(c *core.Ctx, kind mach.IPCInfoObjectType, s *suspension) mach.KernReturn {
	port := ipc.NewKernelPort(kind, s)
	port.OnUnusedOnce(func(p *ipc.Port) {
		s.end()
		p.Destroy()
	})
	return c.GiveRight(1, ipc.NewSendOnceRight(port))
}

func taskSuspend2(c *core.Ctx, t *core.Task) mach.KernReturn {
	h := holdsOf(t)
	h.mu.Lock()
	kr := h.add(t)
	h.mu.Unlock()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	s := &suspension{task: t}
	if t.Sub.Self() {
		s.once.Do(func() {}) // it is over already
	}
	return giveToken(c, mach.IPC_OTYPE_TASK_RESUME, s)
}

func threadSuspend2(c *core.Ctx, th *core.Thread) mach.KernReturn {
	if kr := threadSuspend(c, th); kr != mach.KERN_SUCCESS {
		return kr
	}
	return giveToken(c, mach.IPC_OTYPE_THREAD_RESUME, &suspension{task: th.Task, thread: th})
}

func taskResume2(c *core.Ctx) mach.KernReturn   { return useToken(c, mach.IPC_OTYPE_TASK_RESUME) }
func threadResume2(c *core.Ctx) mach.KernReturn { return useToken(c, mach.IPC_OTYPE_THREAD_RESUME) }

// useToken takes the token out of the caller's space and ends its suspension.
// Anything else than a token is taken too, as the message's header would.
func useToken(c *core.Ctx, kind mach.IPCInfoObjectType) mach.KernReturn {
	r, kr := c.TakeRight(0, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
	if kr != mach.KERN_SUCCESS || !r.Valid() {
		return mach.MACH_SEND_INVALID_DEST
	}
	have, obj := r.Port.KObject()
	s, ok := obj.(*suspension)
	if !ok || have != kind {
		r.Release()
		return mach.KERN_INVALID_ARGUMENT
	}
	kr = s.end()
	r.Release()
	return kr
}
