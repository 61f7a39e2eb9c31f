package exc

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// trapInstruction is brk #0; the program counter is at it at the stop.
var trapInstruction = []byte{0x00, 0x00, 0x20, 0xd4}

const breakpointSkid = 0

// singleStep is the bit of MDSCR_EL1 that ends each instruction in an exception.
const singleStep = 1

// stepEnded tells the end of a step from a breakpoint: both have the code
// EXC_ARM_BREAKPOINT, but only brk tells where it was (xnu osfmk/arm64/sleh.c,
// handle_sw_step_debug and handle_breakpoint).
func stepEnded(e *Exception) bool { return e.code(0) == mach.EXC_ARM_BREAKPOINT && e.code(1) == 0 }

// setStepping has the thread stop after its next instruction, or not.
func setStepping(th *task.Thread, on bool) error {
	s, err := task.State[mach.ARMDebugState64](th)
	if err != nil {
		return err
	}
	s.MdscrEl1 &^= singleStep
	if on {
		s.MdscrEl1 |= singleStep
	}
	return task.SetState(th, s)
}
