//go:build linux && (amd64 || arm64)

package linux

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A process that traces its own child shares the child's stops with all its
// threads: any of them that waits for the child, asking for its end alone, is
// given a stop of the first thread too, and takes it away (wait_task_stopped
// in the kernel's exit.c: ptrace stops are shown whatever the options). Only a
// tracer in another thread group would be spared, which may not trace a
// sibling where Yama's ptrace_scope is 1, as it mostly is.
//
// So the tracer finds such a stop without wait's help. os.Process.Wait still
// comes back early, which is for its caller to know.

// ownChild tells whether the process is a child of this one.
func (p *Process) ownChild() bool {
	s, err := p.Stat()
	return err == nil && s.PPID == os.Getpid()
}

// takenStop looks whether the thread stands in a stop that another thread's
// wait has taken: the kernel then answers questions about it. It may also have
// been reached just now, and still be there for wait: that shows it a second
// time, as the one that is known.
func (t *tracee) takenStop() (s stop, found bool) {
	if !t.shared || t.stopped {
		return stop{}, false
	}
	var info SigInfo
	if ptraceInto(unix.PTRACE_GETSIGINFO, t.tid, 0, &info) != nil {
		return stop{}, false
	}
	s = stopOf(&info)
	t.last = s.event<<8 | s.signal
	return s, true
}

// stopOf makes of a stop's siginfo what wait would have told. The kernel puts
// the event above the signal in si_code, and marks the stop at a system call
// there.
func stopOf(info *SigInfo) stop {
	signal, code := info.Signo(), info.Code()
	if code > 0xff && code&0xff == signal {
		return stop{event: code >> 8, signal: signal}
	}
	if signal == int(unix.SIGTRAP) && code == syscallStop {
		return stop{signal: syscallStop}
	}
	return stop{signal: signal}
}

// nudgeWaiters sees to it that a wait for an own child ends when the child
// has: one that was begun while the child was traced sometimes sleeps on,
// though the zombie is there to be reaped. SIGURG is what Go sends to its own
// threads all the time; a call that it interrupts is started again, and then
// sees the zombie.
func (p *Process) nudgeWaiters() {
	for pause := 10 * time.Millisecond; pause < 10*time.Second; pause *= 4 {
		time.Sleep(pause)
		if s, err := p.Stat(); err != nil || s.State != 'Z' {
			return
		}
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return
		}
		for _, task := range tasks {
			call, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/syscall")
			number, _, _ := strings.Cut(string(call), " ")
			tid, err := strconv.Atoi(task.Name())
			if err == nil && (number == waitidNumber || number == wait4Number) {
				_ = unix.Tgkill(os.Getpid(), tid, unix.SIGURG)
			}
		}
	}
}

var waitidNumber, wait4Number = strconv.Itoa(unix.SYS_WAITID), strconv.Itoa(unix.SYS_WAIT4)
