package exc

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// trapInstruction is int3; the program counter is behind it at the stop.
var trapInstruction = []byte{0xcc}

const breakpointSkid = 1

// trapFlag is the bit of rflags that ends each instruction in an exception.
const trapFlag = 1 << 8

// stepEnded tells the end of a step from a breakpoint.
func stepEnded(e *Exception) bool { return e.code(0) == mach.EXC_I386_SGL }

// setStepping has the thread stop after its next instruction, or not.
func setStepping(th *task.Thread, on bool) error {
	s, err := task.State[mach.X86ThreadState64](th)
	if err != nil {
		return err
	}
	s.Rflags &^= trapFlag
	if on {
		s.Rflags |= trapFlag
	}
	return task.SetState(th, s)
}
