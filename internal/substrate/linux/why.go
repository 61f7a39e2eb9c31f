//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/cause"
)

// whyOf finds the cause of a failure whose class is known. Where the kernel
// says EPERM for several causes, the system is asked which of them there is.
func whyOf(pid, tid int, err error) cause.Error {
	why := cause.Error{PID: pid}
	var filtered *filteredCall
	switch {
	case err == ErrNoProcess:
		why.Kind = cause.NoProcess
	case err == ErrProcessGone:
		why.Kind = cause.Ended
	case err == ErrThreadGone:
		why.Kind = cause.ThreadEnded
	case err == ErrNoProc:
		why.Kind = cause.NoProc
	case err == ErrBusy:
		why.Kind = cause.Busy
	case err == ErrTraced:
		why.Kind = cause.OtherTracer
		why.Tracer, why.TracerName = tracerOf(pid, tid)
	case errors.As(err, &filtered):
		why.Kind, why.Call = cause.Filtered, filtered.call
		if why.Call == "" {
			why.Call = filteredName()
		}
	case err == unix.EMFILE || err == unix.ENFILE:
		why.Kind = cause.NoDescriptors
	case err == unix.ENOMEM:
		why.Kind = cause.NoMemory
	case err == ErrNotPermitted:
		return refusal(pid, tid)
	}
	return why
}

// refusal says why the kernel refuses to let a process be looked into
// (__ptrace_may_access and ptrace_attach in kernel/ptrace.c; Yama's levels are
// in the kernel's admin-guide/LSM/Yama.rst).
func refusal(pid, tid int) cause.Error {
	why := cause.Error{PID: pid}
	status, err := readFile("/proc/"+strconv.Itoa(pid)+"/status", make([]byte, 0, 4096))
	capable := hasCapability(unix.CAP_SYS_PTRACE)
	switch scope := PtraceScope(); {
	case err == unix.ENOENT && signalable(pid):
		why.Kind = cause.Hidden
	case pid == os.Getpid() || filteredName() != "":
		// The own process is always open, but for a filter.
		why.Kind, why.Call = cause.Filtered, filteredName()
	case err == nil && bytes.Contains(status, []byte("\nKthread:\t1")) || kernelThread(pid):
		why.Kind = cause.KernelThread
	case scope == 3, scope == 2 && !capable:
		why.Kind, why.Scope = cause.PtraceScope, scope
	case os.Geteuid() == 0 && !capable:
		why.Kind = cause.NoCapability
	case capable && wholeUserNamespace():
		why.Kind = cause.SecurityModule
	case capable:
		why.Kind = cause.Namespace
	case scope == 1 && err == nil && ParseStatus(status).UID[0] == uint32(os.Getuid()):
		why.Kind, why.Scope = cause.PtraceScope, scope
	default:
		why.Kind = cause.OtherUser
	}
	return why
}

// signalable tells whether there is a process with this pid, be it in /proc
// or not.
func signalable(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || err == unix.EPERM
}

// tracerOf names who traces a thread.
func tracerOf(pid, tid int) (tracer int, name string) {
	if tid == 0 {
		tid = pid
	}
	text, err := readFile("/proc/"+strconv.Itoa(pid)+"/task/"+strconv.Itoa(tid)+"/status", make([]byte, 0, 4096))
	if err != nil {
		return 0, ""
	}
	if tracer = ParseStatus(text).TracerPID; tracer <= 0 {
		return 0, ""
	}
	text, _ = readFile("/proc/"+strconv.Itoa(tracer)+"/comm", make([]byte, 0, 64))
	return tracer, strings.TrimSuffix(string(text), "\n")
}

// kernelThread tells whether the process is one of the kernel's: PF_KTHREAD
// in its flags (include/linux/sched.h).
func kernelThread(pid int) bool {
	const pfKthread = 0x00200000
	text, err := readFile("/proc/"+strconv.Itoa(pid)+"/stat", make([]byte, 0, 1024))
	if err != nil {
		return false
	}
	s, ok := ParseStat(text)
	return ok && s.Flags&pfKthread != 0
}

// filteredName names a system call of those that tracing needs which something
// keeps from the kernel, or is empty. Each is asked in a form that the kernel
// itself answers in one way: ptrace refuses a PTRACE_SEIZE with an address
// by EIO, before it looks at the process; waitid says ECHILD of what is no
// child.
func filteredName() string {
	if err := ptrace(unix.PTRACE_SEIZE, os.Getpid(), 1, 0); err != unix.EIO {
		return "ptrace"
	}
	if err := waitThread(1, unix.WEXITED, new(childInfo)); err != nil && err != unix.ECHILD {
		return "waitid"
	}
	return ""
}

// hasCapability tells whether a capability is effective for this process.
func hasCapability(n int) bool {
	text, err := readFile("/proc/self/status", make([]byte, 0, 4096))
	return err == nil && ParseStatus(text).CapEff>>n&1 != 0
}

// wholeUserNamespace tells whether this process is in the outermost user
// namespace, which maps all ids to themselves (user_namespaces(7)).
func wholeUserNamespace() bool {
	text, err := readFile("/proc/self/uid_map", make([]byte, 0, 256))
	return err == nil && strings.Join(strings.Fields(string(text)), " ") == "0 0 4294967295"
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

// procMissing says why /proc shows no process with this pid, if it is /proc
// that is at fault.
func procMissing(pid int) error {
	var fs unix.Statfs_t
	if unix.Statfs("/proc", &fs) == nil && fs.Type != unix.PROC_SUPER_MAGIC {
		return ErrNoProc
	}
	if self, err := os.Readlink("/proc/self"); err != nil || self != strconv.Itoa(os.Getpid()) {
		return ErrNoProc
	}
	if pid > 0 && pid <= math.MaxInt32 && signalable(pid) {
		// A thread's id can be signalled as well, and is seen by its number
		// where /proc hides nothing.
		if _, err := os.Lstat("/proc/" + strconv.Itoa(pid)); err != nil {
			return ErrNotPermitted
		}
	}
	return ErrNoProcess
}
