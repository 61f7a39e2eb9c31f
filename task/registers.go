package task

import (
	"iter"

	"github.com/gomach/mach"
)

// Registers are the general registers of a thread of either CPU family, by
// name. The fields hold the whole state, and can be used as they are.
type Registers struct {
	CPU mach.CPUType // CPU_TYPE_ARM64 or CPU_TYPE_X86_64: which field counts
	ARM mach.ARMThreadState64
	X86 mach.X86ThreadState64
}

// Registers reads the general registers. See [State] for what to mind.
//
// Mach calls: thread_get_state.
func (th *Thread) Registers() (*Registers, error) {
	if onARM {
		r := &Registers{CPU: mach.CPU_TYPE_ARM64}
		return r, readState(th, &r.ARM)
	}
	r := &Registers{CPU: mach.CPU_TYPE_X86_64}
	return r, readState(th, &r.X86)
}

// SetRegisters writes the general registers. See [SetState] for what to mind. It
// fails with [mach.KERN_INVALID_ARGUMENT] for nil.
//
// Mach calls: thread_set_state.
func (th *Thread) SetRegisters(r *Registers) error {
	if r == nil {
		return failed("thread_set_state", mach.KERN_INVALID_ARGUMENT)
	}
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return SetState(th, r.ARM)
	}
	return SetState(th, r.X86)
}

// PC is the program counter, without a signature.
func (r *Registers) PC() uint64 {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return StripPointer(r.ARM.PC)
	}
	return r.X86.Rip
}

// SetPC sets the program counter. In an arm64e process the value has to be
// signed, which only the process itself can do.
func (r *Registers) SetPC(v uint64) { *r.counter() = v }

// SP is the stack pointer.
func (r *Registers) SP() uint64 {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return StripPointer(r.ARM.Sp)
	}
	return r.X86.Rsp
}

// FP is the frame pointer.
func (r *Registers) FP() uint64 {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return StripPointer(r.ARM.Fp)
	}
	return r.X86.Rbp
}

func (r *Registers) counter() *uint64 {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return &r.ARM.PC
	}
	return &r.X86.Rip
}

// Get is a register by its name: "x0" to "x28", "fp", "lr", "sp", "pc", "cpsr"
// and "flags" on ARM (flags tell what is signed); "rax", ..., "r15", "rip",
// "rflags", "cs", "fs", "gs" on Intel. It is false for any other name.
func (r *Registers) Get(name string) (uint64, bool) {
	for n, v := range r.All() {
		if n == name {
			return v, true
		}
	}
	return 0, false
}

// Set changes a register by its name; the thread sees it after
// [Thread.SetRegisters]. It is false for a name that Get does not know, and for a
// value that does not fit into the register.
func (r *Registers) Set(name string, v uint64) bool {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return r.setARM(name, v)
	}
	for _, f := range x86Registers {
		if f.name == name {
			*f.of(&r.X86) = v
			return true
		}
	}
	return false
}

// All walks the registers with their names, in the order of the struct.
func (r *Registers) All() iter.Seq2[string, uint64] {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return r.allARM
	}
	return func(yield func(string, uint64) bool) {
		for _, f := range x86Registers {
			if !yield(f.name, *f.of(&r.X86)) {
				return
			}
		}
	}
}
