package conformance_test

import "github.com/gomach/mach"

const nativeFlavor = mach.ARM_THREAD_STATE64

// The one flavor that a task as a whole has (xnu osfmk/arm64/pcb.c, machine_task_get_state).
const (
	debugFlavor = mach.ARM_DEBUG_STATE64
	debugCount  = mach.ARM_DEBUG_STATE64_COUNT
)

type nativeState = mach.ARMThreadState64

// settable clears what a user may not set: all but the condition flags
// (xnu osfmk/arm64/status.c, thread_state64_to_saved_state).
func settable(s nativeState) nativeState {
	s.Cpsr &= 0xf0000000
	return s
}

func pcAndSP(s *nativeState) (pc, sp uint64) { return s.PC, s.Sp }

// wx is what maps of writable and executable memory answer (xnu
// osfmk/vm/vm_map.c vm_map_enter, VM_MAP_POLICY_WX_FAIL).
func wx() mach.KernReturn { return mach.KERN_PROTECTION_FAILURE }

func withAllFlags(s nativeState) nativeState {
	s.Cpsr = 0xffffffff
	return s
}

// flagsOf tells which of the user's flags are set that were not, and which that
// are not for users: all but N, Z, C and V and those that the thread had
// (xnu osfmk/arm64/status.c, CPSR_COPY_MASK).
func flagsOf(s, old nativeState) (user, privileged uint32) {
	return s.Cpsr & 0xf0000000 &^ old.Cpsr, s.Cpsr &^ 0xf0000000 &^ old.Cpsr
}
