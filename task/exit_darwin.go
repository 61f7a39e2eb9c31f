package task

import (
	"context"
	"fmt"
	"syscall"
)

// awaitExit waits for the process's event in a kqueue, which a second event ends with
// the context.
func awaitExit(ctx context.Context, pid int) error {
	kq, err := syscall.Kqueue()
	if err != nil {
		return fmt.Errorf("task: kqueue: %w", err)
	}
	defer syscall.Close(kq)
	syscall.CloseOnExec(kq)
	const wake = 1
	events := []syscall.Kevent_t{{Ident: wake, Filter: evfiltUser, Flags: syscall.EV_ADD | syscall.EV_CLEAR}}
	if _, err := syscall.Kevent(kq, events, nil, nil); err != nil {
		return fmt.Errorf("task: kevent: %w", err)
	}
	events[0] = syscall.Kevent_t{Ident: uint64(pid), Filter: syscall.EVFILT_PROC, Flags: syscall.EV_ADD | syscall.EV_ONESHOT, Fflags: syscall.NOTE_EXIT}
	switch _, err := syscall.Kevent(kq, events, nil, nil); err {
	case nil:
	case syscall.ESRCH: // it has ended before
		return nil
	default:
		return fmt.Errorf("task: kevent for process %d: %w", pid, err)
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		syscall.Kevent(kq, []syscall.Kevent_t{{Ident: wake, Filter: evfiltUser, Fflags: noteTrigger}}, nil, nil)
	})
	defer func() {
		if !stop() {
			<-done // it uses the descriptor
		}
	}()
	for {
		n, err := syscall.Kevent(kq, nil, events, nil)
		switch {
		case err == syscall.EINTR, err == nil && n == 0:
		case err != nil:
			return fmt.Errorf("task: wait for process %d: %w", pid, err)
		case events[0].Filter == syscall.EVFILT_PROC:
			return nil
		default:
			return ctx.Err()
		}
	}
}

// Of <sys/event.h>, which package syscall lacks.
const (
	evfiltUser  = -10
	noteTrigger = 0x01000000
)
