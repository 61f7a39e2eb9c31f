//go:build linux

package hosted

import (
	"encoding/binary"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// The places of the registers in a ucontext (sys/ucontext.h), 8 bytes each
// from 40 on; cs, gs and fs are 2 bytes each.
const (
	ucR8 = 40 + 8*iota
	ucR9
	ucR10
	ucR11
	ucR12
	ucR13
	ucR14
	ucR15
	ucRDI
	ucRSI
	ucRBP
	ucRBX
	ucRDX
	ucRAX
	ucRCX
	ucRSP
	ucRIP
	ucFlags
	ucSegments
	ucErr
	ucTrap
	ucMask
	ucCR2
	ucFloat // address of the vector registers
)

const (
	ucSize         = 256
	ucPCAt, ucSPAt = ucRIP, ucRSP
)

// faultState gives the state that tells of a thread's last exception.
func (t *task) faultState(tid int, flavor mach.ThreadStateFlavor) ([]uint32, bool) {
	if flavor != mach.X86_EXCEPTION_STATE64 {
		return nil, false
	}
	return wordsOf(ptr(t.lastFault(tid).state())), true
}

// copyOut and copyIn move the registers of a held thread's frame.
func (s *slot) copyOut() {
	copy(s.regs[:ucSize], s.frame(0, ucSize))
	if b := s.floatFrame(); b != nil {
		copy(s.float[:], b)
	}
}

func (s *slot) copyIn() {
	copy(s.frame(ucR8, ucFloat-ucR8), s.regs[ucR8:ucFloat])
	if b := s.floatFrame(); b != nil {
		copy(b, s.float[:])
	}
}

// floatFrame views the vector registers in the frame, which say themselves how
// large they are.
func (s *slot) floatFrame() []byte {
	at := binary.LittleEndian.Uint64(s.frame(ucFloat, 8))
	if at == 0 {
		return nil
	}
	size := floatSize(bytesAt(at, fxsaveSize))
	return bytesAt(at, size)
}

func floatSize(b []byte) int {
	const magic = 0x46505853 // FP_XSTATE_MAGIC1
	if binary.LittleEndian.Uint32(b[464:]) != magic {
		return fxsaveSize
	}
	if n := int(binary.LittleEndian.Uint32(b[480:])); n <= 15<<10 {
		return n
	}
	return fxsaveSize
}

// state gives the registers in the slot as a Darwin flavor. A process does
// not see its own debug registers.
func (s *slot) state(flavor mach.ThreadStateFlavor) ([]uint32, error) {
	switch flavor {
	case mach.X86_THREAD_STATE64:
		segments := s.u64(ucSegments)
		return wordsOf(&mach.X86ThreadState64{
			Rax: s.u64(ucRAX), Rbx: s.u64(ucRBX), Rcx: s.u64(ucRCX), Rdx: s.u64(ucRDX),
			Rdi: s.u64(ucRDI), Rsi: s.u64(ucRSI), Rbp: s.u64(ucRBP), Rsp: s.u64(ucRSP),
			R8: s.u64(ucR8), R9: s.u64(ucR9), R10: s.u64(ucR10), R11: s.u64(ucR11),
			R12: s.u64(ucR12), R13: s.u64(ucR13), R14: s.u64(ucR14), R15: s.u64(ucR15),
			Rip: s.u64(ucRIP), Rflags: s.u64(ucFlags),
			Cs: segments & 0xffff, Gs: segments >> 16 & 0xffff, Fs: segments >> 32 & 0xffff,
		}), nil
	case mach.X86_FLOAT_STATE64, mach.X86_AVX_STATE64, mach.X86_AVX512_STATE64:
		return s.vectors(flavor)
	case mach.X86_EXCEPTION_STATE64:
		return wordsOf(&mach.X86ExceptionState64{}), nil
	case mach.X86_PAGEIN_STATE:
		return wordsOf(&mach.X86PageinState{}), nil
	case mach.X86_INSTRUCTION_STATE:
		return nil, nil
	}
	return nil, errors.ErrUnsupported
}

// callState makes a state of a system call's six arguments, stack pointer and
// program counter.
func callState(flavor mach.ThreadStateFlavor, r [8]uint64) ([]uint32, error) {
	if flavor != mach.X86_THREAD_STATE64 {
		return nil, errors.ErrUnsupported
	}
	return wordsOf(&mach.X86ThreadState64{
		Rdi: r[0], Rsi: r[1], Rdx: r[2], R10: r[3], R8: r[4], R9: r[5], Rsp: r[6], Rip: r[7],
	}), nil
}

func (s *slot) vectors(flavor mach.ThreadStateFlavor) ([]uint32, error) {
	size, parts := vectorSize(flavor)
	out := make([]byte, size)
	image := s.float[:floatSize(s.float[:])]
	copy(out[fxsaveAt:], image[:fxsaveSize])
	clear(out[fxsaveAt+464 : fxsaveAt+fxsaveSize]) // the system's marks
	for _, p := range vectorParts[:parts] {
		at := p.offset()
		if at == 0 || at+p.size > len(image) {
			return nil, errors.ErrUnsupported
		}
		if binary.LittleEndian.Uint64(image[xstateBV:])>>p.component&1 != 0 {
			copy(out[p.darwin:p.darwin+p.size], image[at:])
		}
	}
	words := make([]uint32, size/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(out[4*i:])
	}
	return words, nil
}

// setState puts a Darwin flavor into the registers in the slot.
func (s *slot) setState(flavor mach.ThreadStateFlavor, words []uint32) error {
	switch flavor {
	case mach.X86_THREAD_STATE64:
		var r mach.X86ThreadState64
		copy(wordsOf(&r), words)
		if !canonical(r.Rip) || !canonical(r.Rsp) {
			return core.ErrInvalidState
		}
		for at, v := range map[int]uint64{
			ucRAX: r.Rax, ucRBX: r.Rbx, ucRCX: r.Rcx, ucRDX: r.Rdx, ucRDI: r.Rdi, ucRSI: r.Rsi, ucRBP: r.Rbp, ucRSP: r.Rsp,
			ucR8: r.R8, ucR9: r.R9, ucR10: r.R10, ucR11: r.R11, ucR12: r.R12, ucR13: r.R13, ucR14: r.R14, ucR15: r.R15,
			ucRIP: r.Rip, ucFlags: r.Rflags&^flagsUserClear | flagsUserSet,
		} {
			s.setU64(at, v)
		}
		return nil
	case mach.X86_FLOAT_STATE64, mach.X86_AVX_STATE64, mach.X86_AVX512_STATE64:
		return s.setVectors(flavor, words)
	}
	return errors.ErrUnsupported
}

func (s *slot) setVectors(flavor mach.ThreadStateFlavor, words []uint32) error {
	size, parts := vectorSize(flavor)
	in := make([]byte, size)
	for i := 0; i < len(words) && 4*i+4 <= size; i++ {
		binary.LittleEndian.PutUint32(in[4*i:], words[i])
	}
	image := s.float[:floatSize(s.float[:])]
	for _, p := range vectorParts[:parts] {
		if at := p.offset(); at == 0 || at+p.size > len(image) {
			return errors.ErrUnsupported
		}
	}
	const mxcsrAt, maskAt = 24, 28
	mask := binary.LittleEndian.Uint32(image[maskAt:])
	copy(image[:464], in[fxsaveAt:])
	binary.LittleEndian.PutUint32(image[maskAt:], mask)
	if mask == 0 {
		mask = 0xffbf
	}
	binary.LittleEndian.PutUint32(image[mxcsrAt:], binary.LittleEndian.Uint32(image[mxcsrAt:])&mask)
	if len(image) == fxsaveSize {
		return nil
	}
	use := binary.LittleEndian.Uint64(image[xstateBV:]) | 3
	for _, p := range vectorParts[:parts] {
		copy(image[p.offset():], in[p.darwin:p.darwin+p.size])
		use |= 1 << p.component
	}
	binary.LittleEndian.PutUint64(image[xstateBV:], use)
	return nil
}
