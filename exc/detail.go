package exc

import "github.com/gomach/mach"

// Detail is what an exception's codes say, as one of the types of this file.
type Detail interface{ detail() }

// BadAccess: EXC_BAD_ACCESS, memory that is not mapped or not for this use.
type BadAccess struct {
	// Code is a kern_return_t, such as KERN_INVALID_ADDRESS or
	// KERN_PROTECTION_FAILURE, or one of the processor's: EXC_I386_GPFLT,
	// EXC_ARM_DA_ALIGN, EXC_ARM_PAC_FAIL... The numbers are other ones; Kern
	// tells them apart, and CodeName names both.
	Code    int64
	Address uint64
}

// BadInstruction: EXC_BAD_INSTRUCTION. Code is EXC_I386_INVOP or
// EXC_ARM_UNDEFINED.
type BadInstruction struct{ Code, Subcode int64 }

// Arithmetic: EXC_ARITHMETIC. Code is EXC_I386_DIV, EXC_ARM_FP_DZ...
type Arithmetic struct{ Code, Subcode int64 }

// Trap: EXC_BREAKPOINT, a breakpoint, a watchpoint or a step. Code is
// EXC_I386_BPT or EXC_I386_SGL, EXC_ARM_BREAKPOINT or EXC_ARM_DA_DEBUG.
type Trap struct {
	Code    int64
	Address uint64 // where the processor says so
}

// Software: EXC_SOFTWARE. Code is EXC_SOFT_SIGNAL, EXC_UNIX_BAD_SYSCALL,
// EXC_I386_BOUND or one of EXC_MACF_MIN to EXC_MACF_MAX. Signal is the signal
// that a traced process is about to get (EXC_SOFT_SIGNAL), or 0.
type Software struct {
	Code, Subcode int64
	Signal        Signal
}

// Emulation: EXC_EMULATION, which nothing raises today.
type Emulation struct{ Code, Subcode int64 }

// Syscall: EXC_SYSCALL, a system call of a number that the kernel does not have.
type Syscall struct{ Number, Subcode int64 }

// MachSyscall: EXC_MACH_SYSCALL.
type MachSyscall struct{ Number, Subcode int64 }

// RPCAlert: EXC_RPC_ALERT.
type RPCAlert struct{ Code, Subcode int64 }

// Crash: EXC_CRASH, the process is about to end by a signal. Its threads run no
// more: a process cannot handle this exception for itself, and the handler's
// answer cannot save it.
type Crash struct {
	Signal  Signal
	Type    mach.ExceptionType // what led to it, 0 if it was no exception
	Code    int64              // the lower 20 bits of that exception's code
	Subcode int64              // that exception's second word
}

// CorpseNotify: EXC_CORPSE_NOTIFY, a crashed process was kept for inspection.
type CorpseNotify struct {
	Original mach.ExceptionType
	Subcode  int64 // why the process ended, packed; see Reason
}

// Other is a type of exception that this package does not know.
type Other struct{ Codes []int64 }

func (BadAccess) detail()      {}
func (BadInstruction) detail() {}
func (Arithmetic) detail()     {}
func (Trap) detail()           {}
func (Software) detail()       {}
func (Emulation) detail()      {}
func (Syscall) detail()        {}
func (MachSyscall) detail()    {}
func (RPCAlert) detail()       {}
func (Crash) detail()          {}
func (Resource) detail()       {}
func (Guard) detail()          {}
func (CorpseNotify) detail()   {}
func (Other) detail()          {}

// Detail takes the codes apart. Codes that came with 32 bits have lost their
// upper halves: addresses may be cut, and resources and guards are unknown.
func (e *Exception) Detail() Detail {
	if e == nil {
		return Other{}
	}
	c, s := e.code(0), e.code(1)
	switch e.Type {
	case mach.EXC_BAD_ACCESS:
		return BadAccess{c, uint64(s)}
	case mach.EXC_BAD_INSTRUCTION:
		return BadInstruction{c, s}
	case mach.EXC_ARITHMETIC:
		return Arithmetic{c, s}
	case mach.EXC_EMULATION:
		return Emulation{c, s}
	case mach.EXC_SOFTWARE:
		x := Software{Code: c, Subcode: s}
		if c == mach.EXC_SOFT_SIGNAL {
			x.Signal = Signal(s)
		}
		return x
	case mach.EXC_BREAKPOINT:
		return Trap{c, uint64(s)}
	case mach.EXC_SYSCALL:
		return Syscall{c, s}
	case mach.EXC_MACH_SYSCALL:
		return MachSyscall{c, s}
	case mach.EXC_RPC_ALERT:
		return RPCAlert{c, s}
	case mach.EXC_CRASH:
		// xnu bsd/kern/kern_exit.c, proc_prepareexit.
		return Crash{Signal(c >> 24 & 0xff), mach.ExceptionType(c >> 20 & 0xf), c & 0xfffff, s}
	case mach.EXC_RESOURCE:
		return resource(c, s)
	case mach.EXC_GUARD:
		return Guard{
			Guarded: GuardType(mach.ExcGuardDecodeGuardType(c)),
			Flavor:  int(mach.ExcGuardDecodeGuardFlavor(c)),
			Target:  mach.ExcGuardDecodeGuardTarget(c),
			Subcode: uint64(s),
		}
	case mach.EXC_CORPSE_NOTIFY:
		return CorpseNotify{mach.ExceptionType(c), s}
	}
	return Other{e.Codes}
}
