//go:build linux

package hosted

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// The trap numbers of xnu osfmk/i386/trap.h, and bits of a page fault's error
// code, as the processor sets them (Intel's manual, volume 3, page-fault exceptions).
const (
	trapDivide   = 0
	trapDebug    = 1
	trapInt3     = 3
	trapOverflow = 4
	trapInvalid  = 6
	trapGP       = 13
	trapPage     = 14
	trapAlign    = 17
	trapSSE      = 19
	faultPresent = 1
	faultWrite   = 2
	faultUser    = 4
	faultFetch   = 0x10

	siKernel  = 0x80 // si_code values that only this CPU gives
	fpeIntdiv = 1
	fpeIntovf = 2
)

func exception(kind mach.ExceptionType, code, sub int64) core.Exception {
	return core.Exception{Type: kind, Codes: [2]int64{code, sub}}
}

// The codes are those that xnu's osfmk/i386/trap.c user_trap gives.

func accessException(code int, addr uint64) (core.Exception, fault, bool) {
	switch code {
	case siKernel: // an address that is none
		return exception(mach.EXC_BAD_ACCESS, mach.EXC_I386_GPFLT, 0), fault{trap: trapGP}, true
	case segvAccer:
		return exception(mach.EXC_BAD_ACCESS, int64(mach.KERN_PROTECTION_FAILURE), int64(addr)),
			fault{trap: trapPage, code: faultUser | faultPresent, addr: addr}, true
	}
	return exception(mach.EXC_BAD_ACCESS, int64(mach.KERN_INVALID_ADDRESS), int64(addr)),
		fault{trap: trapPage, code: faultUser, addr: addr}, true
}

func busException(code int, addr uint64) (core.Exception, fault, bool) {
	if code == busAdraln {
		return exception(mach.EXC_BAD_ACCESS, mach.EXC_I386_ALIGNFLT, 0), fault{trap: trapAlign}, true
	}
	return exception(mach.EXC_BAD_ACCESS, int64(mach.KERN_MEMORY_ERROR), int64(addr)),
		fault{trap: trapPage, code: faultUser, addr: addr}, true
}

func illegalException(_ *task, _ int, _ uint64) (core.Exception, fault, bool) {
	return exception(mach.EXC_BAD_INSTRUCTION, mach.EXC_I386_INVOP, 0), fault{trap: trapInvalid}, true
}

func arithmeticException(_ *task, code int, _ uint64) (core.Exception, fault, bool) {
	switch code {
	case fpeIntdiv:
		return exception(mach.EXC_ARITHMETIC, mach.EXC_I386_DIV, 0), fault{trap: trapDivide}, true
	case fpeIntovf:
		return exception(mach.EXC_ARITHMETIC, mach.EXC_I386_INTO, 0), fault{trap: trapOverflow}, true
	}
	return exception(mach.EXC_ARITHMETIC, mach.EXC_I386_SSEEXTERR, 0), fault{trap: trapSSE}, true
}

func breakException(code int, _ uint64) (core.Exception, fault, bool) {
	if code == trapTrace || code == trapHW {
		return exception(mach.EXC_BREAKPOINT, mach.EXC_I386_SGL, 0), fault{trap: trapDebug}, true
	}
	return exception(mach.EXC_BREAKPOINT, mach.EXC_I386_BPT, 0), fault{trap: trapInt3}, true
}

// refine has nothing to add: the signal tells all that the exception does.
func refine(x core.Exception, f fault, _, _ uint64) (core.Exception, fault) { return x, f }
