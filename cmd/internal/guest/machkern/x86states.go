//go:build linux && (amd64 || arm64)

package machkern

import (
	"encoding/binary"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Unicorn's numbers of the registers that are in no batch.
const (
	x86FPSW  = 31
	x86ST0   = 114
	x86YMM0  = 154
	x86FPCW  = 246
	x86FPTag = 247
	x86MXCSR = 249
)

// x86State reads a stopped thread's registers as a Darwin flavor.
func (t *thread) x86State(f mach.ThreadStateFlavor) ([]uint32, error) {
	switch f {
	case mach.X86_THREAD_STATE64:
		r := t.t.UserRegs()
		if t.t.Stepping {
			r[17] |= trapFlag
		}
		return wordsOf(&mach.X86ThreadState64{
			Rax: r[0], Rbx: r[1], Rcx: r[2], Rdx: r[3], Rdi: r[4], Rsi: r[5], Rbp: r[6], Rsp: r[7],
			R8: r[8], R9: r[9], R10: r[10], R11: r[11], R12: r[12], R13: r[13], R14: r[14], R15: r[15],
			Rip: r[16], Rflags: r[17], Cs: userCode,
		}), nil
	case mach.X86_FLOAT_STATE64:
		return t.x86Vectors(int(mach.X86_FLOAT_STATE64_COUNT), false), nil
	case mach.X86_AVX_STATE64:
		return t.x86Vectors(int(mach.X86_AVX_STATE64_COUNT), true), nil
	case mach.X86_EXCEPTION_STATE64:
		return wordsOf(&mach.X86ExceptionState64{Trapno: uint16(t.last.trap), Err: t.last.code, Faultvaddr: t.last.addr}), nil
	case mach.X86_DEBUG_STATE64:
		return t.debugState(f, int(mach.X86_DEBUG_STATE64_COUNT)), nil
	case mach.X86_INSTRUCTION_STATE:
		return nil, nil // it is kept for threads that died of a bad instruction
	case mach.X86_PAGEIN_STATE:
		return wordsOf(&mach.X86PageinState{}), nil
	}
	return nil, errors.ErrUnsupported
}

// userCode is the code segment of 64-bit programs (xnu osfmk/i386/seg.h).
const userCode = 0x2b

// trapFlag of rflags makes the processor trap after each instruction, until it is cleared.
const trapFlag = 0x100

// setX86State sets a stopped thread's registers.
func (t *thread) setX86State(f mach.ThreadStateFlavor, words []uint32) error {
	switch f {
	case mach.X86_THREAD_STATE64:
		const ( // xnu osfmk/i386/eflags.h
			userClear = 0x17000 // IOPL, NT, RF
			userSet   = 0x200   // IF
		)
		var s mach.X86ThreadState64
		copy(wordsOf(&s), words)
		if !canonical(s.Rip) || !canonical(s.Rsp) {
			return core.ErrInvalidState
		}
		r := t.t.UserRegs()
		copy(r[:], []uint64{
			s.Rax, s.Rbx, s.Rcx, s.Rdx, s.Rdi, s.Rsi, s.Rbp, s.Rsp, s.R8, s.R9, s.R10, s.R11, s.R12, s.R13, s.R14, s.R15,
			s.Rip, s.Rflags&^(userClear|trapFlag) | userSet,
		})
		t.t.SetUserRegs(r)
		t.t.Stepping = s.Rflags&trapFlag != 0
	case mach.X86_FLOAT_STATE64:
		t.setX86Vectors(words, false)
	case mach.X86_AVX_STATE64:
		t.setX86Vectors(words, true)
	case mach.X86_DEBUG_STATE64:
		var s mach.X86DebugState64
		copy(wordsOf(&s), words)
		watches, err := x86Watches(&s)
		if err != nil {
			return err
		}
		t.setDebugState(f, words)
		t.t.SetWatches(watches)
	default:
		return errors.ErrUnsupported
	}
	return nil
}

func canonical(addr uint64) bool { return addr>>47 == 0 || addr>>47 == 1<<17-1 }

// validDR7 checks breakpoint control as xnu's osfmk/i386/pcb.c dr7d_is_valid does.
func validDR7(dr7 uint64) bool {
	for i := range 4 {
		kind, length := dr7>>(16+4*i)&3, dr7>>(18+4*i)&3
		if kind == 2 || (kind == 0 && length != 0) || dr7>>(2*i+1)&1 != 0 {
			return false
		}
	}
	return dr7>>32 == 0
}

// Offsets in the float states: the FXSAVE image begins behind two reserved words, and the
// upper halves of the AVX registers come behind it, four more bytes and 64.
const (
	fxsaveAt = 8
	stAt     = fxsaveAt + 32
	xmmAt    = fxsaveAt + 160
	ymmhAt   = fxsaveAt + 512 + 4 + 64
)

func (t *thread) x86Vectors(count int, wide bool) []uint32 {
	m, c := t.t.Process.Machine, t.t.Context()
	le, b := binary.LittleEndian, make([]byte, 4*count)
	le.PutUint16(b[fxsaveAt:], uint16(m.ThreadRegister(c, x86FPCW)))
	le.PutUint16(b[fxsaveAt+2:], uint16(m.ThreadRegister(c, x86FPSW)))
	b[fxsaveAt+4] = shortTag(uint16(m.ThreadRegister(c, x86FPTag)))
	le.PutUint32(b[fxsaveAt+24:], uint32(m.ThreadRegister(c, x86MXCSR)))
	le.PutUint32(b[fxsaveAt+28:], 0xffff) // the bits of MXCSR that can be set
	for i := range 8 {
		v := m.Wide(c, x86ST0+int32(i))
		le.PutUint64(b[stAt+16*i:], v[0])
		le.PutUint16(b[stAt+16*i+8:], uint16(v[1]))
	}
	for i := range 16 {
		v := m.Wide(c, x86YMM0+int32(i))
		le.PutUint64(b[xmmAt+16*i:], v[0])
		le.PutUint64(b[xmmAt+16*i+8:], v[1])
		if wide {
			le.PutUint64(b[ymmhAt+16*i:], v[2])
			le.PutUint64(b[ymmhAt+16*i+8:], v[3])
		}
	}
	words := make([]uint32, count)
	for i := range words {
		words[i] = le.Uint32(b[4*i:])
	}
	return words
}

func (t *thread) setX86Vectors(words []uint32, wide bool) {
	m, c := t.t.Process.Machine, t.t.Context()
	le, b := binary.LittleEndian, make([]byte, ymmhAt+16*16)
	for i := 0; i < len(words) && 4*i+4 <= len(b); i++ {
		le.PutUint32(b[4*i:], words[i])
	}
	m.SetThreadRegister(c, x86FPCW, uint64(le.Uint16(b[fxsaveAt:])))
	m.SetThreadRegister(c, x86FPSW, uint64(le.Uint16(b[fxsaveAt+2:])))
	m.SetThreadRegister(c, x86FPTag, uint64(longTag(b[fxsaveAt+4])))
	m.SetThreadRegister(c, x86MXCSR, uint64(le.Uint32(b[fxsaveAt+24:])&0xffff))
	for i := range 8 {
		m.SetWide(c, x86ST0+int32(i), [4]uint64{le.Uint64(b[stAt+16*i:]), uint64(le.Uint16(b[stAt+16*i+8:]))})
	}
	for i := range 16 {
		v := m.Wide(c, x86YMM0+int32(i))
		v[0], v[1] = le.Uint64(b[xmmAt+16*i:]), le.Uint64(b[xmmAt+16*i+8:])
		if wide {
			v[2], v[3] = le.Uint64(b[ymmhAt+16*i:]), le.Uint64(b[ymmhAt+16*i+8:])
		}
		m.SetWide(c, x86YMM0+int32(i), v)
	}
}

// shortTag turns the tag word, two bits a register with 3 for an empty one, into FXSAVE's
// byte, a bit a register that is in use; longTag the other way.
func shortTag(long uint16) (short byte) {
	for i := range 8 {
		if long>>(2*i)&3 != 3 {
			short |= 1 << i
		}
	}
	return short
}

func longTag(short byte) (long uint16) {
	for i := range 8 {
		if short>>i&1 == 0 {
			long |= 3 << (2 * i)
		}
	}
	return long
}
