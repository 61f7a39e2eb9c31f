//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// hostSignals maps signals that may come to the runner to the guest's numbers.
var hostSignals = map[syscall.Signal]int32{
	unix.SIGHUP: 1, unix.SIGINT: 2, unix.SIGQUIT: 3, unix.SIGTERM: 15, unix.SIGUSR1: 30, unix.SIGUSR2: 31, unix.SIGWINCH: 28, unix.SIGCONT: 19,
	unix.SIGALRM: 14, unix.SIGCHLD: 20, unix.SIGTSTP: 18, unix.SIGIO: 23, unix.SIGURG: 16, unix.SIGPIPE: 13, unix.SIGABRT: 6, unix.SIGKILL: 9, unix.SIGSTOP: 17,
	unix.SIGTRAP: 5, unix.SIGFPE: 8, unix.SIGBUS: 10, unix.SIGSEGV: 11, unix.SIGSYS: 12, unix.SIGILL: 4, unix.SIGXCPU: 24, unix.SIGXFSZ: 25, unix.SIGVTALRM: 26, unix.SIGPROF: 27,
	unix.SIGTTIN: 21, unix.SIGTTOU: 22,
}

// HostSignal is the host's number of a guest's signal; 0 where there is none.
func HostSignal(sig int) syscall.Signal {
	for h, g := range hostSignals {
		if int(g) == sig {
			return h
		}
	}
	return 0
}

var caught = make(chan os.Signal, 64)

// CatchSignals keeps the signals that somebody else sends to the runner, or the host's kernel, for
// ForwardSignals; the earlier the fewer are lost. Not SIGPIPE and SIGURG, which the runner has of
// its own doing, nor faults.
//
// It says which signals Go's runtime found ignored and left so: nohup(1) ignores one, and a shell
// another for what it starts in the background.
func CatchSignals() (ignored uint32) {
	for _, sig := range []syscall.Signal{unix.SIGHUP, unix.SIGINT} {
		if signal.Ignored(sig) {
			ignored |= 1 << (hostSignals[sig] - 1)
		}
	}
	signal.Notify(caught, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH, unix.SIGCONT,
		unix.SIGABRT, unix.SIGTRAP, unix.SIGSYS, unix.SIGALRM, unix.SIGVTALRM, unix.SIGCHLD, unix.SIGIO, unix.SIGXCPU, unix.SIGXFSZ)
	return ignored
}

// ForwardSignals passes the runner's signals on to the guest.
func (s *State) ForwardSignals() {
	CatchSignals()
	go func() {
		for sig := range caught {
			n, from := hostSignals[sig.(syscall.Signal)], os.Getppid()
			if sig == unix.SIGCHLD {
				if from = endedChild(); from == 0 {
					continue // it has been waited for meanwhile, or has only stopped
				}
			}
			s.process.Post(func() { s.process.SignalFromOutside(proc.SignalInfo{Signal: n, PID: int32(from)}) })
		}
	}()
}

type sigaction struct {
	Handler uint64
	Mask    uint32
	Flags   uint32
}

type stackT struct {
	Base, Size uint64
	Flags      uint32
	_          uint32
}

// maskable leaves out what cannot be blocked: SIGKILL and SIGSTOP.
func maskable(m uint32) uint32 { return m &^ (1<<8 | 1<<16) }

func setMask(c *proc.Call, how int, set, old uint64) proc.Errno {
	t := c.Thread
	before := t.Sig.Mask
	if set != 0 {
		p := proc.Read[uint32](c, set)
		if p == nil {
			return proc.EFAULT
		}
		switch how {
		case 1:
			t.Sig.Mask |= maskable(*p)
		case 2:
			t.Sig.Mask &^= *p
		case 3:
			t.Sig.Mask = maskable(*p)
		default:
			return proc.EINVAL
		}
	}
	if old != 0 {
		p := proc.At[uint32](c, old)
		if p == nil {
			return proc.EFAULT
		}
		*p = before
	}
	return 0
}

// pause waits for a signal.
func pause(c *proc.Call) {
	c.Park()
	c.OnSignal = func() {
		c.Fail(proc.EINTR)
		c.Finish(c.Result())
	}
}

