//go:build linux && (amd64 || arm64)

package hosted

import (
	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// The si_code values that say why a signal came (asm-generic/siginfo.h).
const (
	segvAccer = 2
	busAdraln = 1
	trapTrace = 2
	trapHW    = 4
)

// Exceptions implements core.Excepter. Only what the CPU or the kernel raised
// counts: a SIGSEGV that somebody sent by kill is a signal and no exception.
func (t *task) Exceptions(f func(core.Exception) (handled bool)) error {
	if t.Self() {
		return t.ownExceptions(f)
	}
	tr, err := t.trace()
	if err != nil {
		return err
	}
	if f == nil {
		return tr.SetHandler(nil, linux.Watch{})
	}
	w := linux.Watch{Signals: linux.Exceptions}
	if forks := t.forks.Load(); forks != nil {
		w.Fork = func(child *linux.Tracer) func() {
			c := newTask(child.Process())
			c.tracer = child
			return (*forks)(c)
		}
	}
	err = tr.SetHandler(func(e linux.Event) linux.Action {
		if e.Kind != linux.EventSignal || !e.Info.FromKernel() && !e.Stepped {
			return linux.Deliver
		}
		if e.Stepped {
			// One step a request (xnu osfmk/arm64/sleh.c handle_sw_step_debug).
			_ = tr.SetStepping(e.TID, false) // it fails if the thread was killed
		}
		x, last, ok := translate(t, e)
		if !ok {
			return linux.Deliver
		}
		x, last = t.complete(tr, e.TID, x, last)
		t.setFault(e.TID, last)
		x.Thread = e.TID
		if f(x) {
			return linux.Suppress
		}
		return linux.Deliver
	}, w)
	return told(t.PID(), err)
}

// Forks implements core.Forker. It counts from the next Exceptions on.
func (t *task) Forks(f func(core.TaskSub) func()) { t.forks.Store(&f) }

// Take implements core.Taker: the tracer of the other is that which the kernel has
// attached to the process.
func (t *task) Take(other core.TaskSub) {
	o := other.(*task)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || o.p.StartTime() != t.p.StartTime() {
		go o.Close()
		return
	}
	if t.tracer != nil {
		go t.tracer.Close()
	}
	t.tracer, t.lender = o.tracer, o
}

// translate says which exception a signal stands for.
func translate(t *task, e linux.Event) (core.Exception, fault, bool) {
	code, addr := e.Info.Code(), e.Info.Addr()
	switch e.Signal {
	case unix.SIGSEGV:
		return accessException(code, addr)
	case unix.SIGBUS:
		return busException(code, addr)
	case unix.SIGILL:
		return illegalException(t, code, addr)
	case unix.SIGFPE:
		return arithmeticException(t, code, addr)
	case unix.SIGTRAP:
		if e.Stepped {
			code = trapTrace
		}
		return breakException(code, addr)
	}
	return core.Exception{}, fault{}, false
}
