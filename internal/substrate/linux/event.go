//go:build linux && (amd64 || arm64)

package linux

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// EventKind says what happened to a watched process.
type EventKind int

// The kinds of event.
const (
	EventSignal      EventKind = iota + 1 // a signal is about to be delivered to TID
	EventThreadStart                      // TID made the thread NewTID
	EventThreadExit                       // TID is about to end; its registers can still be read for 100 ms at least
	EventExec                             // the process runs a new program; TID was FormerTID before
	EventExit                             // the process has ended
)

// Event is what a Handler is told. The thread TID is stopped meanwhile,
// except for EventExit.
type Event struct {
	Kind      EventKind
	TID       int
	Signal    unix.Signal
	Info      SigInfo // EventSignal
	Stepped   bool    // EventSignal: the end of a step that SetStepping asked for
	NewTID    int     // EventThreadStart
	FormerTID int     // EventExec
	Status    int     // EventThreadExit: wait status. EventExit: exit code, or signal if Killed
	Killed    bool    // EventExit: ended by a signal
}

// Action is a Handler's decision on an EventSignal; other events ignore it.
type Action int

// The decisions. A positive Action delivers that signal in place of the one
// that came.
const (
	Deliver  Action = 0  // the signal goes on to the process
	Suppress Action = -1 // the thread goes on as if the signal had not been
)

func (a Action) signalFor(came unix.Signal) int {
	switch {
	case a == Deliver:
		return int(came)
	case a > 0 && a <= 64:
		return int(a)
	}
	return 0
}

// Handler is told of events. It runs on a goroutine of its own for each event
// and may take its time, use the Tracer (the thread counts as suspended), and
// change registers before it decides.
type Handler func(Event) Action

// Watch chooses the events.
type Watch struct {
	// Signals is the set of signals, bit n-1 for signal n. See Exceptions.
	Signals                             uint64
	ThreadStart, ThreadExit, Exec, Exit bool

	// Fork, if there is one, is called with a tracer of each process that the
	// process makes, by fork, vfork or clone, while a Handler is set. It owns the
	// tracer and its Process. The new process stands still, before it runs user
	// code, until the function that Fork returns has run. Fork itself runs on the
	// tracer's thread, so it must not wait and must not use either tracer;
	// the other function may do both.
	Fork func(child *Tracer) (then func())

	// Begin, if there is one, is called with each thread that the process makes, before
	// that runs user code, while a Handler is set. It runs on the tracer's thread, so it
	// must not wait, and must use nothing but what it is given.
	Begin func(s *Stopped)
}

// Exceptions is the set of the signals that a CPU's faults raise.
const Exceptions uint64 = 1<<(unix.SIGSEGV-1) | 1<<(unix.SIGBUS-1) | 1<<(unix.SIGILL-1) |
	1<<(unix.SIGFPE-1) | 1<<(unix.SIGTRAP-1)

func (w Watch) has(signal int) bool {
	return signal >= 1 && signal <= 64 && w.Signals>>(signal-1)&1 != 0
}

// SigInfo is Linux's siginfo_t.
type SigInfo [128]byte

// Signo gives si_signo.
func (s *SigInfo) Signo() int { return int(int32(binary.LittleEndian.Uint32(s[0:]))) }

// Errno gives si_errno.
func (s *SigInfo) Errno() int { return int(int32(binary.LittleEndian.Uint32(s[4:]))) }

// Code gives si_code, which says why: positive for the kernel's own reasons
// (SEGV_MAPERR, TRAP_BRKPT, ...).
func (s *SigInfo) Code() int { return int(int32(binary.LittleEndian.Uint32(s[8:]))) }

// Addr gives si_addr of a fault.
func (s *SigInfo) Addr() uint64 { return binary.LittleEndian.Uint64(s[16:]) }

// FromKernel tells whether the CPU or the kernel raised the signal, and not
// another process by kill.
func (s *SigInfo) FromKernel() bool { return s.Code() > 0 }

// Sender gives si_pid of a signal that a process sent. It is 0 if the kernel did.
func (s *SigInfo) Sender() int { return int(int32(binary.LittleEndian.Uint32(s[16:]))) }

// SetHandler has h told of the events in w; it attaches all threads, which
// run on. A nil h ends the watching: threads that are not suspended are let
// go. Decisions that are still out then count for nothing more than their
// signal.
func (t *Tracer) SetHandler(h Handler, w Watch) error {
	return t.do(func() error {
		if h == nil {
			t.handler, t.watch = nil, Watch{}
			t.settle()
			return nil
		}
		before := t.options()
		t.handler, t.watch = h, w
		if t.options() != before {
			t.setOptions()
		}
		if err := t.attachAll(false); err != nil {
			t.handler, t.watch = nil, Watch{}
			t.settle()
			return wrap("watch", t.p.pid, 0, err)
		}
		return nil
	})
}

// setOptions changes the options of the threads that are attached already,
// which must be stopped for it.
func (t *Tracer) setOptions() {
	_ = t.stopAll()
	for _, x := range t.threads {
		if x.stopped {
			_ = ptrace(unix.PTRACE_SETOPTIONS, x.tid, 0, uintptr(t.options()))
		}
	}
	t.settle()
}