// suspendWith waits for a signal with another mask. The old one comes back when the handler
// returns; a handler that runs sees the new one.
func suspendWith(c *proc.Call, mask uint32) {
	old := c.Thread.Sig.Mask
	c.Thread.Sig.Mask = maskable(mask)
	if c.Thread.Pending()&^c.Thread.Sig.Mask != 0 {
		c.Fail(proc.EINTR)
		c.Thread.RestoreMaskLater(old)
		return
	}
	pause(c)
	inner := c.OnSignal
	c.OnSignal = func() {
		c.Thread.RestoreMaskLater(old)
		inner()
	}
}

func init() {
	on("sigaction", func(c *proc.Call) {
		sig := c.Int(0)
		if sig <= 0 || sig >= 32 || (c.Arg(1) != 0 && (sig == proc.SIGKILL || sig == proc.SIGSTOP)) {
			c.Fail(proc.EINVAL)
			return
		}
		a := &c.Process.Signals.Actions[sig]
		before := *a
		if c.Arg(1) != 0 {
			n := proc.Read[sigaction](c, c.Arg(1))
			if n == nil {
				c.Fail(proc.EFAULT)
				return
			}
			*a = proc.Action{Handler: n.Handler, Mask: maskable(n.Mask), Flags: n.Flags}
		}
		if c.Arg(2) != 0 {
			p := proc.At[sigaction](c, c.Arg(2))
			if p == nil {
				c.Fail(proc.EFAULT)
				return
			}
			*p = sigaction{before.Handler, before.Mask, before.Flags}
		}
	})
	on("signal", func(c *proc.Call) {
		sig := c.Int(0)
		if sig <= 0 || sig >= 32 || sig == proc.SIGKILL || sig == proc.SIGSTOP {
			c.Fail(proc.EINVAL)
			return
		}
		a := &c.Process.Signals.Actions[sig]
		c.Return(a.Handler)
		*a = proc.Action{Handler: c.Arg(1), Flags: 2}
	})
	on("sigaltstack", func(c *proc.Call) {
		t := c.Thread
		before := t.Sig.Alt
		if before.Size == 0 { // a thread begins without one (xnu bsd/kern/kern_sig.c sigaltstack)
			before.Flags |= proc.StackDisable
		}
		if t.OnAltStack() {
			before.Flags |= proc.StackOn
		}
		if c.Arg(0) != 0 {
			n := proc.Read[stackT](c, c.Arg(0))
			if n == nil {
				c.Fail(proc.EFAULT)
				return
			}
			if before.Flags&proc.StackOn != 0 {
				c.Fail(proc.EPERM)
				return
			}
			t.Sig.Alt = proc.AltStack{Base: n.Base, Size: n.Size, Flags: n.Flags & proc.StackDisable}
		}
		if c.Arg(1) != 0 {
			if p := proc.At[stackT](c, c.Arg(1)); p != nil {
				*p = stackT{Base: before.Base, Size: before.Size, Flags: before.Flags}
			}
		}
	})
	on("sigprocmask", func(c *proc.Call) {
		if e := setMask(c, c.Int(0), c.Arg(1), c.Arg(2)); e != 0 {
			c.Fail(e)
		}
	})
	on("pthread_sigmask", func(c *proc.Call) { c.Return(uint64(setMask(c, c.Int(0), c.Arg(1), c.Arg(2)))) })
	on("sigpending", func(c *proc.Call) { out(c, 0, c.Thread.Pending()) })
	on("sigemptyset", func(c *proc.Call) { out(c, 0, uint32(0)) })
	on("sigfillset", func(c *proc.Call) { out(c, 0, ^uint32(0)) })
	on("sigaddset", func(c *proc.Call) {
		if p := proc.At[uint32](c, c.Arg(0)); p != nil {
			*p |= 1 << (c.Uint32(1) - 1)
		}
	})
	on("sigdelset", func(c *proc.Call) {
		if p := proc.At[uint32](c, c.Arg(0)); p != nil {
			*p &^= 1 << (c.Uint32(1) - 1)
		}
	})
	on("sigismember", func(c *proc.Call) {
		if p := proc.Read[uint32](c, c.Arg(0)); p != nil && *p>>(c.Uint32(1)-1)&1 != 0 {
			c.Return(1)
		}
	})
	on("pause", pause)
	on("sigsuspend", func(c *proc.Call) {
		p := proc.Read[uint32](c, c.Arg(0))
		if p == nil {
			c.Fail(proc.EFAULT)
			return
		}
		suspendWith(c, *p)
	})
	on("raise", func(c *proc.Call) {
		if c.Int(0) < 0 || c.Int(0) > 31 {
			c.Fail(proc.EINVAL)
			return
		}
		c.Thread.Signal(proc.SignalInfo{Signal: int32(c.Int(0)), PID: int32(of(c).pid())})
	})
	on("pthread_kill", func(c *proc.Call) {
		t := c.Process.ByPthread(c.Arg(0))
		switch {
		case t == nil:
			c.Return(uint64(proc.ESRCH))
		case c.Int(1) < 0 || c.Int(1) > 31:
			c.Return(uint64(proc.EINVAL))
		case c.Int(1) != 0:
			t.Signal(proc.SignalInfo{Signal: int32(c.Int(1)), PID: int32(of(c).pid())})
		}
	})
	on("kill", func(c *proc.Call) { kill(c, c.Int(0), c.Int(1)) })
	on("killpg", func(c *proc.Call) {
		if c.Int(0) == 1 { // everybody, to kill
			c.Fail(proc.ESRCH)
			return
		}
		kill(c, -c.Int(0), c.Int(1))
	})
	on("abort", func(c *proc.Call) { abort(c, "") })
}

