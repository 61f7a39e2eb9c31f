package conformance_test

import "github.com/gomach/mach"

const nativeFlavor = mach.ARM_THREAD_STATE64

type nativeState = mach.ARMThreadState64

func pcAndSP(s *nativeState) (pc, sp uint64) { return s.PC, s.Sp }
