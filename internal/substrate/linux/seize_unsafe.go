//go:build linux && (amd64 || arm64)

package linux

import (
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PTRACE_SEIZE waits for the target's cred_guard_mutex, which an execve in it
// holds until all other threads of the target have ended; those that are traced
// end only when their tracer has reaped them, and one that stops at its end
// only when its tracer lets it go on. So the tracer must not sleep in
// PTRACE_SEIZE. A signal breaks the sleep off, but the kernel starts the call
// again whatever the handler's flags (ERESTARTNOINTR in ptrace_attach, in the
// kernel's ptrace.c). Hence a handler of our own, which Go's runtime does not
// offer: it finds the thread at the instruction that is to start the call
// again, and moves it behind that.
//
// An alarm sends the signal to the tracer's thread at short intervals, so that
// one which comes a moment before the call does not count for the last.

// breakable performs a system call that an alarm ends with -EINTR. It keeps
// its P: only an armed alarm bounds it.
//
//go:noescape
func breakable(number, a, b, c, d uintptr) (result int)

// alarmHandler gives the addresses of the signal handler and of the code that
// it returns to, 0 for the kernel's.
func alarmHandler() (handler, restorer uintptr)

// alarmPeriod bounds a sleep in PTRACE_SEIZE.
const alarmPeriod = time.Millisecond

// alarm breaks off the breakable calls of one thread while it is armed.
type alarm struct {
	timer int32
	works bool
}

// sigaction is the kernel's struct sigaction.
type sigaction struct{ handler, flags, restorer, mask uintptr }

// alarmSignal takes a real-time signal for the alarms, for good: the highest
// that has the default action or Go's own handler, which ignores it. It is 0
// if there is none.
var alarmSignal = sync.OnceValue(func() unix.Signal {
	const onStack, restart, sigInfo, hasRestorer = 0x08000000, 0x10000000, 4, 0x04000000 // SA_
	var gos, now sigaction
	if sigactionOf(unix.SIGURG, nil, &gos) != nil {
		return 0
	}
	for signal := unix.Signal(64); signal > 34; signal-- {
		if sigactionOf(signal, nil, &now) != nil {
			return 0
		}
		if now.handler != 0 && now.handler != gos.handler {
			continue
		}
		ours := sigaction{flags: onStack | restart | sigInfo}
		ours.handler, ours.restorer = alarmHandler()
		if ours.restorer != 0 {
			ours.flags |= hasRestorer
		}
		if sigactionOf(signal, &ours, nil) != nil {
			return 0
		}
		return signal
	}
	return 0
})

func sigactionOf(signal unix.Signal, set, get *sigaction) error {
	_, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(get)), 8, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// newAlarm makes an alarm for the calling thread, which must be locked. It is
// of no effect where the system gives no timer.
func newAlarm() *alarm {
	a := &alarm{}
	signal := alarmSignal()
	if signal == 0 {
		return a
	}
	mask := uint64(1) << (signal - 1)
	_, _, e := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_UNBLOCK, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0)
	if e != 0 {
		return a
	}
	const threadID = 4 // SIGEV_THREAD_ID
	event := struct {
		value               uint64
		signal, notify, tid int32
		_                   [44]byte
	}{signal: int32(signal), notify: threadID, tid: int32(unix.Gettid())}
	_, _, e = unix.RawSyscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&a.timer)))
	a.works = e == 0
	return a
}

// arm has the alarm ring each alarmPeriod.
func (a *alarm) arm() { a.set(alarmPeriod) }

// disarm ends that. A signal that is on its way may still come.
func (a *alarm) disarm() { a.set(0) }

func (a *alarm) set(period time.Duration) {
	if !a.works {
		return
	}
	ts := unix.NsecToTimespec(int64(period))
	spec := [2]unix.Timespec{ts, ts} // it_interval, it_value
	unix.RawSyscall6(unix.SYS_TIMER_SETTIME, uintptr(a.timer), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}

func (a *alarm) close() {
	if a.works {
		a.works = false
		unix.RawSyscall(unix.SYS_TIMER_DELETE, uintptr(a.timer), 0, 0)
	}
}

// seizeThread attaches a thread. EINTR says that the alarm broke it off.
func (a *alarm) seizeThread(tid, options int) error {
	if !a.works {
		// Without an alarm it sleeps for as long as it takes.
		_, _, e := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(tid), 0, uintptr(options), 0, 0)
		if e != 0 {
			return e
		}
		return nil
	}
	if r := breakable(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(tid), 0, uintptr(options)); r < 0 {
		return unix.Errno(-r)
	}
	return nil
}
