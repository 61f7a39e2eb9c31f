//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// ErrNoGadget: the process has no system call instruction to borrow.
var ErrNoGadget = errors.New("no system call instruction found in the process")

// Syscall runs a system call inside the process, in a thread that is stopped
// for it if it is not suspended already (any thread, if tid is 0), and gives what it returned. An error of the call itself comes
// back as the plain errno. A call that blocks is interrupted after two
// seconds and gives EINTR.
//
// The thread's registers and signal mask are put back afterwards, so a system
// call that the stop interrupted goes on as it would have. The call must not
// end or replace the thread.
//
// This is the one operation that is not safe against our own death by
// SIGKILL: if it strikes in the some 50 µs that the borrowed thread is in
// the call, that thread is left with our registers.
func (t *Tracer) Syscall(tid int, number uintptr, args ...uint64) (result uint64, err error) {
	if len(args) > 6 {
		return 0, wrap("run a system call in", t.p.pid, tid, unix.EINVAL)
	}
	var a [6]uint64
	copy(a[:], args)
	// In the middle of an execve there is no program yet, and after one there is
	// another: then once more, when a thread has come to the edge of user code.
	for range 3 {
		at, noGadget := t.findGadget()
		err = t.do(func() error {
			x, err := t.borrow(tid)
			if err == nil && (noGadget != nil || !t.p.hasCall(at)) {
				err = ErrNoGadget
			}
			if noGadget != nil && !errors.Is(noGadget, ErrNoGadget) {
				err = noGadget
			}
			if err == nil {
				result, err = t.inject(x, at, number, a)
			}
			t.settle()
			return wrap("run a system call in", t.p.pid, tid, err)
		})
		if !errors.Is(err, ErrNoGadget) {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	if e := -int64(result); e > 0 && e < 4096 {
		if e >= 512 && e <= 516 {
			e = int64(unix.EINTR) // the kernel's own codes for a call to be restarted
		}
		return result, unix.Errno(e)
	}
	return result, nil
}

// borrow finds a stopped thread that can run a system call. Stopping only
// that one is enough: the others see the call as they would see one of an own
// thread.
func (t *Tracer) borrow(tid int) (*tracee, error) {
	if tid != 0 {
		return t.stopOne(tid)
	}
	var second *tracee
	for _, x := range t.threads {
		if !x.stopped || x.foreign || x.exiting {
			continue
		}
		if x.signal == 0 {
			return x, nil
		}
		second = x
	}
	if second != nil {
		return second, nil
	}
	tids, err := t.p.ThreadIDs(nil)
	if err != nil {
		return nil, err
	}
	err = unix.ESRCH
	for _, tid := range tids {
		var x *tracee
		if x, err = t.stopOne(tid); err == nil {
			return x, nil
		}
		if !errors.Is(err, unix.ESRCH) && err != ErrBusy {
			break
		}
		t.settleOne(tid)
	}
	return nil, err
}

// inject runs the call. The thread enters and leaves it under
// PTRACE_SYSCALL, which involves no signal; a single step would raise
// SIGTRAP, and force the target's own disposition of it open.
func (t *Tracer) inject(x *tracee, at uint64, number uintptr, args [6]uint64) (result uint64, err error) {
	if x.exiting {
		return 0, unix.ESRCH
	}
	s := &Stopped{t, x}
	if x.signal != 0 && x.judged == 0 {
		if err := t.deliverNow(x); err != nil {
			return 0, err
		}
	}
	b := borrowed{signal: x.signal}
	if err := b.save(s); err != nil {
		return 0, err
	}
	x.quiet = true
	defer func() { x.quiet = false }()
	call := b.regs
	prepareCall(&call, at, number, args)
	if err = s.SetSignalMask(^uint64(0)); err == nil {
		err = s.SetRegisters(&call)
	}
	if err == nil {
		result, err = t.runCall(s)
	}
	if e := t.giveBack(s, &b); err == nil {
		err = e
	}
	return result, err
}

// deliverNow lets a signal that was held up go its way, up to the first
// instruction of its handler. To hold it any longer would mean to take it
// out of the kernel's hands: there may be more of its kind behind it.
func (t *Tracer) deliverNow(x *tracee) error {
	for x.signal != 0 {
		if err := ptrace(unix.PTRACE_INTERRUPT, x.tid, 0, 0); err != nil {
			return err
		}
		x.asked = true
		if err := t.advance(x, unix.PTRACE_CONT, x.signal); err != nil {
			return err
		}
		if x.judged > 0 {
			return nil // the next one is for the handler to decide
		}
	}
	return nil
}

// borrowed is what a thread gets back after a call.
type borrowed struct {
	regs   Registers
	mask   uint64
	signal int // that was about to be delivered
	info   SigInfo
}

func (b *borrowed) save(s *Stopped) (err error) {
	if err = s.Registers(&b.regs); err != nil {
		return err
	}
	if b.signal != 0 {
		if err = ptraceInto(unix.PTRACE_GETSIGINFO, s.x.tid, 0, &b.info); err != nil {
			return err
		}
	}
	b.mask, err = s.SignalMask()
	return err
}

// runCall drives the thread to the entry of the call and out of it.
func (t *Tracer) runCall(s *Stopped) (uint64, error) {
	for range 2 {
		for {
			// Of the signals SIGSTOP alone cannot be blocked. It is let
			// through: the process is then stopped by job control, as it would
			// have been, and this thread goes on under ptrace.
			signal := 0
			if s.x.signal == int(unix.SIGSTOP) {
				signal = s.x.signal
			}
			if err := t.advance(s.x, unix.PTRACE_SYSCALL, signal); err != nil {
				return 0, err
			}
			if s.x.inSyscall {
				break
			}
		}
	}
	var after Registers
	err := s.Registers(&after)
	return callResult(&after), err
}

// giveBack puts registers and mask back, and brings the thread into a stop
// of the kind it was in. From there the kernel still restarts an interrupted
// system call; leaving from the end of a call it might not.
func (t *Tracer) giveBack(s *Stopped, b *borrowed) error {
	if err := s.SetRegisters(&b.regs); err != nil {
		return err
	}
	if b.signal == 0 || !s.x.inSyscall {
		if err := ptrace(unix.PTRACE_INTERRUPT, s.x.tid, 0, 0); err != nil {
			return err
		}
		if err := t.advance(s.x, unix.PTRACE_CONT, 0); err != nil {
			return err
		}
		return s.SetSignalMask(b.mask)
	}
	// The signal that was on its way is sent again by the kernel when the
	// thread leaves the call, and comes to the same stop, where it gets its
	// details back. Meanwhile no other may come.
	if err := s.SetSignalMask(^(1 << (b.signal - 1))); err != nil {
		return err
	}
	signal := b.signal
	for s.x.signal != b.signal {
		if err := t.advance(s.x, unix.PTRACE_CONT, signal); err != nil {
			return err
		}
		signal = 0
	}
	if err := ptraceInto(unix.PTRACE_SETSIGINFO, s.x.tid, 0, &b.info); err != nil {
		return err
	}
	return s.SetSignalMask(b.mask)
}

// advance lets the thread go on and waits for its next stop, however long
// that takes: the registers must be put back. A call that sleeps
// interruptibly is cut short after a while.
func (t *Tracer) advance(x *tracee, request, signal int) error {
	x.stopped, x.inSyscall, x.signal = false, false, 0
	if err := ptrace(request, x.tid, 0, uintptr(signal)); err != nil {
		return err
	}
	for {
		err := t.awaitFor(x, callPatience, false)
		if err != ErrBusy {
			return err
		}
		if err := ptrace(unix.PTRACE_INTERRUPT, x.tid, 0, 0); err != nil {
			return err
		}
	}
}

const callPatience = 2 * time.Second

// hasCall tells whether there is a system call instruction at an address.
func (p *Process) hasCall(at uint64) bool {
	var have [len(syscallCode)]byte
	n, _ := p.ReadAt(have[:], at)
	return n == len(have) && string(have[:]) == syscallCode
}

// findGadget looks for a system call instruction in the target's code: in
// the vdso first, which is in nearly every process, then in anything that
// can be executed. It does not run on the tracer's thread: reading mappings and
// memory may wait for the target, as where that is a file system's server.
func (t *Tracer) findGadget() (uint64, error) {
	if at := t.gadget.Load(); at != 0 {
		if t.p.hasCall(at) {
			return at, nil
		}
		t.gadget.Store(0)
	}
	for _, vdso := range []bool{true, false} {
		for m, err := range t.p.Maps() {
			if err != nil {
				return 0, err
			}
			if m.Perm&PermExec == 0 || m.Perm&PermRead == 0 || bytes.Equal(m.Path, []byte("[vdso]")) != vdso {
				continue
			}
			if at := t.searchCode(m.Start, m.End); at != 0 {
				t.gadget.Store(at)
				return at, nil
			}
		}
	}
	return 0, ErrNoGadget
}

func (t *Tracer) searchCode(start, end uint64) uint64 {
	const overlap = uint64(len(syscallCode) - 1)
	buf := make([]byte, 64<<10)
	for at := start; at < end; {
		part := buf[:min(uint64(len(buf)), end-at)]
		n, err := t.p.ReadAt(part, at)
		for from := 0; from < n; {
			i := bytes.Index(part[from:n], []byte(syscallCode))
			if i < 0 {
				break
			}
			if found := at + uint64(from+i); found%syscallAlign == 0 {
				return found
			}
			from += i + 1
		}
		if err != nil || uint64(n) <= overlap {
			return 0
		}
		at += uint64(n)
		if at < end {
			at -= overlap
		}
	}
	return 0
}
