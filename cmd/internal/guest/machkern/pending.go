//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/internal/kernel/core"
	kerntask "github.com/gomach/mach/internal/kernel/task"
)

// pendingGuest is a process that is going to be a guest.
type pendingGuest struct {
	over      chan struct{}         // closed when it is one, or will not be
	inherited *kerntask.Inheritance // from who started it, if not taken; Kernel.mu guards it
	how       libsystem.Tracing
	was       *guestTask // the guest that the process is until then, if it replaces itself
}

// started is told by a guest that has started a process, or that is about to become another one
// itself.
func (k *Kernel) started(by *guestTask, pid int, end *os.File, how libsystem.Tracing) {
	a := &pendingGuest{over: make(chan struct{}), how: how}
	itself := pid == by.task.Sub.PID()
	if itself {
		a.inherited = kerntask.LeaveToExec(by.task)
	} else {
		a.inherited = kerntask.Leave(by.task)
	}
	k.mu.Lock()
	if itself && k.guests[pid] == by {
		a.was = by
		delete(k.guests, pid) // what it is now does not count any more
	}
	if how.On && k.tracers[pid] == nil {
		k.tracers[pid] = by
	}
	before := k.pending[pid]
	k.pending[pid] = a
	k.mu.Unlock()
	if before != nil {
		k.finish(pid, before)
	}
	dup, err := unix.FcntlInt(end.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err == nil {
		err = k.connect(os.NewFile(uintptr(dup), "guest"), pid, a)
	}
	if err != nil {
		k.finish(pid, a)
	}
}

// take gives what a process inherits.
func (k *Kernel) take(a *pendingGuest) *kerntask.Inheritance {
	k.mu.Lock()
	defer k.mu.Unlock()
	inherited := a.inherited
	a.inherited = nil
	return inherited
}

// finish ends the waiting for a guest: the process is a guest now, or its runner has gone.
func (k *Kernel) finish(pid int, a *pendingGuest) {
	k.mu.Lock()
	select {
	case <-a.over:
		k.mu.Unlock()
		return
	default:
	}
	close(a.over)
	if k.pending[pid] == a {
		delete(k.pending, pid)
	}
	if a.was != nil && k.guests[pid] == nil && a.was.task.Sub.Control() == nil {
		k.guests[pid] = a.was // it goes on as what it was
	}
	inherited := a.inherited
	a.inherited = nil
	k.mu.Unlock()
	if inherited != nil {
		inherited.Release()
	}
}

// longestStart is how long somebody waits for a guest to be a task who asks for it.
const longestStart = 20 * time.Second

// await gives the guest of a process that is going to be one, once it is.
func (k *Kernel) await(pid int) core.TaskSub {
	k.mu.Lock()
	a := k.pending[pid]
	k.mu.Unlock()
	if a != nil {
		timer := time.NewTimer(longestStart)
		defer timer.Stop()
		select {
		case <-a.over:
		case <-timer.C:
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.guests[pid]; s != nil {
		return s.task.Sub
	}
	return nil
}
