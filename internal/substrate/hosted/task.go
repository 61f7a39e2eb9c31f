//go:build linux && (amd64 || arm64)

package hosted

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// task is one process.
type task struct {
	p     *linux.Process
	space *space

	mu     sync.Mutex
	tracer *linux.Tracer // made when first needed
	lender *task         // whose the tracer's process is, see Take
	closed bool

	// stopMu orders suspensions. The process stands still while somebody wants
	// it suspended or something needs it frozen.
	stopMu    sync.Mutex
	suspended bool
	frozen    int

	watchMu sync.Mutex // for the two below
	raise   func(core.Exception) (handled bool)
	begin   *beginning

	forks atomic.Pointer[func(core.TaskSub) func()] // see Forks

	faults  map[int]fault // the last exception of each thread that had one
	samples map[int]sample

	niceness *int // of the process, before threads got an importance
}

func newTask(p *linux.Process) *task {
	t := &task{p: p}
	t.space = newSpace(t)
	return t
}

func (t *task) PID() int                  { return t.p.PID() }
func (t *task) Self() bool                { return t.p.IsSelf() }
func (t *task) CPU() mach.CPUType         { return hostCPU }
func (t *task) Memory() core.AddressSpace { return t.space }

// Control asks the system by the cheapest operation that needs the right to
// debug: reading memory. Address 0 is mapped nowhere, so the answer is either
// a fault or a refusal. What a process answers that is just ending, or that the
// kernel has closed because it has ended, is no refusal.
func (t *task) Control() error {
	var b [1]byte
	_, err := t.p.ReadAt(b[:], 0)
	switch {
	case errors.Is(err, linux.ErrFault):
		return nil
	case t.p.Exited():
		return ended(t.PID())
	}
	return told(t.PID(), err)
}

// trace gives the tracer.
func (t *task) trace() (*linux.Tracer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, linux.ErrClosed
	}
	if t.tracer == nil {
		tracer, err := t.p.Trace()
		if err != nil {
			return nil, err
		}
		t.tracer = tracer
	}
	return t.tracer, nil
}

func (t *task) Threads() ([]int, error) {
	ids, err := t.p.ThreadIDs(nil)
	if len(ids) > 1 && ids[0] == t.PID() && t.p.EndedThread(ids[0]) {
		ids = ids[1:] // it has ended before the others, and is kept for its parent
	}
	return ids, told(t.PID(), err)
}

func (t *task) OpenThread(id int) (core.ThreadSub, error) {
	if t.Self() {
		return openOwnThread(t, id)
	}
	t.mu.Lock()
	tr := t.tracer
	t.mu.Unlock()
	if tr != nil {
		if _, start, ok := tr.Standing(id); ok {
			return &thread{task: t, id: id, start: start}, nil
		}
	}
	s, err := t.p.ThreadStat(id)
	if err != nil {
		return nil, err
	}
	return &thread{task: t, id: id, start: s.StartTime}, nil
}

func (t *task) Suspend() error {
	if t.Self() {
		return suspendSelf()
	}
	t.stopMu.Lock()
	defer t.stopMu.Unlock()
	tr, err := t.trace()
	if err == nil {
		err = tr.Suspend(context.Background())
	}
	t.suspended = err == nil
	return told(t.PID(), err)
}

func (t *task) Resume() error {
	if t.Self() {
		return nil // whoever calls runs
	}
	t.stopMu.Lock()
	defer t.stopMu.Unlock()
	t.suspended = false
	if t.frozen > 0 {
		return nil
	}
	tr, err := t.trace()
	if err != nil {
		return err
	}
	return tr.Resume()
}

// freeze runs f while the process stands still. The own process cannot be
// made to: there f just runs.
func (t *task) freeze(f func() error) error {
	if t.Self() {
		return f()
	}
	tr, err := t.trace()
	if err != nil {
		return err
	}
	t.stopMu.Lock()
	if err := tr.Suspend(context.Background()); err != nil {
		t.stopMu.Unlock()
		return err
	}
	t.frozen++
	t.stopMu.Unlock()
	defer func() {
		t.stopMu.Lock()
		defer t.stopMu.Unlock()
		if t.frozen--; t.frozen == 0 && !t.suspended {
			_ = tr.Resume()
		}
	}()
	return f()
}

// suspendSelf stops the own process until another one continues it, as
// task_suspend of the own task does.
func suspendSelf() error { return unix.Kill(unix.Getpid(), unix.SIGSTOP) }

func (t *task) Terminate() error {
	fd, err := unix.PidfdOpen(t.PID(), 0)
	if err != nil {
		return linux.ErrProcessGone
	}
	defer unix.Close(fd)
	if !t.p.Alive() { // after the open, so fd is this process's
		return linux.ErrProcessGone
	}
	return unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
}

func (t *task) Wait(done <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	}()
	_ = t.p.Wait(ctx)
}

// Close lets go of the process: what is suspended runs on.
func (t *task) Close() error {
	t.mu.Lock()
	tr := t.tracer
	t.tracer, t.closed = nil, true
	t.mu.Unlock()
	if tr != nil {
		tr.Close()
	}
	t.space.walk.stop()
	if t.lender != nil {
		t.lender.p.Close()
	}
	return t.p.Close()
}
