package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// validAction checks the arguments of the calls that set exception handlers
// (xnu osfmk/kern/ipc_tt.c set_exception_ports_validation). Without a handler
// the behavior does not count.
func validAction(cpu mach.CPUType, mask mach.ExceptionMask, a action) mach.KernReturn {
	if mask&^excMaskValid != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	behavior := a.behavior &^ mach.MACH_EXCEPTION_MASK
	if a.port.Valid() && (behavior < mach.EXCEPTION_DEFAULT || behavior > mach.EXCEPTION_STATE_IDENTITY_PROTECTED) {
		return mach.KERN_INVALID_ARGUMENT
	}
	if a.port.Valid() && !a.port.Port.MayHandle() {
		return mach.KERN_INVALID_RIGHT
	}
	if a.flavor != 0 && !validFlavor(cpu, a.flavor) {
		return mach.KERN_INVALID_ARGUMENT
	}
	wide := a.behavior&mach.MACH_EXCEPTION_CODES != 0
	if (behavior == mach.EXCEPTION_IDENTITY_PROTECTED || a.behavior&mach.MACH_EXCEPTION_BACKTRACE_PREFERRED != 0) && !wide {
		return mach.KERN_INVALID_ARGUMENT
	}
	return mach.KERN_SUCCESS
}

// validFlavor is VALID_THREAD_STATE_FLAVOR of <mach/machine/thread_status.h>.
func validFlavor(cpu mach.CPUType, flavor mach.ThreadStateFlavor) bool {
	f := familyOf(cpu)
	if _, ok := f.plain[flavor]; ok {
		return true
	}
	if _, ok := f.unified[flavor]; ok {
		return true
	}
	// Valid too are THREAD_STATE_NONE, whose number depends on the CPU, and flavors that no
	// 64-bit thread has.
	if cpu == mach.CPU_TYPE_ARM64 {
		const none = 5
		return flavor == none || flavor == mach.ARM_EXCEPTION_STATE || flavor == mach.ARM_DEBUG_STATE ||
			flavor == mach.ARM_DEBUG_STATE32 || flavor == mach.ARM_NEON_STATE
	}
	const none = 13
	return flavor == none || flavor == mach.X86_THREAD_FULL_STATE64 || flavor == mach.X86_LAST_BRANCH_STATE
}

// actionArgs reads mask, port, behavior and flavor from the arguments from i
// on. The action owns its right.
func actionArgs(c *core.Ctx, cpu mach.CPUType, i int) (mach.ExceptionMask, action, mach.KernReturn) {
	mask := mach.ExceptionMask(c.U32(i))
	a := action{behavior: mach.ExceptionBehavior(c.I32(i + 2)), flavor: mach.ThreadStateFlavor(c.I32(i + 3))}
	r, kr := c.TakeRight(i+1, mach.MACH_MSG_TYPE_COPY_SEND)
	switch kr {
	case mach.KERN_SUCCESS:
	case mach.KERN_INVALID_CAPABILITY:
		return 0, a, mach.KERN_INVALID_RIGHT // a port that may not be moved
	default:
		return 0, a, mach.MACH_SEND_INVALID_RIGHT
	}
	a.port = r
	if kr := validAction(cpu, mask, a); kr != mach.KERN_SUCCESS {
		r.Release()
		return 0, a, kr
	}
	return mask, a, mach.KERN_SUCCESS
}
