//go:build linux && (amd64 || arm64)

package linux

import (
	"context"

	"golang.org/x/sys/unix"
)

// Suspend stops all threads of the process, including those that come into
// being meanwhile. A thread in an uninterruptible system call stops before it
// runs user code again. Suspending a suspended process looks for new threads
// and is otherwise nothing.
//
// If ctx ends first, or it takes more than 10 seconds (ErrBusy), the process
// runs on as before.
func (t *Tracer) Suspend(ctx context.Context) error {
	return t.doContext(ctx, func() error {
		was := t.suspended
		t.suspended = true
		if err := t.attachAll(true); err != nil {
			t.suspended = was
			t.settle()
			return wrap("suspend", t.p.pid, 0, err)
		}
		t.cache.standing.Store(true)
		return nil
	})
}

// Resume lets the process run on. Threads that are suspended themselves stay
// so.
func (t *Tracer) Resume() error {
	return t.do(func() error {
		gone := t.p.Exited() // before, as it may end at once when it goes on
		t.suspended = false
		t.cache.standing.Store(false)
		t.settle()
		if gone {
			return wrap("resume", t.p.pid, 0, unix.ESRCH)
		}
		return nil
	})
}

// SuspendThread stops one thread.
func (t *Tracer) SuspendThread(tid int) error {
	return t.do(func() error {
		x, err := t.stopOne(tid)
		if err == ErrBusy {
			// It runs no user code, and will stop before it does.
			x, err = t.threads[tid], nil
		}
		if err != nil {
			t.settleOne(tid)
			return wrap("suspend", t.p.pid, tid, err)
		}
		x.held = true
		return nil
	})
}

// ResumeThread undoes SuspendThread. While the process is suspended the
// thread stays stopped.
func (t *Tracer) ResumeThread(tid int) error {
	return t.do(func() error {
		x := t.threads[tid]
		if x == nil {
			if !t.p.HasThread(tid, 0) {
				return wrap("resume", t.p.pid, tid, unix.ESRCH)
			}
			return nil
		}
		x.held = false
		t.settleOne(tid)
		return nil
	})
}

// Suspended tells whether the process is suspended by this Tracer.
func (t *Tracer) Suspended() (suspended bool) {
	_ = t.do(func() error { suspended = t.suspended; return nil })
	return suspended
}

// ThreadSuspended tells whether this Tracer keeps the thread stopped, be it
// with its process or alone.
func (t *Tracer) ThreadSuspended(tid int) (suspended bool) {
	_ = t.do(func() error {
		x := t.threads[tid]
		suspended = x != nil && t.wanted(x)
		return nil
	})
	return suspended
}
