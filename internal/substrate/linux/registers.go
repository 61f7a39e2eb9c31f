//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// Registers are the general registers in Linux's layout: user_regs_struct on
// amd64, user_pt_regs on arm64.
type Registers = unix.PtraceRegs

// Notes that name register sets (elf.h). Which exist depends on the CPU.
const (
	NoteGeneral    = 1     // NT_PRSTATUS: Registers
	NoteFloat      = 2     // NT_PRFPREG: FloatRegisters
	NoteX86XState  = 0x202 // NT_X86_XSTATE: an XSAVE area, its size varies
	NoteArmTLS     = 0x401 // NT_ARM_TLS: TPIDR_EL0, and TPIDR2_EL0 where there is one
	NoteArmHWBreak = 0x402 // NT_ARM_HW_BREAK
	NoteArmHWWatch = 0x403 // NT_ARM_HW_WATCH
	NoteArmSyscall = 0x404 // NT_ARM_SYSTEM_CALL
	NoteArmPACMask = 0x406 // NT_ARM_PAC_MASK
)

// Stopped is a thread that is stopped for the time of a With call.
type Stopped struct {
	t *Tracer
	x *tracee
}

// TID gives the thread's id.
func (s *Stopped) TID() int { return s.x.tid }

// With stops the thread if it is not stopped already, calls f, and lets the
// thread go on if it was not stopped before. f runs on the tracer's thread,
// so it must be short and must not call the Tracer.
func (t *Tracer) With(tid int, f func(*Stopped) error) error {
	return t.do(func() error {
		x, err := t.stopOne(tid)
		if err == nil {
			err = f(&Stopped{t, x})
		}
		t.settleOne(tid)
		return wrap("read or write registers of", t.p.pid, tid, err)
	})
}

// StartTime gives the time the thread began, in ticks after boot: with the id
// it is the thread's identity, which an attached thread keeps. It is read once
// for as long as the thread stays attached.
func (s *Stopped) StartTime() (uint64, error) {
	if s.x.start == 0 {
		stat, err := s.t.p.ThreadStat(s.x.tid)
		if err != nil {
			return 0, err
		}
		s.x.start = stat.StartTime
	}
	return s.x.start, nil
}

// Registers reads the general registers. A 32-bit program's have another
// form; asking for them gives errors.ErrUnsupported.
func (s *Stopped) Registers(r *Registers) error {
	n, err := ptraceSet(unix.PTRACE_GETREGSET, s.x.tid, NoteGeneral, bytesOf(r))
	if err == nil && n != len(bytesOf(r)) {
		*r = Registers{}
		return errors.ErrUnsupported
	}
	if s.x.native = err == nil; err == nil {
		s.askSignature()
	}
	return err
}

// SetRegisters writes the general registers as they are. On amd64 Orig_rax is
// among them: see NextCall.
func (s *Stopped) SetRegisters(r *Registers) error {
	if !s.x.native {
		var now Registers
		if err := s.Registers(&now); err != nil {
			return err
		}
	}
	s.t.cache.drop()
	_, err := ptraceSet(unix.PTRACE_SETREGSET, s.x.tid, NoteGeneral, bytesOf(r))
	return err
}

// RegisterSet reads the set called note into buf and gives its size.
func (s *Stopped) RegisterSet(note int, buf []byte) (int, error) {
	return ptraceSet(unix.PTRACE_GETREGSET, s.x.tid, uintptr(note), buf)
}

// SetRegisterSet writes the set called note.
func (s *Stopped) SetRegisterSet(note int, buf []byte) error {
	s.t.cache.drop()
	_, err := ptraceSet(unix.PTRACE_SETREGSET, s.x.tid, uintptr(note), buf)
	return err
}

// Float reads the floating-point and vector registers.
func (s *Stopped) Float(r *FloatRegisters) error {
	_, err := ptraceSet(unix.PTRACE_GETREGSET, s.x.tid, NoteFloat, bytesOf(r))
	return err
}

// SetFloat writes the floating-point and vector registers.
func (s *Stopped) SetFloat(r *FloatRegisters) error {
	_, err := ptraceSet(unix.PTRACE_SETREGSET, s.x.tid, NoteFloat, bytesOf(r))
	return err
}

