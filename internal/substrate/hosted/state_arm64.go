//go:build linux

package hosted

import (
	"encoding/binary"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

const hostCPU = mach.CPU_TYPE_ARM64

// generalFlavor is the state that generalState makes.
const generalFlavor = mach.ARM_THREAD_STATE64

// stepping is MDSCR_EL1.SS, the one bit of it that is a user's: the thread runs
// single instructions (xnu osfmk/arm64/status.c machine_thread_set_state).
const stepping = 1

// size32 is the size of a 32-bit program's general registers (r0 to r15,
// cpsr, orig_r0).
const size32 = 72

// readState reads a stopped thread's registers as a Darwin flavor.
func readState(s *linux.Stopped, flavor mach.ThreadStateFlavor, f fault) ([]uint32, error) {
	var r linux.Registers
	var raw [512]byte
	size, err := s.RegisterSet(linux.NoteGeneral, raw[:])
	if err != nil {
		return nil, err
	}
	if size == size32 {
		if flavor != mach.ARM_THREAD_STATE32 {
			return nil, errors.ErrUnsupported
		}
		words := make([]uint32, 17)
		for i := range words {
			words[i] = binary.LittleEndian.Uint32(raw[4*i:])
		}
		return words, nil
	}
	switch flavor {
	case mach.ARM_THREAD_STATE64:
		if err := s.Registers(&r); err != nil {
			return nil, err
		}
		return wordsOf(ptr(generalState(&r))), nil
	case mach.ARM_NEON_STATE64:
		var v linux.FloatRegisters
		if err := s.Float(&v); err != nil {
			return nil, err
		}
		state := mach.ARMNeonState64{Fpsr: v.FPSR, Fpcr: v.FPCR}
		for i, v := range v.V {
			state.V[i] = mach.Uint128{binary.LittleEndian.Uint64(v[:]), binary.LittleEndian.Uint64(v[8:])}
		}
		return wordsOf(&state), nil
	case mach.ARM_DEBUG_STATE64:
		var d linux.DebugRegisters
		if err := s.Debug(&d); err != nil {
			return nil, err
		}
		var state mach.ARMDebugState64
		for i := range 16 {
			state.Bvr[i], state.Bcr[i] = d.Break[i].Addr, uint64(d.Break[i].Ctrl)
			state.Wvr[i], state.Wcr[i] = d.Watch[i].Addr, uint64(d.Watch[i].Ctrl)
		}
		if s.Stepping() {
			state.MdscrEl1 = stepping
		}
		return wordsOf(&state), nil
	case mach.ARM_EXCEPTION_STATE64:
		return wordsOf(ptr(f.state())), nil
	case mach.ARM_EXCEPTION_STATE64_V2:
		e := f.state()
		return wordsOf(&mach.ARMExceptionState64V2{Far: e.Far, Esr: uint64(e.Esr)}), nil
	case mach.ARM_PAGEIN_STATE:
		return wordsOf(&mach.ARMPageinState{}), nil
	}
	return nil, errors.ErrUnsupported
}

// validDebug tells what is wrong with debug registers, before any thread has them.
func validDebug(words []uint32) error {
	var state mach.ARMDebugState64
	copy(wordsOf(&state), words)
	var on uint64
	for i := range 16 {
		on |= state.Bcr[i] | state.Wcr[i]
	}
	return debugRegisters(on&1 != 0) // E of DBGBCR_EL1 and DBGWCR_EL1
}

// writeState sets a stopped thread's registers from a Darwin flavor.
func writeState(s *linux.Stopped, flavor mach.ThreadStateFlavor, words []uint32) error {
	switch flavor {
	case mach.ARM_THREAD_STATE64:
		var state mach.ARMThreadState64
		copy(wordsOf(&state), words)
		var r linux.Registers
		if err := s.Registers(&r); err != nil {
			return err
		}
		moved := r.Pc != state.PC || r.Regs[0] != state.X[0]
		setGeneral(&r, &state)
		if err := s.SetRegisters(&r); err != nil || !moved {
			return err
		}
		return leaveCall(s)
	case mach.ARM_NEON_STATE64:
		var state mach.ARMNeonState64
		copy(wordsOf(&state), words)
		f := linux.FloatRegisters{FPSR: state.Fpsr, FPCR: state.Fpcr}
		for i, v := range state.V {
			binary.LittleEndian.PutUint64(f.V[i][:], v[0])
			binary.LittleEndian.PutUint64(f.V[i][8:], v[1])
		}
		return s.SetFloat(&f)
	case mach.ARM_DEBUG_STATE64:
		var state mach.ARMDebugState64
		copy(wordsOf(&state), words)
		var d linux.DebugRegisters
		if err := s.Debug(&d); err != nil {
			return err
		}
		for i := range 16 {
			const enabled = 1 // E of DBGBCR_EL1 and DBGWCR_EL1
			breaks, watches := state.Bcr[i]&enabled != 0, state.Wcr[i]&enabled != 0
			if breaks && i >= d.Breaks || watches && i >= d.Watches {
				return core.ErrNoDebugRegisters
			}
			if err := debugRegisters(breaks || watches); err != nil {
				return err
			}
			d.Break[i].Addr, d.Break[i].Ctrl = state.Bvr[i], uint32(state.Bcr[i])
			d.Watch[i].Addr, d.Watch[i].Ctrl = state.Wvr[i], uint32(state.Wcr[i])
		}
		s.SetStepping(state.MdscrEl1&stepping != 0)
		return s.SetDebug(&d)
	case mach.ARM_EXCEPTION_STATE64, mach.ARM_EXCEPTION_STATE64_V2:
		return nil // xnu takes and forgets it
	}
	return errors.ErrUnsupported
}

func ptr[T any](v T) *T { return &v }

// notSigned is in every state: no program here is arm64e, and XNU flags the states
// of those that are not (machine_thread_state_convert_to_user of
// osfmk/arm64/status.c).
const notSigned = mach.DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH

func generalState(r *linux.Registers) (state mach.ARMThreadState64) {
	copy(state.X[:], r.Regs[:29])
	state.Fp, state.Lr = r.Regs[29], r.Regs[30]
	state.Sp, state.PC, state.Cpsr = r.Sp, r.Pc, uint32(r.Pstate)
	state.Pad = notSigned
	return state
}

// setGeneral puts a state into the registers; of the processor state only the
// condition flags are a user's.
func setGeneral(r *linux.Registers, state *mach.ARMThreadState64) {
	const conditions = 0xf0000000
	copy(r.Regs[:29], state.X[:])
	r.Regs[29], r.Regs[30] = state.Fp, state.Lr
	r.Sp, r.Pc = state.Sp, state.PC
	r.Pstate = r.Pstate&^conditions | uint64(state.Cpsr)&conditions
}

// leaveCall makes the kernel forget the system call that a stop interrupted.
func leaveCall(s *linux.Stopped) error {
	var none [4]byte
	binary.LittleEndian.PutUint32(none[:], ^uint32(0))
	return s.SetRegisterSet(linux.NoteArmSyscall, none[:])
}

// slowCalls are the numbers of the system calls that sleep for as long as they
// must, and may end with EINTR at any time (asm-generic/unistd.h).
var slowCalls = map[uint64]bool{
	4: true, 22: true, 25: true, 32: true, 56: true, // io_getevents epoll_pwait fcntl flock openat
	63: true, 64: true, 65: true, 66: true, 72: true, 73: true, // read write readv writev pselect6 ppoll
	95: true, 98: true, 101: true, 115: true, 128: true, // waitid futex nanosleep clock_nanosleep restart_syscall
	133: true, 137: true, 182: true, 183: true, // rt_sigsuspend rt_sigtimedwait mq_timedsend mq_timedreceive
	188: true, 189: true, 192: true, 193: true, // msgrcv msgsnd semtimedop semop
	202: true, 203: true, 206: true, 207: true, 211: true, 212: true, // accept connect sendto recvfrom sendmsg recvmsg
	242: true, 243: true, 260: true, 269: true, 441: true, 449: true, // accept4 recvmmsg wait4 sendmmsg epoll_pwait2 futex_waitv
}

// abortCall has the system call that a stopped thread waits in fail with
// EINTR. The thread stands before the call, which it is to start again; one that
// comes to such a call for the first time cannot be told from it, and may be
// interrupted just as well.
func abortCall(s *linux.Stopped) error {
	var r linux.Registers
	if err := s.Registers(&r); err != nil {
		return err
	}
	if !slowCalls[r.Regs[8]] || !s.AtCall(r.Pc) {
		return nil
	}
	const eintr = 4
	r.Regs[0], r.Pc = ^uint64(eintr-1), r.Pc+4
	if err := s.SetRegisters(&r); err != nil {
		return err
	}
	return leaveCall(s)
}
