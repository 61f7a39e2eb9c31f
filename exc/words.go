package exc

import (
	"fmt"

	"github.com/gomach/mach"
)

// The String methods of the details name codes as the headers do for the
// processor that the program is built for; see CodeName for another.

// Kern is the code as the kern_return_t that it is, and false if it is a code
// of the processor.
func (x BadAccess) Kern() (mach.KernReturn, bool) {
	for _, v := range kernCodes {
		if int64(v) == x.Code {
			return v, true
		}
	}
	return 0, false
}

// String says what happened: the address, and the meaning of the code.
func (x BadAccess) String() string {
	if v, is := x.Kern(); is {
		return fmt.Sprintf("bad access to %#x: %v", x.Address, v)
	}
	s := ownName(mach.EXC_BAD_ACCESS, x.Code)
	if x.Address == 0 {
		// The processor does not say where (xnu osfmk/i386/trap.c,
		// T_GENERAL_PROTECTION).
		return "bad access: " + s
	}
	return fmt.Sprintf("bad access to %#x: %s", x.Address, s)
}

// String is the name of the code with the subcode.
func (x BadInstruction) String() string {
	return coded("bad instruction", mach.EXC_BAD_INSTRUCTION, x.Code, x.Subcode)
}

// String is the name of the code with the subcode.
func (x Arithmetic) String() string {
	return coded("arithmetic", mach.EXC_ARITHMETIC, x.Code, x.Subcode)
}

// String is the name of the code with the address.
func (x Trap) String() string {
	return coded("trap", mach.EXC_BREAKPOINT, x.Code, int64(x.Address))
}

// String is the signal, or the name of the code with the subcode.
func (x Software) String() string {
	if x.Code == mach.EXC_SOFT_SIGNAL {
		return "software: EXC_SOFT_SIGNAL " + x.Signal.String()
	}
	return coded("software", mach.EXC_SOFTWARE, x.Code, x.Subcode)
}

// String is the numbers.
func (x Emulation) String() string {
	return coded("emulation", mach.EXC_EMULATION, x.Code, x.Subcode)
}

// String is the number of the call.
func (x Syscall) String() string { return fmt.Sprintf("system call %d", x.Number) }

// String is the number of the call.
func (x MachSyscall) String() string { return fmt.Sprintf("Mach system call %d", x.Number) }

// String is the numbers.
func (x RPCAlert) String() string {
	return fmt.Sprintf("RPC alert: %#x, subcode %#x", uint64(x.Code), uint64(x.Subcode))
}

// String says which signal ended the process, and which exception led to it.
func (x Crash) String() string {
	s := "crash by " + x.Signal.String()
	if x.Type == 0 {
		return s
	}
	code := hex(x.Code)
	switch x.Type {
	case mach.EXC_CRASH, mach.EXC_RESOURCE, mach.EXC_GUARD, mach.EXC_CORPSE_NOTIFY:
		// What packs several things lost most of them.
	default:
		code = ownName(x.Type, x.Code)
	}
	return fmt.Sprintf("%s after %v (%s, %#x)", s, x.Type, code, uint64(x.Subcode))
}

// Reason is why the process ended. It is zero if the kernel has no reason.
func (x CorpseNotify) Reason() ExitReason {
	// xnu bsd/kern/kern_exit.c, proc_encode_exit_exception_code.
	return ExitReason{ExitNamespace(uint32(x.Subcode >> 32)), uint64(uint32(x.Subcode))}
}

// String says which exception the corpse comes from, and the reason.
func (x CorpseNotify) String() string {
	s := "corpse after " + x.Original.String()
	if r := x.Reason(); r != (ExitReason{}) {
		s += ": " + r.String()
	}
	return s
}

// String is the codes.
func (x Other) String() string { return fmt.Sprintf("codes %#x", x.Codes) }

func coded(what string, t mach.ExceptionType, code, subcode int64) string {
	s := what + ": " + ownName(t, code)
	if subcode != 0 {
		s += fmt.Sprintf(", subcode %#x", uint64(subcode))
	}
	return s
}
