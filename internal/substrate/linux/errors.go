//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/cause"
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
	// ErrNotPermitted: the system refuses; the message says why.
	ErrNotPermitted error = &kind{"not permitted", []error{unix.EPERM, fs.ErrPermission}}
	// ErrFiltered: a seccomp filter or a sandbox refuses a system call.
	ErrFiltered error = &kind{"a system call is refused by a seccomp filter or sandbox", []error{unix.EPERM, fs.ErrPermission}}
	// ErrNoProc: /proc is not mounted, or shows another pid namespace.
	ErrNoProc error = &kind{"/proc is missing or is another pid namespace's", []error{fs.ErrNotExist}}
	// ErrTraced: another program (a debugger, strace) traces the thread.
	ErrTraced error = &kind{"already traced by another program", []error{unix.EBUSY, unix.EPERM}}
	// ErrSelf: a process cannot trace itself.
	ErrSelf error = &kind{"a process cannot trace itself", []error{unix.EINVAL}}
	// ErrBusy: the process or thread did not stop in time: it is in execve, or
	// sits in an uninterruptible system call.
	ErrBusy error = &kind{"did not stop in time: it is in execve or in an uninterruptible system call", []error{unix.EBUSY, unix.EAGAIN}}
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
	// Why is the cause in a form that advice can be based on.
	Why cause.Error
}

// Error names the operation, the process and the cause.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s process %d", e.Op, e.PID)
	if e.TID != 0 {
		fmt.Fprintf(&b, " thread %d", e.TID)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if detail := detailOf(&e.Why); detail != "" {
		fmt.Fprintf(&b, " (%s)", detail)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// detailOf says what the class of an error leaves open.
func detailOf(c *cause.Error) string {
	switch c.Kind {
	case cause.OtherTracer:
		switch {
		case c.TracerName != "":
			return fmt.Sprintf("by thread %d, %s", c.Tracer, c.TracerName)
		case c.Tracer > 0:
			return fmt.Sprintf("by thread %d", c.Tracer)
		}
	case cause.Filtered:
		if c.Call != "" {
			return c.Call
		}
	case cause.PtraceScope:
		return fmt.Sprintf("kernel.yama.ptrace_scope is %d", c.Scope)
	case cause.NoCapability:
		return "root was refused: CAP_SYS_PTRACE is missing"
	case cause.Namespace:
		return "root was refused: the process belongs to an outer user namespace"
	case cause.SecurityModule:
		return "root was refused: a security module forbids it"
	case cause.OtherUser:
		return "the process is another user's, or has changed its user or is not dumpable"
	case cause.KernelThread:
		return "it is one of the kernel's threads"
	case cause.Hidden:
		return "/proc hides it: it is mounted with hidepid"
	}
	return ""
}

// filteredCall is ErrFiltered with the name of the system call.
type filteredCall struct{ call string }

func (e *filteredCall) Error() string        { return ErrFiltered.Error() }
func (e *filteredCall) Is(target error) bool { return target == ErrFiltered }
func (e *filteredCall) Unwrap() error        { return ErrFiltered }

// wrap turns an errno into an *Error with the class that fits. An *Error that
// is already complete stays as it is, and so does a context's end.
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
	case err == unix.ESRCH && kernelThread(pid): // said of what has no memory, too
		e.Err = ErrNotPermitted
	case err == unix.ESRCH || err == unix.ENOENT:
		e.Err = ErrProcessGone
		if tid != 0 {
			e.Err = ErrThreadGone
		}
	case err == unix.EPERM || err == unix.EACCES:
		e.Err = ErrNotPermitted
	case err == unix.ENOSYS:
		e.Err = &filteredCall{}
	case err == unix.EBADF:
		e.Err = ErrClosed
	case err == unix.EFAULT || err == unix.EIO:
		e.Err = ErrFault
	}
	e.Why = whyOf(pid, tid, e.Err)
	if e.Why.Kind == cause.Filtered && e.Err == ErrNotPermitted {
		e.Err = &filteredCall{e.Why.Call}
	}
	e.Why.Err = e
	return e
}
