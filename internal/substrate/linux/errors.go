//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// kind is a class of failure. Each answers errors.Is for the errno and the
// std error that mean the same.
type kind struct {
	text string
	also []error
}

func (k *kind) Error() string { return k.text }

func (k *kind) Is(target error) bool {
	for _, e := range k.also {
		if e == target {
			return true
		}
	}
	return false
}

// The classes of failure; test with errors.Is.
var (
	// ErrNoProcess: there is no process with this pid (a thread's id that is
	// not a pid counts as none).
	ErrNoProcess error = &kind{"no such process", []error{unix.ESRCH, fs.ErrNotExist}}
	// ErrProcessGone: the process was there when it was opened and has ended.
	ErrProcessGone error = &kind{"process has ended", []error{unix.ESRCH, fs.ErrNotExist}}
	// ErrThreadGone: the process has no such thread, or no longer.
	ErrThreadGone error = &kind{"thread has ended", []error{unix.ESRCH, fs.ErrNotExist}}
	// ErrNotPermitted: the system refuses; the message says what may help.
	ErrNotPermitted error = &kind{"not permitted", []error{unix.EPERM, fs.ErrPermission}}
	// ErrTraced: another program (a debugger, strace) traces the thread.
	ErrTraced error = &kind{"already traced by another program", []error{unix.EBUSY, unix.EPERM}}
	// ErrSelf: a process cannot trace itself.
	ErrSelf error = &kind{"a process cannot trace itself", []error{unix.EINVAL}}
	// ErrBusy: the thread did not stop, since it sits in an uninterruptible
	// system call.
	ErrBusy error = &kind{"thread is in an uninterruptible system call", []error{unix.EBUSY, unix.EAGAIN}}
	// ErrNotSuspended: the operation needs a suspended thread.
	ErrNotSuspended error = &kind{"thread is not suspended", []error{unix.EINVAL}}
	// ErrFault: an address is not mapped or does not allow the access.
	ErrFault error = &kind{"bad address", []error{unix.EFAULT, unix.EIO}}
	// ErrClosed: the Process or Tracer was closed.
	ErrClosed error = &kind{"already closed", []error{os.ErrClosed}}
)

// Error is a failed operation on a process or one of its threads.
type Error struct {
	Op  string // what was tried: "open", "suspend", "read registers", ...
	PID int
	TID int // 0 if no single thread was meant
	// Err is one of the Err values of this package, or an errno.
	Err error
	// Hint says what the user can do about it, or is empty.
	Hint string
}

// Error names the operation, the process and the cause, and adds the hint.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s process %d", e.Op, e.PID)
	if e.TID != 0 {
		fmt.Fprintf(&b, " thread %d", e.TID)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// wrap turns an errno into an *Error with the class that fits. An *Error that
// is already complete stays as it is.
func wrap(op string, pid, tid int, err error) error {
	if err == nil {
		return nil
	}
	var have *Error
	if errors.As(err, &have) {
		return err
	}
	e := &Error{Op: op, PID: pid, TID: tid, Err: err}
	switch {
	case err == unix.ESRCH || err == unix.ENOENT:
		e.Err = ErrProcessGone
		if tid != 0 {
			e.Err = ErrThreadGone
		}
	case err == unix.EPERM || err == unix.EACCES:
		e.Err = ErrNotPermitted
		e.Hint = permissionHint()
	case err == ErrNotPermitted:
		e.Hint = permissionHint()
	case err == unix.EBADF:
		e.Err = ErrClosed
	case err == unix.EFAULT || err == unix.EIO:
		e.Err = ErrFault
	}
	return e
}

// PtraceScope gives kernel.yama.ptrace_scope, or -1 where the system has no
// such limit.
func PtraceScope() int {
	b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return -1
	}
	return n
}

// permissionHint says what an ordinary user can do about a refusal. Yama's
// levels are described in the kernel's admin-guide/LSM/Yama.rst.
func permissionHint() string {
	switch scope := PtraceScope(); {
	case scope == 3:
		return "kernel.yama.ptrace_scope is 3: nobody may trace until the next boot"
	case scope == 2:
		return "kernel.yama.ptrace_scope is 2: run as root or with CAP_SYS_PTRACE"
	case os.Geteuid() == 0:
		return "root was refused: the process may be out of reach of this container, or CAP_SYS_PTRACE is missing"
	case scope == 1:
		return "kernel.yama.ptrace_scope is 1: run as root or with CAP_SYS_PTRACE, or set kernel.yama.ptrace_scope=0 for your own processes"
	default:
		return "run as root or with CAP_SYS_PTRACE; your own processes are open unless they changed their user or are not dumpable"
	}
}
