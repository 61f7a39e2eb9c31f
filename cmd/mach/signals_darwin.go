package main

import (
	"context"
	"syscall"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
)

// Requests of ptrace (xnu bsd/sys/ptrace.h).
const (
	ptDetach    = 11
	ptThUpdate  = 13
	ptAttachExc = 14
)

func ptrace(request, pid int, thread mach.MachPort, data int) error {
	if _, _, e := syscall.Syscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(pid), uintptr(thread), uintptr(data), 0, 0); e != 0 {
		return e
	}
	return nil
}

// signalTracer has the kernel make exceptions of a process's signals.
type signalTracer struct {
	pid      int
	attached bool // the SIGSTOP by which ptrace attaches was there
}

// traceSignals attaches to a process that has a debugger of this program's. A traced
// process ends with its tracer, unless it is let go.
func traceSignals(pid int) (*signalTracer, error) {
	if err := ptrace(ptAttachExc, pid, 0, 0); err != nil {
		return nil, err
	}
	return &signalTracer{pid: pid}, nil
}

// goOn ends a stop: signals are left to the process, but for the one of attaching.
func (s *signalTracer) goOn(ctx context.Context, d *exc.Debugger, at *exc.Stop) error {
	x, ok := at.Exception.Detail().(exc.Software)
	if at.Reason != exc.Signalled || !ok {
		return d.Pass(ctx)
	}
	sig := int(x.Signal)
	if x.Signal == exc.Signal(syscall.SIGSTOP) && !s.attached {
		s.attached, sig = true, 0
	}
	if err := ptrace(ptThUpdate, s.pid, at.Thread.Name(), sig); err != nil {
		return err
	}
	return d.Continue(ctx)
}

// end lets the process go. It has to stand at a signal for that.
func (s *signalTracer) end(ctx context.Context, d *exc.Debugger) {
	if ptrace(ptDetach, s.pid, 1, 0) == nil {
		return
	}
	const most = 5 * time.Second // it may block the signal
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	defer cancel()
	if syscall.Kill(s.pid, syscall.SIGURG) != nil { // which programs ignore
		return
	}
	for {
		at, err := d.Wait(ctx)
		if err != nil {
			return
		}
		if at.Reason == exc.Signalled && ptrace(ptDetach, s.pid, 1, 0) == nil {
			_ = d.Continue(ctx)
			return
		}
		if s.goOn(ctx, d, at) != nil {
			return
		}
	}
}