// kill sends a signal to those that are the guest's business.
func kill(c *proc.Call, pid, sig int) {
	if sig < 0 || sig > 31 {
		c.Fail(proc.EINVAL)
		return
	}
	if of(c).child != nil && pid == os.Getpid() { // the parent
		if sig != 0 {
			c.Process.SignalFromOutside(proc.SignalInfo{Signal: int32(sig), PID: int32(of(c).pid())})
		}
		return
	}
	if pid == of(c).pid() {
		signalSelf(c, sig)
		return
	}
	if pid == 0 || pid == -1 || pid == -unix.Getpgrp() {
		signalGroup(c, pid == -1, sig)
		return
	}
	// Only children: the guest has no business with the host's other processes.
	s := of(c)
	s.mu.Lock()
	_, child := s.procs[max(pid, -pid)]
	s.mu.Unlock()
	if !child {
		c.Fail(proc.ESRCH)
		return
	}
	done(c, unix.Kill(pid, HostSignal(sig)))
}

// signalSelf sends a signal to the caller's process.
func signalSelf(c *proc.Call, sig int) {
	si := proc.SignalInfo{Signal: int32(sig), PID: int32(of(c).pid())}
	switch {
	case sig == 0:
	case c.Thread.Sig.Mask&(1<<(sig-1)) == 0:
		c.Thread.Signal(si)
	default:
		c.Process.Signal(si)
	}
}

// signalGroup sends a signal to the caller's process group, or to everybody but the caller
// (kill(2)), as far as they are the guest's: its children and, after fork, its parent.
func signalGroup(c *proc.Call, everybody bool, sig int) {
	s := of(c)
	s.mu.Lock()
	var children []int
	for pid := range s.procs {
		children = append(children, pid)
	}
	s.mu.Unlock()
	found := !everybody
	for _, pid := range children {
		if group, err := unix.Getpgid(pid); err == nil && (everybody || group == unix.Getpgrp()) && unix.Kill(pid, HostSignal(sig)) == nil {
			found = true
		}
	}
	if s.child != nil {
		found = true
		if sig != 0 {
			c.Process.SignalFromOutside(proc.SignalInfo{Signal: int32(sig), PID: int32(s.pid())})
		}
	}
	if !found {
		c.Fail(proc.ESRCH)
		return
	}
	if !everybody {
		signalSelf(c, sig)
	}
}

