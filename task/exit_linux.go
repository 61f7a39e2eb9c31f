package task

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

const pidfdOpen = 434 // on all processors that Go knows

// awaitExit waits on a descriptor of the process, which can be read from when it has
// ended (pidfd_open(2)).
func awaitExit(ctx context.Context, pid int) error {
	const nonblock = syscall.O_NONBLOCK
	fd, _, e := syscall.Syscall(pidfdOpen, uintptr(pid), nonblock, 0)
	if e == syscall.EINVAL { // before Linux 5.10
		fd, _, e = syscall.Syscall(pidfdOpen, uintptr(pid), 0, 0)
		if e == 0 {
			syscall.SetNonblock(int(fd), true) // for Go's poller
		}
	}
	switch e {
	case 0:
	case syscall.ESRCH:
		return nil
	case syscall.ENOSYS, syscall.EPERM: // before Linux 5.3, or a filter that knows no pidfd
		return awaitZombie(ctx, pid)
	default:
		return fmt.Errorf("task: pidfd_open of process %d: %w", pid, e)
	}
	f := os.NewFile(fd, "pidfd")
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	// The poller tells of changes, so what has ended before it looked shows by itself.
	err = c.Read(func(uintptr) bool { return ended(pid) })
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("task: wait for process %d: %w", pid, err)
}

// ended reports whether a process is a zombie without other threads, or gone.
func ended(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH)
	}
	// The name is in brackets and may have some in it.
	_, rest, ok := bytes.Cut(text[max(0, bytes.LastIndexByte(text, ')')):], []byte(") "))
	f := bytes.Fields(rest)
	if !ok || len(f) < 18 || f[0][0] != 'Z' && f[0][0] != 'X' {
		return false
	}
	return string(f[17]) == "0" || string(f[17]) == "1" // num_threads: a zombie alone
}

// awaitZombie looks at the process again and again.
func awaitZombie(ctx context.Context, pid int) error {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !ended(pid) {
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
