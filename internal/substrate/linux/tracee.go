//go:build linux && (amd64 || arm64)

package linux

import (
	"time"

	"golang.org/x/sys/unix"
)

// tracee is one attached thread. Only the tracer's OS thread touches it.
type tracee struct {
	tid       int
	start     uint64 // see Stopped.StartTime, 0 if not read yet
	native    bool   // its registers have the form of Registers
	stopped   bool
	last      int    // the status of the last stop, as wait gives it
	listen    bool   // in a group stop, let be by PTRACE_LISTEN
	group     bool   // the stop is job control's, and must stay so
	signal    int    // signal to hand over when the thread goes on
	step      bool   // goes on by one instruction
	stepped   bool   // was let go by PTRACE_SINGLESTEP, and the end of that step was not seen yet
	undone    bool   // its step was of a system call that is to start again: see endStep
	held      bool   // suspended by itself
	judged    int    // events that a handler is looking at
	inSyscall bool   // stopped at a system call's entry or exit, by PTRACE_SYSCALL
	exiting   bool   // in the stop at its end: runs no user code any more
	quiet     bool   // runs a borrowed system call: its signals are nobody's business
	asked     bool   // was interrupted by us, and has not stopped for it yet
	stuck     bool   // asked, and found in an uninterruptible system call
	after     *Event // to be told when the thread has come to the edge of user code
	leaving   bool   // was asked to stop in order to be detached
	shared    bool   // the first thread of an own child: see takenStop
	fresh     bool   // has not stopped yet since it was made
	foreign   bool   // not of our process: a clone that is to be let go
}

// stop is what a thread was found doing.
type stop struct {
	event  int // PTRACE_EVENT_*, 0 for a signal
	signal int // signal on its way (event 0) or of the group stop
	gone   bool
	unseen bool // gone without an end that could be seen: reaped, or it changed its id
	code   int  // exit: si_code
	status int  // exit: code or signal
}

const (
	attachOptions = unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACESYSGOOD
	syscallStop   = int(unix.SIGTRAP) | 0x80
	cldTrapped    = 4 // CLD_TRAPPED, CLD_STOPPED, CLD_CONTINUED of asm-generic/siginfo.h
	cldStopped    = 5
)

// poll looks whether the thread has stopped or ended.
//
// The stop is looked at with WNOWAIT and so stays unclaimed in the kernel:
// if we are killed while a signal waits for its delivery, the kernel finds it
// there and delivers it. A claimed one would be lost.
func (t *tracee) poll() (s stop, found bool) {
	var info childInfo
	if err := waitThread(t.tid, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT, &info); err != nil {
		return stop{gone: true, unseen: true}, true
	}
	switch {
	case info.PID == 0:
		if s, found = t.takenStop(); !found {
			return stop{}, false
		}
	case info.Code == cldTrapped || info.Code == cldStopped:
		status := int(info.Status)
		if t.stopped && status == t.last {
			return stop{}, false // the one that is known
		}
		// A known stop is left without us only by a kill, as an execve does to
		// all threads but its caller. What follows is another kind of stop: that
		// at the end, or that of the execve itself, under the first thread's id.
		t.last = status
		s = stop{event: status >> 8, signal: status & 0xff}
	default:
		return stop{gone: true, code: int(info.Code), status: int(info.Status)}, true
	}
	// Two kinds must be claimed. The stop at a system call would become a
	// SIGTRAP if we ended; and after an exec that changed the thread's id
	// the kernel refuses all requests until then, lest they were meant
	// for the former bearer of that id (looks_like_a_spurious_pid).
	if s.event == 0 && s.signal == syscallStop || s.event == unix.PTRACE_EVENT_EXEC {
		t.claim()
	}
	return s, true
}

// claim takes the stop out of the kernel, so that its signal is not
// delivered if we end.
func (t *tracee) claim() {
	var info childInfo
	_ = waitThread(t.tid, unix.WSTOPPED, &info)
}

// reap takes an ended thread out of the kernel's table.
func reap(tid int) {
	var info childInfo
	_ = waitThread(tid, unix.WEXITED, &info)
}

// pause waits a little, a bit longer each time. It sleeps rather than yields:
// a thread on this CPU can stop only if we leave it, and sched_yield leaves it
// to whoever else is busy for a whole time slice.
func pause(round int) {
	switch {
	case round < 16:
		nanosleep(5 * time.Microsecond)
	case round < 64:
		nanosleep(20 * time.Microsecond)
	default:
		nanosleep(200 * time.Microsecond)
	}
}

func nanosleep(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&ts, nil)
}
