package conformance_test

import "github.com/gomach/mach"

const nativeFlavor = mach.ARM_THREAD_STATE64

type nativeState = mach.ARMThreadState64

// settable clears what a user may not set: all but the condition flags
// (xnu osfmk/arm64/status.c, thread_state64_to_saved_state).
func settable(s nativeState) nativeState {
	s.Cpsr &= 0xf0000000
	return s
}

func pcAndSP(s *nativeState) (pc, sp uint64) { return s.PC, s.Sp }
