package task

import (
	"errors"
	"fmt"
	"iter"

	"github.com/gomach/mach"
)

// Registers are the general registers of a thread of either CPU family, by
// name. The fields hold the whole state, and can be used as they are.
type Registers struct {
	CPU mach.CPUType // CPU_TYPE_ARM64 or CPU_TYPE_X86_64: which field counts
	ARM mach.ARMThreadState64
	X86 mach.X86ThreadState64
	// AddressBits is how many bits an address of the thread's task has, see
	// [Task.AddressBits]; what is above in a pointer of ARM is its signature. 0:
	// it is not known, and signatures stay.
	AddressBits int
}

// Registers reads the general registers. See [State] for what to mind. It fails
// with errors.ErrUnsupported for a thread of a task whose program is of the
// other CPU family, as under Rosetta: what the kernel has there are the registers
// of the translated code.
//
// If the thread's task is not known (see [OwnThread]), neither is the size of its
// addresses.
//
// Mach calls: thread_get_state; those of [Task.CPU] and [Task.AddressBits] once a
// task.
func (th *Thread) Registers() (*Registers, error) {
	if err := th.foreign(); err != nil {
		return nil, err
	}
	r := &Registers{CPU: mach.CPU_TYPE_X86_64}
	var err error
	if onARM {
		r.CPU = mach.CPU_TYPE_ARM64
		err = readState(th, &r.ARM)
	} else {
		err = readState(th, &r.X86)
	}
	if err != nil {
		return nil, err
	}
	if th.task != nil {
		r.AddressBits, _ = th.task.AddressBits() // 0 if the task does not tell
	}
	return r, nil
}

// foreign is an error for a thread whose registers are of another family than
// this program knows. What cannot be found out is for the kernel to refuse.
func (th *Thread) foreign() error {
	if th == nil || th.task == nil {
		return nil
	}
	c, err := th.task.CPU()
	if err != nil || c == ownCPU {
		return nil
	}
	return fmt.Errorf("task: the thread's registers are those of %v, not of %v: %w", c, ownCPU, errors.ErrUnsupported)
}

// SetRegisters writes the general registers. See [SetState] for what to mind. It
// fails with [mach.KERN_INVALID_ARGUMENT] for nil, and like [Thread.Registers]
// for the other CPU family.
//
// Mach calls: thread_set_state; those of [Task.CPU] once a task.
func (th *Thread) SetRegisters(r *Registers) error {
	if r == nil {
		return failed("thread_set_state", mach.KERN_INVALID_ARGUMENT)
	}
	if err := th.foreign(); err != nil {
		return err
	}
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return SetState(th, r.ARM)
	}
	return SetState(th, r.X86)
}

// PC is the program counter, without a signature.
func (r *Registers) PC() uint64 {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return r.pointer(r.ARM.PC)
	}
	return r.X86.Rip
}

// SetPC sets the program counter. In an arm64e process the value has to be
// signed, which only the process itself can do.
func (r *Registers) SetPC(v uint64) { *r.counter() = v }

// SP is the stack pointer.
func (r *Registers) SP() uint64 {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return r.pointer(r.ARM.Sp)
	}
	return r.X86.Rsp
}

// FP is the frame pointer.
func (r *Registers) FP() uint64 {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return r.pointer(r.ARM.Fp)
	}
	return r.X86.Rbp
}

// StripPointer takes the signature off a pointer of an arm64e process, such as a
// return address, by AddressBits. It does not check it; only the process itself
// can. A pointer without a signature stays as it is, and so do those of Intel,
// where there are none.
func (r *Registers) StripPointer(p uint64) uint64 {
	if r == nil || r.CPU != mach.CPU_TYPE_ARM64 {
		return p
	}
	return mach.StripPointer(p, r.AddressBits)
}

// pointer is a register as an address: the flags tell if it has no signature.
func (r *Registers) pointer(p uint64) uint64 {
	if r.ARM.Pad&mach.DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH != 0 {
		return p
	}
	return r.StripPointer(p)
}

func (r *Registers) counter() *uint64 {
	if r.CPU == mach.CPU_TYPE_ARM64 {
		return &r.ARM.PC
	}
	return &r.X86.Rip
}

// Arg is argument i of a function at its first instruction, from 0 on: as it was
// handed over in a general register, by the Darwin ABI of the CPU (Go's own
// functions have another, floating-point numbers other registers, and what
// follows "..." in C lies on the stack of ARM). It is false for an argument that
// is on the stack: from 8 on ARM, from 6 on Intel.
func (r *Registers) Arg(i int) (uint64, bool) {
	if i < 0 {
		return 0, false
	}
	if r.CPU == mach.CPU_TYPE_ARM64 {
		const inRegisters = 8 // x0 to x7
		if i >= inRegisters {
			return 0, false
		}
		return r.ARM.X[i], true
	}
	s := &r.X86
	list := [...]uint64{s.Rdi, s.Rsi, s.Rdx, s.Rcx, s.R8, s.R9}
	if i >= len(list) {
		return 0, false
	}
	return list[i], true
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