// abort ends the process with SIGABRT, as abort(3) does: a handler runs first, and if it
// returns, or the signal is ignored, the process dies of it nevertheless. The call never
// returns. Only on the processor's goroutine.
func abort(c *proc.Call, why string) {
	if why != "" {
		_, _ = c.Process.Stderr.Write([]byte("darwinrun: " + c.Symbol + ": " + why + "\n"))
	}
	c.Park()
	c.Thread.Sig.Mask = maskable(^uint32(1 << (proc.SIGABRT - 1)))
	die := func() {
		c.Process.Signals.Actions[proc.SIGABRT] = proc.Action{}
		c.Process.Die(proc.SIGABRT)
	}
	c.AfterHandler = die
	if c.Process.Signals.Actions[proc.SIGABRT].Handler > 1 {
		c.Thread.Signal(proc.SignalInfo{Signal: proc.SIGABRT, PID: int32(of(c).pid()), UID: uint32(os.Getuid())})
		return
	}
	die()
}

// setTimer is setitimer for ITIMER_REAL; the profiling timers count host time too.
func setTimer(c *proc.Call) {
	which := c.Int(0)
	if which < 0 || which > 2 {
		c.Fail(proc.EINVAL)
		return
	}
	s := of(c)
	if s.timers[which] == nil {
		s.timers[which] = &intervalTimer{}
	}
	t, child := s.timers[which], s.child
	if c.Arg(2) != 0 {
		if p := proc.At[[2]timeval](c, c.Arg(2)); p != nil {
			left := time.Duration(0)
			if t.timer != nil {
				left = max(time.Until(t.at), 0)
			}
			*p = [2]timeval{toTimeval(t.interval), toTimeval(left)}
		}
	}
	if c.Arg(1) == 0 {
		return
	}
	v := proc.Read[[2]timeval](c, c.Arg(1))
	if v == nil {
		c.Fail(proc.EFAULT)
		return
	}
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	first := fromTimeval(v[1])
	t.interval = fromTimeval(v[0])
	if first <= 0 {
		return
	}
	sig := [3]int32{proc.SIGALRM, 26, proc.SIGPROF}[which]
	t.at = time.Now().Add(first)
	p := c.Process
	var fire func()
	fire = func() {
		p.Post(func() {
			switch {
			case s.child == child:
				p.Signal(proc.SignalInfo{Signal: sig})
			case child == nil: // a forked child has no timers of its parent (setitimer(2))
				p.SignalFromOutside(proc.SignalInfo{Signal: sig})
			default:
				return
			}
			if t.interval > 0 && t.timer != nil {
				t.at = time.Now().Add(t.interval)
				t.timer = time.AfterFunc(t.interval, fire)
			}
		})
	}
	t.timer = time.AfterFunc(first, fire)
}

type intervalTimer struct {
	timer    *time.Timer
	interval time.Duration
	at       time.Time
}

func toTimeval(d time.Duration) timeval {
	return timeval{Sec: int64(d / time.Second), Usec: int32(d % time.Second / time.Microsecond)}
}

func fromTimeval(t timeval) time.Duration {
	return time.Duration(t.Sec)*time.Second + time.Duration(t.Usec)*time.Microsecond
}

// putRusage writes Darwin's struct rusage: the fields have the same order.
func putRusage(b []byte, ru *unix.Rusage) {
	le := binary.LittleEndian
	for i, v := range []int64{int64(ru.Utime.Sec), int64(ru.Utime.Usec), int64(ru.Stime.Sec), int64(ru.Stime.Usec), int64(ru.Maxrss) * 1024,
		int64(ru.Ixrss), int64(ru.Idrss), int64(ru.Isrss), int64(ru.Minflt), int64(ru.Majflt), int64(ru.Nswap), int64(ru.Inblock),
		int64(ru.Oublock), int64(ru.Msgsnd), int64(ru.Msgrcv), int64(ru.Nsignals), int64(ru.Nvcsw), int64(ru.Nivcsw)} {
		le.PutUint64(b[8*i:], uint64(v))
	}
}
