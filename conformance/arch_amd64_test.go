package conformance_test

import "github.com/gomach/mach"

const nativeFlavor = mach.X86_THREAD_STATE64

type nativeState = mach.X86ThreadState64

func pcAndSP(s *nativeState) (pc, sp uint64) { return s.Rip, s.Rsp }
