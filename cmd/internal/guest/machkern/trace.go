//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

// tracing is what ptrace has made of a guest.
type tracing struct {
	mu    sync.Mutex
	how   libsystem.Tracing
	held  bool          // it stands at the end of its execve
	stops map[int]int32 // signals that threads are about to get, by the thread's id
	stop  bool          // it has stopped by a signal, and nobody has said how it goes on
}

// begin is for a guest that was traced before its program began: after an execve the process
// sends itself SIGTRAP (xnu bsd/kern/kern_exec.c, exec_mach_imgact). Only on the processor's
// goroutine.
func (g *Guest) begin(how libsystem.Tracing) {
	if !how.On {
		return
	}
	r := &g.traced
	r.mu.Lock()
	r.how = how
	r.held = !how.Exceptions
	r.stop = r.held
	r.mu.Unlock()
	if !how.Exceptions {
		g.process.Hold()
		return
	}
	g.process.SignalHook = g.signalled
	g.process.Signal(proc.SignalInfo{Signal: proc.SIGTRAP, PID: int32(os.Getpid())})
}

// signalled is proc's hook: a signal becomes an exception, and then what the tracer has said
// (xnu bsd/kern/kern_sig.c, issignal_locked).
func (g *Guest) signalled(t *proc.Thread, si proc.SignalInfo) {
	g.sub.know(t)
	r, id := &g.traced, int(t.UniqueID())
	r.mu.Lock()
	if r.stops == nil {
		r.stops = map[int]int32{}
	}
	r.stops[id], r.stop = si.Signal, true
	r.mu.Unlock()
	go func() {
		g.kernel.raise(id, raised{mach.EXC_SOFTWARE, [2]int64{mach.EXC_SOFT_SIGNAL, int64(si.Signal)}})
		r.mu.Lock()
		sig := r.stops[id]
		delete(r.stops, id)
		r.mu.Unlock()
		g.process.Post(func() { t.Judged(si, sig) })
	}()
}

// traceOf asks the kernel for what ptrace does to another process; the answer's word is an
// error number. traced asks the guest; so is the number of its outcome.
type (
	traceOf struct {
		PID, Request int
		Thread       mach.MachPort
		Signal       int32
	}
	traced struct {
		Request, Thread int
		Signal          int32
	}
)

func (m traceOf) handle(s *guestTask, _ []*os.File) any {
	return reply{Word: uint64(s.k.trace(s, m)), OK: true}
}

func (q traced) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	o.N = uint64(g.trace(q))
	return o, nil
}

// trace does to the guest what its tracer asks for.
func (g *Guest) trace(q traced) (e proc.Errno) {
	g.process.Sync(func() {
		r := &g.traced
		r.mu.Lock()
		defer r.mu.Unlock()
		if q.Request == libsystem.PTAttachExc {
			if r.how.On {
				e = proc.EBUSY
				return
			}
			r.how = libsystem.Tracing{On: true, Exceptions: true}
			g.process.SignalHook = g.signalled
			g.process.Post(func() {
				g.process.Signal(proc.SignalInfo{Signal: proc.SIGSTOP, PID: int32(os.Getppid())})
			})
			return
		}
		if !r.how.On {
			e = proc.EPERM
			return
		}
		if !r.stop {
			e = proc.EBUSY
			return
		}
		switch q.Request {
		case libsystem.PTDetach:
			r.how = libsystem.Tracing{}
			g.process.SignalHook = nil
			for id := range r.stops {
				r.stops[id] = q.Signal
			}
			if r.held {
				r.held = false
				g.process.Release()
			}
		case libsystem.PTContinue:
			if r.held { // its later stops would have to be told by wait
				e = proc.ENOTSUP
				return
			}
			for id := range r.stops {
				r.stops[id] = q.Signal
			}
		case libsystem.PTThUpdate:
			r.stops[q.Thread] = q.Signal
		}
		r.stop = false
	})
	return e
}

