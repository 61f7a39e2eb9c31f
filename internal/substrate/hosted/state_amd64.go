//go:build linux

package hosted

import (
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

const hostCPU = mach.CPU_TYPE_X86_64

// generalFlavor is the state that generalState makes.
const generalFlavor = mach.X86_THREAD_STATE64

// readState reads a stopped thread's registers as a Darwin flavor.
func readState(s *linux.Stopped, flavor mach.ThreadStateFlavor, f fault) ([]uint32, error) {
	if size, err := s.RegisterSet(linux.NoteGeneral, make([]byte, 512)); err != nil {
		return nil, err
	} else if size == size32 {
		return readState32(s, flavor, f)
	}
	switch flavor {
	case mach.X86_THREAD_STATE64:
		var r linux.Registers
		if err := s.Registers(&r); err != nil {
			return nil, err
		}
		return wordsOf(ptr(generalState(&r))), nil
	case mach.X86_FLOAT_STATE64, mach.X86_AVX_STATE64, mach.X86_AVX512_STATE64:
		return readVectors(s, flavor)
	case mach.X86_DEBUG_STATE64:
		var d linux.DebugRegisters
		if err := s.Debug(&d); err != nil {
			return nil, err
		}
		return wordsOf(&mach.X86DebugState64{Dr0: d[0], Dr1: d[1], Dr2: d[2], Dr3: d[3], Dr6: d[6], Dr7: d[7]}), nil
	case mach.X86_EXCEPTION_STATE64:
		return wordsOf(ptr(f.state())), nil
	case mach.X86_INSTRUCTION_STATE:
		return nil, nil // it is kept for threads that died of a bad instruction
	case mach.X86_PAGEIN_STATE:
		return wordsOf(&mach.X86PageinState{}), nil
	}
	return nil, errors.ErrUnsupported
}

// writeState sets a stopped thread's registers from a Darwin flavor.
func writeState(s *linux.Stopped, flavor mach.ThreadStateFlavor, words []uint32) error {
	if size, err := s.RegisterSet(linux.NoteGeneral, make([]byte, 512)); err != nil {
		return err
	} else if size == size32 {
		return writeState32(s, flavor, words)
	}
	switch flavor {
	case mach.X86_THREAD_STATE64:
		var state mach.X86ThreadState64
		copy(wordsOf(&state), words)
		if !canonical(state.Rip) || !canonical(state.Rsp) {
			return core.ErrInvalidState
		}
		var r linux.Registers
		if err := s.Registers(&r); err != nil {
			return err
		}
		setGeneral(s, &r, &state)
		return s.SetRegisters(&r)
	case mach.X86_FLOAT_STATE64, mach.X86_AVX_STATE64, mach.X86_AVX512_STATE64:
		return writeVectors(s, flavor, words)
	case mach.X86_DEBUG_STATE64:
		var state mach.X86DebugState64
		copy(wordsOf(&state), words)
		if !validDR7(state.Dr7) {
			return core.ErrInvalidState
		}
		if err := debugRegisters(state.Dr7&dr7Enabled != 0); err != nil {
			return err
		}
		return s.SetDebug(&linux.DebugRegisters{state.Dr0, state.Dr1, state.Dr2, state.Dr3, 0, 0, state.Dr6, state.Dr7})
	}
	return errors.ErrUnsupported
}

func ptr[T any](v T) *T { return &v }

func generalState(r *linux.Registers) mach.X86ThreadState64 {
	return mach.X86ThreadState64{
		Rax: r.Rax, Rbx: r.Rbx, Rcx: r.Rcx, Rdx: r.Rdx, Rdi: r.Rdi, Rsi: r.Rsi, Rbp: r.Rbp, Rsp: r.Rsp,
		R8: r.R8, R9: r.R9, R10: r.R10, R11: r.R11, R12: r.R12, R13: r.R13, R14: r.R14, R15: r.R15,
		Rip: r.Rip, Rflags: r.Eflags, Cs: r.Cs, Fs: r.Fs, Gs: r.Gs,
	}
}

// The flag bits of xnu's osfmk/i386/eflags.h that a user may not change, and
// the ones that are always set.
const (
	flagsUserClear = 0x17000 // IOPL, NT, RF
	flagsUserSet   = 0x200   // IF
)

// setGeneral puts a state into the registers. The code segment stays, as on
// Darwin. A thread that goes on somewhere else does not restart the system
// call that the stop interrupted, until it is put back.
func setGeneral(s *linux.Stopped, r *linux.Registers, state *mach.X86ThreadState64) {
	r.Orig_rax = s.NextCall(
		linux.CallState{PC: r.Rip, SP: r.Rsp, Result: r.Rax},
		linux.CallState{PC: state.Rip, SP: state.Rsp, Result: state.Rax}, r.Orig_rax)
	r.Rax, r.Rbx, r.Rcx, r.Rdx = state.Rax, state.Rbx, state.Rcx, state.Rdx
	r.Rdi, r.Rsi, r.Rbp, r.Rsp = state.Rdi, state.Rsi, state.Rbp, state.Rsp
	r.R8, r.R9, r.R10, r.R11 = state.R8, state.R9, state.R10, state.R11
	r.R12, r.R13, r.R14, r.R15 = state.R12, state.R13, state.R14, state.R15
	r.Rip = state.Rip
	r.Eflags = state.Rflags&^flagsUserClear | flagsUserSet
	r.Fs, r.Gs = state.Fs, state.Gs
}

// canonical tells whether an address is a user address or at least one that
// the CPU takes.
func canonical(addr uint64) bool { return addr>>47 == 0 || addr>>47 == 1<<17-1 }

// dr7Enabled are the switches of the four registers, L0 to G3.
const dr7Enabled = 0xff

// validDR7 checks breakpoint control as xnu's osfmk/i386/pcb.c does
// (dr7d_is_valid): no I/O breakpoints, instruction breakpoints of length 1,
// no global ones, nothing in the upper half.
func validDR7(dr7 uint64) bool {
	for i := range 4 {
		kind, length := dr7>>(16+4*i)&3, dr7>>(18+4*i)&3
		if kind == 2 || (kind == 0 && length != 0) || dr7>>(2*i+1)&1 != 0 {
			return false
		}
	}
	return dr7>>32 == 0
}

// validDebug tells what is wrong with debug registers, before any thread has them.
func validDebug(words []uint32) error {
	var state mach.X86DebugState64
	copy(wordsOf(&state), words)
	for i, address := range []uint64{state.Dr0, state.Dr1, state.Dr2, state.Dr3} {
		if state.Dr7>>(2*i)&1 != 0 && address >= maxPageAddress {
			return core.ErrInvalidState
		}
	}
	if !validDR7(state.Dr7) {
		return core.ErrInvalidState
	}
	return debugRegisters(state.Dr7&dr7Enabled != 0)
}

// maxPageAddress is where xnu's osfmk/i386/pcb.c debug_state_is_valid64 has addresses end.
const maxPageAddress = 0x7fffffe00000

// abortCall has the system call that a stopped thread waits in fail with
// EINTR.
func abortCall(s *linux.Stopped) error {
	var r linux.Registers
	if err := s.Registers(&r); err != nil {
		return err
	}
	if int64(r.Orig_rax) < 0 || !linux.Restarts(int64(r.Rax)) {
		return nil
	}
	const eintr = 4
	r.Rax, r.Orig_rax = ^uint64(eintr-1), ^uint64(0)
	return s.SetRegisters(&r)
}
