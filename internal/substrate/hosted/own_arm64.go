//go:build linux

package hosted

import (
	"encoding/binary"
	"errors"

	"github.com/gomach/mach"
)

// The places of the registers in a ucontext (asm/sigcontext.h), and of the
// vector registers' record behind them: magic, size, fpsr, fpcr, v0 to v31.
const (
	ucX0     = 184
	ucSP     = ucX0 + 31*8
	ucPC     = ucSP + 8
	ucPState = ucPC + 8
	ucVector = 464
	ucFPSR   = ucVector + 8
	ucFPCR   = ucVector + 12
	ucV0     = ucVector + 16
	ucSize   = 992

	ucPCAt, ucSPAt = ucPC, ucSP

	vectorMagic = 0x46508001 // FPSIMD_MAGIC
)

// A frame is larger than the room for registers in a slot: its end goes on in
// the room for vectors, which follows.
func (s *slot) bytes(at, n int) []byte {
	if at < len(s.regs) {
		return s.regs[at : at+n]
	}
	return s.float[at-len(s.regs) : at-len(s.regs)+n]
}

// copyOut and copyIn move the registers of a held thread's frame.
func (s *slot) copyOut() {
	b := s.frame(0, ucSize)
	copy(s.regs[:], b)
	copy(s.float[:], b[len(s.regs):])
}

func (s *slot) copyIn() {
	b := s.frame(0, ucSize)
	copy(b[ucX0:len(s.regs)], s.regs[ucX0:])
	copy(b[len(s.regs):], s.float[:ucSize-len(s.regs)])
}

// faultState gives the state that tells of a thread's last exception.
func (t *task) faultState(tid int, flavor mach.ThreadStateFlavor) ([]uint32, bool) {
	f := t.lastFault(tid).state()
	switch flavor {
	case mach.ARM_EXCEPTION_STATE64:
		return wordsOf(&f), true
	case mach.ARM_EXCEPTION_STATE64_V2:
		return wordsOf(&mach.ARMExceptionState64V2{Far: f.Far, Esr: uint64(f.Esr)}), true
	}
	return nil, false
}

// state gives the registers in the slot as a Darwin flavor. A process does
// not see its own debug registers.
func (s *slot) state(flavor mach.ThreadStateFlavor) ([]uint32, error) {
	switch flavor {
	case mach.ARM_THREAD_STATE64:
		var r mach.ARMThreadState64
		for i := range r.X {
			r.X[i] = s.u64(ucX0 + 8*i)
		}
		r.Fp, r.Lr = s.u64(ucX0+29*8), s.u64(ucX0+30*8)
		r.Sp, r.PC, r.Cpsr = s.u64(ucSP), s.u64(ucPC), uint32(s.u64(ucPState))
		r.Pad = notSigned
		return wordsOf(&r), nil
	case mach.ARM_NEON_STATE64:
		if !s.hasVectors() {
			return nil, errors.ErrUnsupported
		}
		var v mach.ARMNeonState64
		v.Fpsr = binary.LittleEndian.Uint32(s.bytes(ucFPSR, 4))
		v.Fpcr = binary.LittleEndian.Uint32(s.bytes(ucFPCR, 4))
		for i := range v.V {
			b := s.bytes(ucV0+16*i, 16)
			v.V[i] = mach.Uint128{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
		}
		return wordsOf(&v), nil
	case mach.ARM_EXCEPTION_STATE64:
		return wordsOf(&mach.ARMExceptionState64{}), nil
	case mach.ARM_EXCEPTION_STATE64_V2:
		return wordsOf(&mach.ARMExceptionState64V2{}), nil
	case mach.ARM_PAGEIN_STATE:
		return wordsOf(&mach.ARMPageinState{}), nil
	}
	return nil, errors.ErrUnsupported
}

// callState makes a state of a system call's six arguments, stack pointer and
// program counter.
func callState(flavor mach.ThreadStateFlavor, r [8]uint64) ([]uint32, error) {
	if flavor != mach.ARM_THREAD_STATE64 {
		return nil, errors.ErrUnsupported
	}
	s := mach.ARMThreadState64{Sp: r[6], PC: r[7], Pad: notSigned}
	copy(s.X[:], r[:6])
	return wordsOf(&s), nil
}

func (s *slot) hasVectors() bool {
	return binary.LittleEndian.Uint32(s.bytes(ucVector, 4)) == vectorMagic
}

// setState puts a Darwin flavor into the registers in the slot.
func (s *slot) setState(flavor mach.ThreadStateFlavor, words []uint32) error {
	switch flavor {
	case mach.ARM_THREAD_STATE64:
		const conditions = 0xf0000000
		var r mach.ARMThreadState64
		copy(wordsOf(&r), words)
		for i, v := range r.X {
			s.setU64(ucX0+8*i, v)
		}
		s.setU64(ucX0+29*8, r.Fp)
		s.setU64(ucX0+30*8, r.Lr)
		s.setU64(ucSP, r.Sp)
		s.setU64(ucPC, r.PC)
		s.setU64(ucPState, s.u64(ucPState)&^conditions|uint64(r.Cpsr)&conditions)
		return nil
	case mach.ARM_NEON_STATE64:
		if !s.hasVectors() {
			return errors.ErrUnsupported
		}
		var v mach.ARMNeonState64
		copy(wordsOf(&v), words)
		binary.LittleEndian.PutUint32(s.bytes(ucFPSR, 4), v.Fpsr)
		binary.LittleEndian.PutUint32(s.bytes(ucFPCR, 4), v.Fpcr)
		for i, x := range v.V {
			b := s.bytes(ucV0+16*i, 16)
			binary.LittleEndian.PutUint64(b, x[0])
			binary.LittleEndian.PutUint64(b[8:], x[1])
		}
		return nil
	case mach.ARM_EXCEPTION_STATE64, mach.ARM_EXCEPTION_STATE64_V2:
		return nil // xnu takes and forgets it
	}
	return errors.ErrUnsupported
}