// SignalMask reads the set of blocked signals, bit n-1 for signal n.
func (s *Stopped) SignalMask() (mask uint64, err error) {
	err = ptraceInto(unix.PTRACE_GETSIGMASK, s.x.tid, 8, &mask)
	return mask, err
}

// SetSignalMask writes the set of blocked signals.
func (s *Stopped) SetSignalMask(mask uint64) error {
	return ptraceInto(unix.PTRACE_SETSIGMASK, s.x.tid, 8, &mask)
}

// Registers reads a thread's general registers, stopping it for a moment if
// it runs.
func (t *Tracer) Registers(tid int) (r Registers, err error) {
	if x, ok := t.cache.get(tid); ok && x.native && !t.p.Exited() {
		return x.registers, nil
	}
	err = t.With(tid, func(s *Stopped) error {
		if t.suspended {
			t.cache.fill(t)
		}
		return s.Registers(&r)
	})
	return r, err
}

// SetRegisters writes a thread's general registers. Do it to suspended
// threads; one that runs is stopped for a moment, at an arbitrary place.
func (t *Tracer) SetRegisters(tid int, r *Registers) error {
	return t.With(tid, func(s *Stopped) error { return s.SetRegisters(r) })
}

// Float reads a thread's floating-point and vector registers.
func (t *Tracer) Float(tid int) (r FloatRegisters, err error) {
	err = t.With(tid, func(s *Stopped) error { return s.Float(&r) })
	return r, err
}

// SetFloat writes a thread's floating-point and vector registers.
func (t *Tracer) SetFloat(tid int, r *FloatRegisters) error {
	return t.With(tid, func(s *Stopped) error { return s.SetFloat(r) })
}

// Debug reads a thread's debug registers.
func (t *Tracer) Debug(tid int) (r DebugRegisters, err error) {
	err = t.With(tid, func(s *Stopped) error { return s.Debug(&r) })
	return r, err
}

// SetDebug writes a thread's debug registers.
func (t *Tracer) SetDebug(tid int, r *DebugRegisters) error {
	return t.With(tid, func(s *Stopped) error { return s.SetDebug(r) })
}

// ThreadRegisters are one thread's general registers in a dump.
type ThreadRegisters struct {
	TID       int
	Registers Registers
}

// Dump stops the whole process if it is not suspended, reads the general
// registers of all threads in one go, lets the process run on, and appends
// the result to to. Threads that are ending or sit in an uninterruptible
// system call are left out. If ctx ends first, or it takes more than 10 seconds
// (ErrBusy), the process runs on without having been dumped.
func (t *Tracer) Dump(ctx context.Context, to []ThreadRegisters) ([]ThreadRegisters, error) {
	err := t.doContext(ctx, func() error {
		was := t.suspended
		t.suspended = true
		err := t.attachAll(true)
		begin := len(to)
		for err == nil {
			if to, err = t.readAll(to); err != nil || len(to) > begin || t.anyStuck() {
				break
			}
			// An execve has ended those that were there.
			if err = t.attend(); err == nil {
				err = t.attachAll(true)
			}
		}
		t.suspended = was
		t.settle()
		return wrap("dump", t.p.pid, 0, err)
	})
	return to, err
}

// readAll appends the registers of the stopped threads, in the order of their
// creation. Those of 32-bit programs have another form, and are an error.
func (t *Tracer) readAll(to []ThreadRegisters) ([]ThreadRegisters, error) {
	for _, tid := range t.scratch {
		x := t.threads[tid]
		if x == nil || !x.stopped || x.exiting {
			continue
		}
		to = append(to, ThreadRegisters{TID: tid})
		err := (&Stopped{t, x}).Registers(&to[len(to)-1].Registers)
		if err != nil {
			to = to[:len(to)-1]
		}
		if err == errors.ErrUnsupported {
			return to, err
		}
	}
	return to, nil
}

func (t *Tracer) anyStuck() bool {
	for _, x := range t.threads {
		if x.stuck {
			return true
		}
	}
	return false
}
