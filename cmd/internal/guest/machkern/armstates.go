//go:build linux && (amd64 || arm64)

package machkern

import (
	"errors"

	"github.com/gomach/mach"
)

// Unicorn's numbers of the registers that are in no batch.
const (
	armFPCR = 291
	armFPSR = 292
)

// armState reads a stopped thread's registers as a Darwin flavor.
func (t *thread) armState(f mach.ThreadStateFlavor) ([]uint32, error) {
	m, c := t.t.Process.Machine, t.t.Context()
	switch f {
	case mach.ARM_THREAD_STATE64:
		r := t.t.UserRegs()
		s := mach.ARMThreadState64{
			Fp: r[29], Lr: r[30], Sp: r[31], PC: r[32], Cpsr: uint32(r[33]),
			// No guest is arm64e: machine_thread_state_convert_to_user of xnu
			// osfmk/arm64/status.c says so.
			Pad: mach.DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH,
		}
		copy(s.X[:], r[:29])
		return wordsOf(&s), nil
	case mach.ARM_NEON_STATE64:
		s := mach.ARMNeonState64{Fpsr: uint32(m.ThreadRegister(c, armFPSR)), Fpcr: uint32(m.ThreadRegister(c, armFPCR))}
		for i := range s.V {
			s.V[i] = m.Vector(c, i)
		}
		return wordsOf(&s), nil
	case mach.ARM_EXCEPTION_STATE64:
		return wordsOf(&mach.ARMExceptionState64{Far: t.last.addr, Esr: t.last.esr}), nil
	case mach.ARM_EXCEPTION_STATE64_V2:
		return wordsOf(&mach.ARMExceptionState64V2{Far: t.last.addr, Esr: uint64(t.last.esr)}), nil
	case mach.ARM_DEBUG_STATE64:
		return t.debugState(f, int(mach.ARM_DEBUG_STATE64_COUNT)), nil
	case mach.ARM_PAGEIN_STATE:
		return wordsOf(&mach.ARMPageinState{}), nil
	}
	return nil, errors.ErrUnsupported
}

// setARMState sets a stopped thread's registers.
func (t *thread) setARMState(f mach.ThreadStateFlavor, words []uint32) error {
	m, c := t.t.Process.Machine, t.t.Context()
	switch f {
	case mach.ARM_THREAD_STATE64:
		const conditions = 0xf0000000
		var s mach.ARMThreadState64
		copy(wordsOf(&s), words)
		r := t.t.UserRegs()
		copy(r[:29], s.X[:])
		r[29], r[30], r[31], r[32] = s.Fp, s.Lr, s.Sp, s.PC
		r[33] = r[33]&^conditions | uint64(s.Cpsr)&conditions
		t.t.SetUserRegs(r)
	case mach.ARM_NEON_STATE64:
		var s mach.ARMNeonState64
		copy(wordsOf(&s), words)
		for i := range s.V {
			m.SetVector(c, i, s.V[i])
		}
		m.SetThreadRegister(c, armFPSR, uint64(s.Fpsr))
		m.SetThreadRegister(c, armFPCR, uint64(s.Fpcr))
	case mach.ARM_DEBUG_STATE64:
		var s mach.ARMDebugState64
		copy(wordsOf(&s), words)
		watches, err := armWatches(&s)
		if err != nil {
			return err
		}
		t.setDebugState(f, words)
		t.t.SetWatches(watches)
		t.t.Stepping = s.MdscrEl1&singleStep != 0
	case mach.ARM_EXCEPTION_STATE64, mach.ARM_EXCEPTION_STATE64_V2: // xnu takes and forgets it
	default:
		return errors.ErrUnsupported
	}
	return nil
}

// singleStep of MDSCR_EL1 makes the processor trap after the next instruction.
const singleStep = 1

// stepped ends a step: the kernel clears the bit (xnu osfmk/arm64/sleh.c handle_sw_step_debug).
func (t *thread) stepped() {
	t.t.Stepping = false
	if words := t.debug[mach.ARM_DEBUG_STATE64]; words != nil {
		var s mach.ARMDebugState64
		copy(wordsOf(&s), words)
		s.MdscrEl1 &^= singleStep
		t.setDebugState(mach.ARM_DEBUG_STATE64, wordsOf(&s))
	}
}

// debugState gives back what was set.
func (t *thread) debugState(f mach.ThreadStateFlavor, count int) []uint32 {
	words := make([]uint32, count)
	copy(words, t.debug[f])
	return words
}

func (t *thread) setDebugState(f mach.ThreadStateFlavor, words []uint32) {
	if t.debug == nil {
		t.debug = map[mach.ThreadStateFlavor][]uint32{}
	}
	t.debug[f] = append([]uint32(nil), words...)
}
