package wasmtime

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// trapped is what the landing pad is told, as the arguments of a C function:
// the program counter, the frame pointer, whether there is a fault's address,
// the address, and the cause. The sixth stands in for wasmtime's thread-local
// variable: where the call began.
type trapped struct {
	pc, fp, faulted, fault, code, activation uint64
}

// judge decides by the type of the exception: it says which address was
// accessed, and is false for what compiled code does not raise.
func judge(e *exc.Exception) (faulted, fault uint64, ours bool) {
	switch x := e.Detail().(type) {
	case exc.BadAccess:
		return 1, x.Address, true
	case exc.BadInstruction, exc.Arithmetic:
		return 0, 0, true
	}
	return 0, 0, false
}

// writable is memory that is written by address, such as a task's.
type writable interface {
	WriteMemory(p []byte, addr uint64) (int, error)
}

// resume has the thread go on in the landing pad, as if the instruction that
// trapped had called it.
func resume(r *task.Registers, stack writable, pad uint64, t trapped) {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		resumeARM(&r.ARM, pad, t)
	} else {
		resumeX86(&r.X86, stack, pad, t)
	}
}

// resumeX86 leaves the address of the instruction on the stack, where a walk of
// the stack looks for it. A stack that is not aligned is left alone: that is
// before a function has set up its frame. So is one that cannot be written; the
// original would crash there.
func resumeX86(s *mach.X86ThreadState64, stack writable, pad uint64, t trapped) {
	if s.Rsp%16 == 0 {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], s.Rip)
		if _, err := stack.WriteMemory(b[:], s.Rsp-8); err == nil {
			s.Rsp -= 8
		}
	}
	s.Rip = pad
	s.Rdi, s.Rsi, s.Rdx, s.Rcx, s.R8, s.R9 = t.pc, t.fp, t.faulted, t.fault, t.code, t.activation
}

func resumeARM(s *mach.ARMThreadState64, pad uint64, t trapped) {
	s.Lr = t.pc
	s.PC = pad
	copy(s.X[:], []uint64{t.pc, t.fp, t.faulted, t.fault, t.code, t.activation})
}
