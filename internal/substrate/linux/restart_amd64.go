//go:build linux

package linux

import (
	"time"

	"golang.org/x/sys/unix"
)

// A thread that is stopped in a blocking call comes out of it. Most calls say
// then that the kernel is to start them again (see Restarts), but some just
// fail with EINTR (signal(7), "Interruption of system calls and library
// functions by stop signals"; in the kernel fs/eventpoll.c ep_poll, ipc/sem.c
// do_semtimedop, kernel/signal.c do_sigtimedwait, include/net/sock.h
// sock_intr_errno, fs/aio.c, io_uring). The target would see an error that only
// a handler of its own may cause.
//
// So the result is changed to ERESTARTNOHAND, by which the kernel's other calls
// ask for just that: to fail with EINTR if a handler runs before the thread
// is back in user code, and to be started again if none does
// (arch_do_signal_or_restart in arch/x86/kernel/signal.c). It is the kernel that
// decides, at the moment the thread goes on.
//
// A time limit starts anew with the call. That is harmless once, but a
// process that is stopped again and again would never see it pass: so calls
// with a limit get their EINTR if they, or others at the same place, have been
// started again for a second.

const (
	errRestartNoHand = 514 // include/linux/errno.h
	userCode64       = 0x33
	regRAX           = 80 // offsetof(struct user, regs.rax), sys/user.h
)

// limit says which argument of a call is its time limit, if it has one.
type limit int

const (
	noLimit   limit = iota + 1
	limitOut        // the call has one that its arguments do not show
	limitR10        // a number of milliseconds, negative for none
	pointerDX       // to a time, nil for none
	pointerR10
	pointerR8
)

// interruptible are the calls that fail with EINTR, and with nothing done, when
// they are stopped.
var interruptible = map[uint64]limit{
	unix.SYS_EPOLL_WAIT: limitR10, unix.SYS_EPOLL_PWAIT: limitR10, unix.SYS_EPOLL_PWAIT2: pointerR10,
	unix.SYS_SEMOP: noLimit, unix.SYS_SEMTIMEDOP: pointerR10,
	unix.SYS_RT_SIGTIMEDWAIT: pointerDX,
	unix.SYS_IO_GETEVENTS:    pointerR8, unix.SYS_IO_URING_ENTER: limitOut,
	// Of a socket with SO_RCVTIMEO or SO_SNDTIMEO.
	unix.SYS_READ: limitOut, unix.SYS_READV: limitOut, unix.SYS_WRITE: limitOut, unix.SYS_WRITEV: limitOut,
	unix.SYS_RECVFROM: limitOut, unix.SYS_RECVMSG: limitOut, unix.SYS_RECVMMSG: limitOut,
	unix.SYS_SENDTO: limitOut, unix.SYS_SENDMSG: limitOut, unix.SYS_SENDMMSG: limitOut,
	unix.SYS_ACCEPT: limitOut, unix.SYS_ACCEPT4: limitOut, unix.SYS_CONNECT: limitOut,
}

// restart is a call with a time limit that was started again.
type restart struct {
	sp, number uint64
	first      time.Time
}

const maxRestarts = 4096 // threads; their calls just are restarted once more if there are more

// startAgain has the kernel start the call again that a stop made fail.
func (t *Tracer) startAgain(x *tracee) {
	var rax uint64
	if ptraceInto(unix.PTRACE_PEEKUSR, x.tid, regRAX, &rax) != nil || int64(rax) != -int64(unix.EINTR) {
		return
	}
	var r Registers
	n, err := ptraceSet(unix.PTRACE_GETREGSET, x.tid, NoteGeneral, bytesOf(&r))
	if err != nil || n != len(bytesOf(&r)) || r.Cs != userCode64 {
		return // 32-bit code numbers its calls otherwise
	}
	kind := interruptible[r.Orig_rax] // 0 also for -1: not in a call
	if kind == 0 || kind.limited(&r) && !t.mayRestart(x.tid, &r) {
		return
	}
	_ = ptrace(unix.PTRACE_POKEUSR, x.tid, regRAX, ^uintptr(errRestartNoHand-1))
}

func (l limit) limited(r *Registers) bool {
	switch l {
	case noLimit:
		return false
	case limitR10:
		return int32(r.R10) >= 0
	case pointerDX:
		return r.Rdx != 0
	case pointerR10:
		return r.R10 != 0
	case pointerR8:
		return r.R8 != 0
	}
	return true
}

// mayRestart tells whether a call with a time limit is to be started again.
func (t *Tracer) mayRestart(tid int, r *Registers) bool {
	now := time.Now()
	last, known := t.restarts[tid]
	if known && last.sp == r.Rsp && last.number == r.Orig_rax {
		if now.Sub(last.first) < t.restartTime {
			return true
		}
		delete(t.restarts, tid)
		return false
	}
	if t.restarts == nil || len(t.restarts) >= maxRestarts {
		t.restarts = map[int]restart{}
	}
	t.restarts[tid] = restart{r.Rsp, r.Orig_rax, now}
	return true
}