// trace does what a guest asks of another one by ptrace (xnu bsd/kern/mach_process.c).
func (k *Kernel) trace(by *guestTask, m traceOf) proc.Errno {
	sub := k.sub(m.PID)
	if sub == nil {
		return proc.ESRCH
	}
	if sub == by.task.Sub {
		return proc.EINVAL
	}
	k.mu.Lock()
	tracer := k.tracers[m.PID]
	e := proc.Errno(0)
	switch {
	case m.Request == libsystem.PTAttachExc && tracer != nil:
		e = proc.EBUSY
	case m.Request == libsystem.PTAttachExc:
		k.tracers[m.PID] = by
	case tracer == nil:
		e = proc.EPERM
	case tracer != by:
		e = proc.EBUSY
	}
	k.mu.Unlock()
	if e != 0 {
		return e
	}
	q := traced{Request: m.Request, Signal: m.Signal}
	if m.Request == libsystem.PTThUpdate {
		th := by.anyThread(m.Thread)
		if th == nil || th.Task.Sub != sub {
			return proc.ESRCH
		}
		q.Thread = th.ID
	}
	if m.Request == libsystem.PTKill {
		return proc.FromHost(sub.Terminate())
	}
	switch sub := sub.(type) {
	case *task:
		e = sub.guest.trace(q)
	case *proxyTask:
		o, err := ask(sub.c, q)
		if e = proc.Errno(o.N); err != nil {
			e = proc.ESRCH
		}
	}
	if (m.Request == libsystem.PTAttachExc) == (e != 0) || m.Request == libsystem.PTDetach && e == 0 {
		k.mu.Lock()
		if m.Request == libsystem.PTAttachExc || m.Request == libsystem.PTDetach {
			delete(k.tracers, m.PID)
		}
		k.mu.Unlock()
	}
	return e
}

// anyThread finds a thread of any task by its port's name.
func (s *guestTask) anyThread(name mach.MachPort) *core.Thread {
	p, kr := s.task.Space.SendPort(name)
	if kr != mach.KERN_SUCCESS || p == nil {
		return nil
	}
	_, obj := p.KObject()
	th, _ := obj.(*core.Thread)
	return th
}

// orphan ends the processes that a guest traces that has ended (xnu bsd/kern/kern_exit.c,
// proc_exit).
func (k *Kernel) orphan(tracer *guestTask) {
	k.mu.Lock()
	var pids []int
	for pid, by := range k.tracers {
		if by == tracer {
			delete(k.tracers, pid)
			pids = append(pids, pid)
		}
	}
	k.mu.Unlock()
	for _, pid := range pids {
		go func() { // one that is going to be a guest is waited for
			if sub := k.sub(pid); sub != nil {
				_ = sub.Terminate()
			}
		}()
	}
}

// sub is a guest by its process, once it is one.
func (k *Kernel) sub(pid int) core.TaskSub {
	if pid == os.Getpid() {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.first.task.Sub
	}
	return k.await(pid)
}

func (s *guestTask) trace(m traceOf) proc.Errno { return s.k.trace(s, m) }

func (r *kernelClient) trace(m traceOf) proc.Errno {
	a, ok := r.ask(m)
	if !ok {
		return proc.ESRCH
	}
	return proc.Errno(a.Word)
}

// Ptrace implements libsystem.MachKernel.
func (g *Guest) Ptrace(p *proc.Process, pid, request int, thread uint32, sig int32) proc.Errno {
	g.attach(p)
	return g.kernel.trace(traceOf{PID: pid, Request: request, Thread: mach.MachPort(thread), Signal: sig})
}

// Tracing implements libsystem.MachKernel.
func (g *Guest) Tracing() libsystem.Tracing {
	g.traced.mu.Lock()
	defer g.traced.mu.Unlock()
	return g.traced.how
}

// TraceExceptions implements libsystem.MachKernel.
func (g *Guest) TraceExceptions() bool {
	r := &g.traced
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.how.On {
		return false
	}
	r.how.Exceptions = true
	g.process.SignalHook = g.signalled
	return true
}
