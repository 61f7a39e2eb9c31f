//go:build linux && (amd64 || arm64)

package proc

import (
	"fmt"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// Darwin's signal numbers (xnu bsd/sys/signal.h).
const (
	SIGHUP    = 1
	SIGINT    = 2
	SIGQUIT   = 3
	SIGILL    = 4
	SIGTRAP   = 5
	SIGABRT   = 6
	SIGFPE    = 8
	SIGKILL   = 9
	SIGBUS    = 10
	SIGSEGV   = 11
	SIGSYS    = 12
	SIGPIPE   = 13
	SIGALRM   = 14
	SIGTERM   = 15
	SIGURG    = 16
	SIGSTOP   = 17
	SIGTSTP   = 18
	SIGCONT   = 19
	SIGCHLD   = 20
	SIGTTIN   = 21
	SIGTTOU   = 22
	SIGIO     = 23
	SIGPROF   = 27
	SIGWINCH  = 28
	SIGINFO   = 29
	SIGUSR1   = 30
	SIGUSR2   = 31
	maxSignal = 32
)

// Flags and handlers of sigaction.
const (
	saOnStack   = 0x1
	saRestart   = 0x2
	saResetHand = 0x4
	saNoDefer   = 0x10
	saSigInfo   = 0x40
	sigDefault  = 0
	sigIgnore   = 1
)

// Action is what a signal does.
type Action struct {
	Handler uint64
	Mask    uint32
	Flags   uint32
	// Trampoline, where set, is called instead of the handler, with the handler, a style, the
	// signal, its information and the context, and does not return but by a system call.
	Trampoline uint64
}

type signalState struct {
	Actions [maxSignal]Action
	pending [maxSignal]*SignalInfo
}

// SignalInfo is what a handler is told.
type SignalInfo struct {
	Signal, Code int32
	PID          int32
	UID          uint32
	Status       int32
	Address      uint64
	Value        uint64
	// of a fault, for the machine context
	trap, esr uint32
	judged    bool // SignalHook has been told
}

// AltStack is what sigaltstack set.
type AltStack struct {
	Base, Size uint64
	Flags      uint32
}

// Flags of AltStack.
const (
	StackOn      = 1
	StackDisable = 4
)

type threadSignals struct {
	Mask    uint32
	Alt     AltStack
	pending [maxSignal]*SignalInfo
	frames  []signalFrame
	later   *uint32 // mask to restore after the next handler (sigsuspend)
}

// signalFrame is a handler in progress.
type signalFrame struct {
	context uint64 // address of the ucontext
	call    *Call  // the call that the thread was waiting in
}

func bit(sig int32) uint32 { return 1 << (sig - 1) }

// defaultIgnored are the signals that do nothing without a handler; stopping is not modelled.
const defaultIgnored = 1<<(SIGURG-1) | 1<<(SIGCONT-1) | 1<<(SIGCHLD-1) | 1<<(SIGIO-1) | 1<<(SIGWINCH-1) | 1<<(SIGINFO-1) |
	1<<(SIGSTOP-1) | 1<<(SIGTSTP-1) | 1<<(SIGTTIN-1) | 1<<(SIGTTOU-1)

// hooked says whether somebody is to be told of a signal before it is taken. Of those that a
// forked child gets, nobody is: xnu bsd/kern/kern_sig.c, issignal_locked, P_LPPWAIT.
func (p *Process) hooked() bool { return p.SignalHook != nil && p.child == nil }

// ignored says whether a signal is thrown away.
func (p *Process) ignored(sig int32) bool {
	switch p.Signals.Actions[sig].Handler {
	case sigIgnore:
		return sig != SIGKILL
	case sigDefault:
		return bit(sig)&defaultIgnored != 0
	}
	return false
}

// Signal sends a signal to the process; only on the processor's goroutine.
func (p *Process) Signal(si SignalInfo) {
	p.observe(si)
	hooked := p.hooked()
	if si.Signal <= 0 || si.Signal >= maxSignal || p.ignored(si.Signal) && !hooked {
		return
	}
	if p.Signals.Actions[si.Signal].Handler == sigDefault && !hooked {
		p.Die(int(si.Signal))
		return
	}
	var waiting *Thread
	for _, t := range p.threads {
		if t.Sig.Mask&bit(si.Signal) != 0 {
			continue
		}
		if t.state != stateWaiting {
			t.signal(si)
			return
		}
		if waiting == nil {
			waiting = t
		}
	}
	if waiting != nil {
		waiting.signal(si)
		return
	}
	p.Signals.pending[si.Signal] = &si
}

// Signal sends a signal to a thread; only on the processor's goroutine.
func (t *Thread) Signal(si SignalInfo) {
	t.Process.observe(si)
	t.signal(si)
}

// observe tells of a signal, also of one that is ignored.
func (p *Process) observe(si SignalInfo) {
	if p.OnSignal != nil && si.Signal > 0 && si.Signal < maxSignal {
		p.OnSignal(si.Signal)
	}
}

func (t *Thread) signal(si SignalInfo) {
	p := t.Process
	if si.Signal <= 0 || si.Signal >= maxSignal || p.ignored(si.Signal) && !p.hooked() || t.state == stateDead {
		return
	}
	t.Sig.pending[si.Signal] = &si
	if t.state == stateWaiting && !t.trapped && t.Sig.Mask&bit(si.Signal) == 0 && len(t.calls) > 0 {
		if p.hooked() && !si.judged {
			p.deliverSignals(t)
			return
		}
		c := t.calls[len(t.calls)-1]
		if f := c.OnSignal; f != nil {
			c.OnSignal = nil
			f()
			return
		}
		p.deliverSignals(t)
	}
}

// Pending is the set of signals that wait for the thread.
func (t *Thread) Pending() (set uint32) {
	for i := range int32(maxSignal) {
		if t.Sig.pending[i] != nil || t.Process.Signals.pending[i] != nil {
			set |= bit(i)
		}
	}
	return set
}

// deliverSignals lets a thread handle what is pending and not blocked.
func (p *Process) deliverSignals(t *Thread) {
	for sig := int32(1); sig < maxSignal; sig++ {
		from := &t.Sig.pending[sig]
		if *from == nil {
			from = &p.Signals.pending[sig]
		}
		if *from == nil || t.Sig.Mask&bit(sig) != 0 {
			continue
		}
		si := *from
		*from = nil
		if p.hooked() && !si.judged {
			if t.asked {
				*from = si // one after the other
				continue
			}
			t.asked = true
			t.Suspend()
			p.SignalHook(t, *si)
			return
		}
		p.deliver(t, si)
		if p.exited || t.state == stateDead {
			return
		}
	}
}

// Judged says which signal a thread gets in place of one that SignalHook was told of, or that it
// gets none: 0. Only on the processor's goroutine.
func (t *Thread) Judged(si SignalInfo, sig int32) {
	p := t.Process
	if t.state == stateDead || p.exited {
		return
	}
	if sig != si.Signal {
		si = SignalInfo{Signal: sig}
	}
	f := t.faulted
	t.faulted = nil
	switch {
	case f == nil:
		t.asked = false
		t.Unsuspend()
		defer t.more()
	case sig == f.info().Signal:
		t.goOn(func() { t.faultSignal(*f) })
		return
	default:
		t.goOn(func() {}) // at the instruction that has failed
	}
	if sig <= 0 || sig >= maxSignal || p.ignored(sig) {
		return
	}
	if t.Sig.Mask&bit(sig) != 0 { // it is told of again when it is not blocked any more
		t.Sig.pending[sig] = &si
		return
	}
	si.judged = true
	if p.Signals.Actions[sig].Handler == sigDefault {
		p.Die(int(sig))
		return
	}
	t.signal(si)
}

// more lets a thread that waits in a call take what has come meanwhile; others do when they run.
func (t *Thread) more() {
	if t.state == stateWaiting && !t.trapped && !t.asked && len(t.calls) > 0 && !t.Process.exited {
		t.Process.deliverSignals(t)
	}
}

// deliver runs the handler of a signal, or does what it does by default.
func (p *Process) deliver(t *Thread, si *SignalInfo) {
	act := p.Signals.Actions[si.Signal]
	switch act.Handler {
	case sigIgnore:
		return
	case sigDefault:
		if bit(si.Signal)&defaultIgnored == 0 {
			p.Die(int(si.Signal))
			t.state = stateWaiting
		}
		return
	}
	if p.Trace != nil {
		fmt.Fprintf(p.Trace, "[%d] --- signal %d at %#x ---\n", t.ID, si.Signal, t.ctx.Regs[p.Arch.PC])
	}
	var f signalFrame
	if t.state == stateWaiting && len(t.calls) > 0 {
		f.call = t.calls[len(t.calls)-1]
		f.call.depth++
	}
	if !p.pushFrame(t, si, act, &f) {
		p.Die(SIGILL) // no stack to run the handler on
		t.state = stateWaiting
		return
	}
	t.Sig.frames = append(t.Sig.frames, f)
	t.Sig.Mask |= act.Mask
	if act.Flags&saNoDefer == 0 {
		t.Sig.Mask |= bit(si.Signal)
	}
	if act.Flags&saResetHand != 0 {
		p.Signals.Actions[si.Signal].Handler = sigDefault
	}
	if t.state == stateWaiting {
		p.sched.makeReady(t)
	}
}

// signalReturned goes back to what a handler interrupted.
func (p *Process) signalReturned(t *Thread) {
	n := len(t.Sig.frames)
	if n == 0 {
		p.fatal(t, "the guest jumped to the runner's signal return")
		return
	}
	f := t.Sig.frames[n-1]
	t.Sig.frames = t.Sig.frames[:n-1]
	p.popFrame(t, f.context)
	if c := f.call; c != nil {
		if c.depth--; c.depth == 0 {
			t.state = stateWaiting
			switch {
			case c.late:
				c.late = false
				p.finish(c)
			case c.AfterHandler != nil:
				c.AfterHandler()
			}
		}
	}
}

// Unwound forgets handlers and guest functions below a new stack pointer: the guest left
// them by longjmp.
func (t *Thread) Unwound(sp uint64) {
	for n := len(t.Sig.frames); n > 0 && t.leaves(t.Sig.frames[n-1], sp); n-- {
		if c := t.Sig.frames[n-1].call; c != nil { // never to be answered
			c.over = true
			for i, o := range t.calls {
				if o == c {
					t.calls = append(t.calls[:i], t.calls[i+1:]...)
					break
				}
			}
		}
		t.Sig.frames = t.Sig.frames[:n-1]
	}
	a := t.Process.Arch
	for n := len(t.guest); n > 0 && t.guest[n-1].saved[a.SP] < sp; n-- {
		close(t.guest[n-1].done)
		t.guest = t.guest[:n-1]
		// the call that started it will never be answered; the one in progress stays
		if k := len(t.calls); k >= 2 {
			t.calls = append(t.calls[:k-2], t.calls[k-1])
		}
	}
}

// leaves says whether a handler is over when its thread goes on with a stack pointer: its
// context lies above all that it has on its stack.
func (t *Thread) leaves(f signalFrame, sp uint64) bool {
	if t.onAlt(f.context) != t.onAlt(sp) {
		return t.onAlt(f.context)
	}
	return f.context < sp
}

func (t *Thread) onAlt(sp uint64) bool {
	return t.Sig.Alt.Flags&StackDisable == 0 && sp-t.Sig.Alt.Base < t.Sig.Alt.Size
}

// OnAltStack says whether the thread runs on its alternate signal stack.
func (t *Thread) OnAltStack() bool { return t.onAlt(t.ctx.Regs[t.Process.Arch.SP]) }

// Fault is a trap of a guest thread before it becomes a signal.
type Fault struct {
	Kind    cpu.Stop
	Address uint64   // of a memory fault
	Access  cpu.Prot // what the access wanted
	Mapped  bool     // the address belongs to the guest, its protection does not allow the access
	Code    uint32
	PC      uint64
	Host    bool // the address belongs to the guest, the host has nothing there
}

// fault is reached when an instruction cannot be executed. A debugger of the runner's may
// take it and later call Resume, or Undebugged for what happens without one.
func (p *Process) fault(t *Thread, ev cpu.Event) {
	if ev.Stop == cpu.StopSyscall && p.Syscall != nil {
		p.syscall(t)
		return
	}
	f := Fault{Kind: ev.Stop, Address: ev.Address, Access: ev.Access, Code: ev.Code, PC: t.ctx.Regs[p.Arch.PC], Host: ev.Host}
	if ev.Stop == cpu.StopMemory {
		r, ok := p.Space.Lookup(ev.Address)
		f.Mapped = ok && r.Start <= ev.Address
	}
	if ev.Stop == cpu.StopWatch { // the kernel's watchpoints are not the debugger's below it
		t.raise(f)
		return
	}
	p.faultAs(t, f)
}

func (p *Process) faultAs(t *Thread, f Fault) {
	if p.Debugger != nil {
		t.state, t.trapped = stateWaiting, true
		if p.Debugger(t, f) {
			return
		}
		t.state, t.trapped = stateRunning, false
	}
	t.raise(f)
}

// raise hands a fault to the fault hook, where there is one: it becomes a Mach exception
// there. Else it becomes a signal.
func (t *Thread) raise(f Fault) {
	if hook := t.Process.FaultHook; hook != nil {
		t.state, t.trapped = stateWaiting, true
		if hook(t, f) {
			return
		}
		t.state, t.trapped = stateRunning, false
	}
	t.FaultSignal(f)
}

// Signal is the signal that a fault becomes.
func (f Fault) Signal() int { return int(f.info().Signal) }

func (f Fault) info() SignalInfo {
	si := SignalInfo{Address: f.PC}
	switch f.Kind {
	case cpu.StopMemory:
		si.Signal, si.Code, si.Address = SIGSEGV, 1, f.Address
		if f.Mapped {
			si.Signal, si.Code = SIGBUS, 2
		}
		si.trap = 14
		si.esr = 0x24 << 26 // data abort from a lower level
	case cpu.StopBreakpoint, cpu.StopStep, cpu.StopWatch:
		si.Signal, si.Code, si.trap, si.esr = SIGTRAP, 1, 3, 0x3c<<26
	case cpu.StopUndefined:
		si.Signal, si.Code, si.trap = SIGILL, 1, 6
	case cpu.StopArithmetic:
		si.Signal, si.Code, si.trap = SIGFPE, 7, 0
	case cpu.StopSyscall:
		si.Signal, si.Code = SIGSYS, 0
	default:
		// A general protection fault on amd64: a wild pointer that is not even an address.
		si.Signal, si.Code, si.trap, si.Address = SIGSEGV, 0, 13, 0
	}
	return si
}

// FaultSignal turns a fault into its signal, which cannot be blocked or ignored.
func (t *Thread) FaultSignal(f Fault) {
	if p := t.Process; p.hooked() {
		t.state, t.trapped, t.faulted = stateWaiting, true, &f
		p.SignalHook(t, f.info())
		return
	}
	t.faultSignal(f)
}

func (t *Thread) faultSignal(f Fault) {
	p, si := t.Process, f.info()
	// The first thread's stack is full: SIGSEGV, for a handler that has a stack of its own
	// (handle_ux_exception, bsd/uxkern/ux_exception.c of xnu).
	full := si.Signal == SIGBUS && !f.Host && f.Address >= p.stackLow && f.Address < p.stackTop
	if full {
		si.Signal = SIGSEGV
	}
	act := p.Signals.Actions[si.Signal]
	if t.Sig.Mask&bit(si.Signal) != 0 || act.Handler <= sigIgnore || full && act.Flags&saOnStack == 0 {
		p.report(t, f)
		p.Die(int(si.Signal))
		t.state = stateWaiting
		return
	}
	p.deliver(t, &si)
	if t.state == stateWaiting {
		p.sched.makeReady(t)
	}
}

// report writes why a guest dies.
func (p *Process) report(t *Thread, f Fault) {
	fmt.Fprintf(p.Stderr, "darwinrun: %s at pc %#x", f.Kind, f.PC)
	if f.Kind == cpu.StopMemory {
		fmt.Fprintf(p.Stderr, ", address %#x (mapped: %v, access: %d)", f.Address, f.Mapped, f.Access)
	}
	if f.Code != 0 {
		fmt.Fprintf(p.Stderr, ", code %d", f.Code)
	}
	fmt.Fprintln(p.Stderr)
	for i, name := range p.Arch.Names {
		fmt.Fprintf(p.Stderr, " %6s %016x", name, t.ctx.Regs[i])
		if i%4 == 3 {
			fmt.Fprintln(p.Stderr)
		}
	}
	fmt.Fprintln(p.Stderr)
}

// SignalReturn goes back to what a handler interrupted, with the context at an address: the
// system call that trampolines end with.
func (c *Call) SignalReturn(context uint64) {
	t := c.Thread
	n := len(t.Sig.frames)
	if n == 0 || len(t.calls) == 0 || t.calls[len(t.calls)-1] != c {
		c.Fail(EINVAL)
		return
	}
	c.over, c.parked = true, true
	t.calls = t.calls[:len(t.calls)-1]
	t.Sig.frames[n-1].context = context
	c.Process.signalReturned(t)
}

// Ignored are the signals that the process ignores, as a set, which a program that it starts
// inherits.
func (p *Process) Ignored() (set uint32) {
	for sig, a := range p.Signals.Actions {
		if a.Handler == sigIgnore && sig > 0 {
			set |= bit(int32(sig))
		}
	}
	return set
}

// InheritSignals sets what a program inherits of signals: those that are ignored, and those that
// its first thread blocks. To be called before Run.
func (p *Process) InheritSignals(ignored, blocked uint32) {
	for sig := int32(1); sig < maxSignal; sig++ {
		if ignored&bit(sig) != 0 && sig != SIGKILL && sig != SIGSTOP {
			p.Signals.Actions[sig].Handler = sigIgnore
		}
	}
	for _, t := range p.threads {
		t.Sig.Mask = blocked &^ (bit(SIGKILL) | bit(SIGSTOP))
	}
}
