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
	classAlign     = 0x26 << 26
	classData      = 0x24 << 26
	classFetch     = 0x20 << 26
	dataWrite      = 1 << 6 // WnR, in the syndrome of a data abort
	classFloat     = 0x2c << 26
	classStep      = 0x32 << 26
	classWatch     = 0x34 << 26
	classBreak     = 0x3c << 26
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
		return exception(mach.EXC_BAD_ACCESS, mach.EXC_ARM_DA_ALIGN, int64(addr)), fault{code: classAlign, addr: addr}, true
	}
	return exception(mach.EXC_BAD_ACCESS, int64(mach.KERN_MEMORY_ERROR), int64(addr)), fault{code: classData, addr: addr}, true
}

func illegalException(t *task, addr uint64) (core.Exception, fault, bool) {
	var instruction [4]byte
	_, _ = t.p.ReadAt(instruction[:], addr)
	return exception(mach.EXC_BAD_INSTRUCTION, mach.EXC_ARM_UNDEFINED, int64(binary.LittleEndian.Uint32(instruction[:]))),
		fault{code: classUndefined, addr: addr}, true
}

// arithmeticException: FPE_FLTDIV to FPE_FLTINV are 3 to 7.
func arithmeticException(code int, _ uint64) (core.Exception, fault, bool) {
	kind, ok := map[int]int64{
		3: mach.EXC_ARM_FP_DZ, 4: mach.EXC_ARM_FP_OF, 5: mach.EXC_ARM_FP_UF, 6: mach.EXC_ARM_FP_IX, 7: mach.EXC_ARM_FP_IO,
	}[code]
	if !ok {
		kind = mach.EXC_ARM_FP_UNDEFINED
	}
	return exception(mach.EXC_ARITHMETIC, kind, 0), fault{code: classFloat}, true
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
