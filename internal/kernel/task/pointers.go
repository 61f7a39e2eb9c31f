package task

import (
	"encoding/binary"
	"slices"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

const redZone = 128 // bytes below the stack pointer that are in use

// pointerValues lists the registers that may hold pointers, for collectors
// (xnu libsyscall/wrappers/thread_register_state.c). Its arguments: thread,
// sp, length, values.
func pointerValues(c *core.Ctx) mach.KernReturn {
	if c.Args[2] == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	room, kr := c.Get64(2)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if room > 0 && c.Args[3] == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	th, ok := c.ThreadArg(0, core.Read)
	if !ok {
		return refusal(c)
	}
	sp, registers, kr := pointerRegisters(th)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	page := th.Task.Sub.Memory().PageSize()
	registers = slices.DeleteFunc(registers, func(v uint64) bool { return v <= page })
	if c.Args[1] != 0 {
		if sp = max(sp, redZone) - redZone; c.Put64(1, sp) != mach.KERN_SUCCESS {
			return mach.KERN_INVALID_ADDRESS
		}
	}
	n := min(room, uint64(len(registers)))
	b := make([]byte, 0, 8*n)
	for _, v := range registers[:n] {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	if kr := c.Write(3, b); kr != mach.KERN_SUCCESS {
		return kr
	}
	if kr := c.Put64(2, uint64(len(registers))); kr != mach.KERN_SUCCESS {
		return kr
	}
	if room == 0 || uint64(len(registers)) > room {
		return mach.KERN_INSUFFICIENT_BUFFER_SIZE
	}
	return mach.KERN_SUCCESS
}

// pointerRegisters gives the stack pointer and the registers in the order of
// the C library, which leaves rsi out.
func pointerRegisters(th *core.Thread) (sp uint64, registers []uint64, kr mach.KernReturn) {
	if th.Task.Sub.CPU() == mach.CPU_TYPE_ARM64 {
		var s mach.ARMThreadState64
		w, kr := readState(th, mach.ARM_THREAD_STATE64, len(words(&s)))
		copy(words(&s), w)
		return s.Sp, append([]uint64{s.Lr}, s.X[:]...), kr
	}
	var s mach.X86ThreadState64
	w, kr := readState(th, mach.X86_THREAD_STATE64, len(words(&s)))
	copy(words(&s), w)
	return s.Rsp, []uint64{s.Rax, s.Rbx, s.Rcx, s.Rdx, s.Rdi, s.Rbp, s.R8, s.R9, s.R10, s.R11, s.R12, s.R13, s.R14, s.R15}, kr
}
