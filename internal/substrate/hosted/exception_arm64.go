//go:build linux

package hosted

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Exception classes of the syndrome register, in its upper six bits; Linux
// passes on no more than can be told from the signal.
const (
	classUndefined = 0x00 << 26
	classSignature = 0x1c << 26
	classFetch     = 0x20 << 26
	classAlignPC   = 0x22 << 26
	classData      = 0x24 << 26
	dataWrite      = 1 << 6 // WnR, in the syndrome of a data abort
	dataAlign      = 0x21   // DFSC, there
	classAlignSP   = 0x26 << 26
	classFloat     = 0x2c << 26
	classBreakHW   = 0x30 << 26
	classStep      = 0x32 << 26
	classWatch     = 0x34 << 26
	classBreak     = 0x3c << 26

	illegalOperand = 2 // ILL_ILLOPN: only a signature that is wrong, on this CPU
)

func exception(kind mach.ExceptionType, code, sub int64) core.Exception {
	return core.Exception{Type: kind, Codes: [2]int64{code, sub}}
}

// The codes are those that xnu's osfmk/arm64/sleh.c gives.

func accessException(code int, addr uint64) (core.Exception, fault, bool) {
	kr := mach.KERN_INVALID_ADDRESS
	if code == segvAccer {
		kr = mach.KERN_PROTECTION_FAILURE
	}
	return exception(mach.EXC_BAD_ACCESS, int64(kr), int64(addr)), fault{code: classData, addr: addr}, true
}

func busException(code int, addr uint64) (core.Exception, fault, bool) {
	if code == busAdraln {
		return exception(mach.EXC_BAD_ACCESS, mach.EXC_ARM_DA_ALIGN, int64(addr)), fault{code: classData | dataAlign, addr: addr}, true
	}
	return exception(mach.EXC_BAD_ACCESS, int64(mach.KERN_MEMORY_ERROR), int64(addr)), fault{code: classData, addr: addr}, true
}

func illegalException(t *task, code int, addr uint64) (core.Exception, fault, bool) {
	if code == illegalOperand {
		return exception(mach.EXC_BAD_ACCESS, mach.EXC_ARM_PAC_FAIL, t.instructionAt(addr)), fault{code: classSignature, addr: addr}, true
	}
	return exception(mach.EXC_BAD_INSTRUCTION, mach.EXC_ARM_UNDEFINED, t.instructionAt(addr)), fault{code: classUndefined, addr: addr}, true
}

// instructionAt is the instruction at an address, 0 if it cannot be read.
func (t *task) instructionAt(addr uint64) int64 {
	var b [4]byte
	_, _ = t.p.ReadAt(b[:], addr)
	return int64(binary.LittleEndian.Uint32(b[:]))
}

// arithmeticException: FPE_FLTDIV to FPE_FLTINV are 3 to 7.
func arithmeticException(t *task, code int, addr uint64) (core.Exception, fault, bool) {
	kind, ok := map[int]int64{
		3: mach.EXC_ARM_FP_DZ, 4: mach.EXC_ARM_FP_OF, 5: mach.EXC_ARM_FP_UF, 6: mach.EXC_ARM_FP_IX, 7: mach.EXC_ARM_FP_IO,
	}[code]
	if !ok {
		kind = mach.EXC_ARM_FP_UNDEFINED
	}
	return exception(mach.EXC_ARITHMETIC, kind, t.instructionAt(addr)), fault{code: classFloat}, true
}

func breakException(code int, addr uint64) (core.Exception, fault, bool) {
	switch code {
	case trapTrace:
		return exception(mach.EXC_BREAKPOINT, mach.EXC_ARM_BREAKPOINT, 0), fault{code: classStep}, true
	case trapHW:
		return exception(mach.EXC_BREAKPOINT, mach.EXC_ARM_DA_DEBUG, int64(addr)), fault{code: classWatch, addr: addr}, true
	}
	return exception(mach.EXC_BREAKPOINT, mach.EXC_ARM_BREAKPOINT, int64(addr)), fault{code: classBreak, addr: addr}, true
}

// refine tells apart what has one si_code on Linux, by the registers of the thread
// that stands at its exception: breakpoints and watchpoints of the processor, and
// what is not aligned: the stack pointer, the program counter, or data.
func refine(x core.Exception, f fault, pc, sp uint64) (core.Exception, fault) {
	switch {
	case f.code == classWatch && f.addr == pc:
		x.Codes[0], f.code = mach.EXC_ARM_BREAKPOINT, classBreakHW
	case f.code == classData|dataAlign && f.addr == pc:
		f.code = classAlignPC
	case f.code == classData|dataAlign && f.addr == sp && sp%16 != 0:
		x.Codes[0], f.code = mach.EXC_ARM_SP_ALIGN, classAlignSP
	}
	return x, f
}
