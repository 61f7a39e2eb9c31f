package sync

import (
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Table are the calls of <mach/semaphore.h> and of lock sets.
func Table() core.Table {
	full := func(f func(*core.Ctx) mach.KernReturn) core.Entry {
		return core.Entry{Handler: core.K(f), Level: core.Full}
	}
	return core.Table{
		"semaphore_create":           full(create),
		"semaphore_destroy":          full(destroy),
		"semaphore_signal":           full(signal),
		"semaphore_signal_all":       full(signalAll),
		"semaphore_signal_thread":    full(signalThread),
		"semaphore_wait":             full(wait),
		"semaphore_wait_signal":      full(waitSignal),
		"semaphore_timedwait":        full(timedWait),
		"semaphore_timedwait_signal": full(timedWaitSignal),
	}
}

// prepost is SYNC_POLICY_PREPOST, which XNU's kernel headers keep and user
// space may still pass.
const prepost = 4

func create(c *core.Ctx) mach.KernReturn {
	t, ok := c.TaskArg(0, core.Control)
	policy, value := mach.SyncPolicy(c.I32(2)), c.I32(3)
	if !ok || value < 0 || policy&^(mach.SYNC_POLICY_LIFO|prepost) != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	s := newSemaphore(t, policy&mach.SYNC_POLICY_LIFO != 0, value)
	o := ownedBy(t)
	if !o.add(s) {
		s.port.Destroy()
		return mach.KERN_INVALID_TASK
	}
	// The semaphore ends with its last send right.
	s.port.OnNoSenders(func(p *ipc.Port) {
		o.remove(s)
		s.destroy(t)
		p.Destroy()
	})
	return c.GivePort(1, s.port)
}

// destroy moves the caller's send right to the kernel, whatever comes of it:
// the type of its argument is semaphore_consume_ref_t (xnu osfmk/mach/task.defs).
func destroy(c *core.Ctx) mach.KernReturn {
	r, kr := c.TakeRight(1, mach.MACH_MSG_TYPE_MOVE_SEND)
	if kr != mach.KERN_SUCCESS {
		return mach.MACH_SEND_INVALID_RIGHT
	}
	defer r.Release()
	_, obj := r.Port.KObject()
	s, ok := obj.(*Semaphore)
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	t, ok := c.TaskArg(0, core.Control)
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	ownedBy(t).remove(s)
	s.destroy(t)
	return mach.KERN_SUCCESS
}

// named finds the semaphore of argument i by the rules of
// port_name_to_semaphore (xnu osfmk/kern/sync_sema.c).
func named(c *core.Ctx, i int) (*Semaphore, mach.KernReturn) {
	if n := c.Name(i); c.MIG == nil && (n == mach.MACH_PORT_NULL || n == mach.MACH_PORT_DEAD) {
		return nil, mach.KERN_INVALID_NAME
	}
	p, kr := c.PortArg(i)
	if kr != mach.KERN_SUCCESS {
		return nil, kr
	}
	if c.MIG == nil && !c.Task.Space.HasSend(c.Name(i)) {
		return nil, mach.KERN_INVALID_RIGHT // a receive right alone
	}
	_, obj := p.KObject()
	s, ok := obj.(*Semaphore)
	if !ok {
		return nil, mach.KERN_INVALID_CAPABILITY
	}
	return s, mach.KERN_SUCCESS
}

func signal(c *core.Ctx) mach.KernReturn {
	s, kr := named(c, 0)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return s.signal()
}

func signalAll(c *core.Ctx) mach.KernReturn {
	s, kr := named(c, 0)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return s.signalAll()
}

func signalThread(c *core.Ctx) mach.KernReturn {
	var th *core.Thread
	if c.Name(1) != mach.MACH_PORT_NULL {
		var ok bool
		if th, ok = c.ThreadArg(1, core.Control); !ok {
			return mach.KERN_INVALID_ARGUMENT
		}
	}
	s, kr := named(c, 0)
	switch {
	case kr != mach.KERN_SUCCESS:
		return kr
	case th == nil:
		return s.signalOne()
	}
	return s.signalThread(th)
}

func wait(c *core.Ctx) mach.KernReturn {
	s, kr := named(c, 0)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return waitFor(c, s, nil, nil)
}

func timedWait(c *core.Ctx) mach.KernReturn {
	limit, kr := timespec(c.U64(1))
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	s, kr := named(c, 0)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return waitFor(c, s, nil, &limit)
}

func waitSignal(c *core.Ctx) mach.KernReturn { return twoSemaphores(c, nil) }

func timedWaitSignal(c *core.Ctx) mach.KernReturn {
	limit, kr := timespec(c.U64(2))
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return twoSemaphores(c, &limit)
}

func twoSemaphores(c *core.Ctx, limit *time.Duration) mach.KernReturn {
	to, kr := named(c, 1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	s, kr := named(c, 0)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return waitFor(c, s, to, limit)
}

// timespec is a mach_timespec_t, which is passed by value in one word.
func timespec(word uint64) (time.Duration, mach.KernReturn) {
	sec, nsec := uint32(word), uint32(word>>32)
	if nsec >= 1e9 {
		return 0, mach.KERN_INVALID_VALUE
	}
	return time.Duration(sec)*time.Second + time.Duration(nsec), mach.KERN_SUCCESS
}

// waitFor waits for s, having signalled to between taking its place in the
// queue and waiting, so that no answer to the signal is missed.
func waitFor(c *core.Ctx, s, to *Semaphore, limit *time.Duration) mach.KernReturn {
	mayWait := limit == nil || *limit > 0
	var th *core.Thread
	var aborted <-chan struct{}
	if mayWait {
		th, aborted = c.Caller(), c.Interrupt()
	}
	w, kr := s.enter(th, mayWait)
	if to != nil && to.signal() == mach.KERN_TERMINATED {
		// Nobody will answer what could not be said: do not wait for it.
		if w == nil {
			return mach.KERN_TERMINATED
		}
		return s.leave(w, mach.KERN_TERMINATED)
	}
	if w == nil {
		return kr
	}
	return s.wait(w, limit, aborted)
}
