package conformance_test

import "github.com/gomach/mach"

const nativeFlavor = mach.X86_THREAD_STATE64

// The one flavor that a task as a whole has (xnu osfmk/i386/pcb.c, machine_task_get_state).
const (
	debugFlavor = mach.X86_DEBUG_STATE64
	debugCount  = mach.X86_DEBUG_STATE64_COUNT
)

type nativeState = mach.X86ThreadState64

// settable clears the flags that a user may not set (xnu osfmk/i386/eflags.h,
// EFL_USER_CLEAR: IOPL, NT and RF).
func settable(s nativeState) nativeState {
	s.Rflags &^= 0x17000
	return s
}

func pcAndSP(s *nativeState) (pc, sp uint64) { return s.Rip, s.Rsp }

// wx is what maps of writable and executable memory answer: no signatures are
// enforced on Intel's processors (xnu osfmk/vm/vm_map.c vm_map_enter).
func wx() mach.KernReturn { return mach.KERN_SUCCESS }

// withAllFlags sets all flags but those that would stop or trace the thread.
func withAllFlags(s nativeState) nativeState {
	s.Rflags = 0xffffffff &^ 0x100 // TF
	return s
}

// flagsOf tells which of the user's flags are set that were not, and which that
// are not for users: IOPL, NT, RF (xnu osfmk/i386/eflags.h, EFL_USER_CLEAR).
func flagsOf(s, old nativeState) (user, privileged uint64) {
	return s.Rflags & 0x8d5 &^ old.Rflags, s.Rflags & 0x17000
}
