//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
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
	t.watchMu.Lock()
	defer t.watchMu.Unlock()
	old := t.raise
	t.raise = f
	err := t.watch()
	if err != nil {
		t.raise = old
	}
	return told(t.PID(), err)
}

// watch has the tracer tell what somebody wants to know. watchMu is held.
func (t *task) watch() error {
	tr, err := t.trace()
	if err != nil {
		return err
	}
	f, begin := t.raise, t.begin
	var w linux.Watch
	if f != nil {
		w.Signals = linux.Exceptions
		if forks := t.forks.Load(); forks != nil {
			w.Fork = func(child *linux.Tracer) func() {
				c := newTask(child.Process())
				c.tracer = child
				return (*forks)(c)
			}
		}
	}
	if begin != nil {
		w.Exec = true
		w.Begin = func(s *linux.Stopped) {
			if words := begin.words.Load(); words != nil {
				_ = writeState(s, begin.flavor, *words) // xnu ignores it as well
			}
		}
	}
	if f == nil && begin == nil {
		return tr.SetHandler(nil, linux.Watch{})
	}
	return tr.SetHandler(func(e linux.Event) linux.Action {
		if e.Kind == linux.EventExec && begin != nil {
			begin.words.Store(nil)
		}
		if f == nil || e.Kind != linux.EventSignal || !e.Info.FromKernel() && !e.Stepped {
			return linux.Deliver
		}
		return t.judge(tr, e, f)
	}, w)
}

// judge has the kernel decide on an exception.
func (t *task) judge(tr *linux.Tracer, e linux.Event, f func(core.Exception) (handled bool)) linux.Action {
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
}

// beginning is what new threads begin with, until the process runs another program
// (xnu osfmk/i386/machine_task.c, machine_task_terminate, is called for exec too).
type beginning struct {
	flavor mach.ThreadStateFlavor
	words  atomic.Pointer[[]uint32]
}

// NewThreads implements core.Beginner. The own process's are as they are.
func (t *task) NewThreads(flavor mach.ThreadStateFlavor, words []uint32) error {
	if t.Self() {
		return errors.ErrUnsupported
	}
	t.watchMu.Lock()
	defer t.watchMu.Unlock()
	old := t.begin
	t.begin = nil
	if words != nil {
		if err := validDebug(words); err != nil {
			t.begin = old
			return err
		}
		t.begin = &beginning{flavor: flavor}
		t.begin.words.Store(&words)
	}
	err := t.watch()
	if err != nil {
		t.begin = old
	}
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
