package conformance_test

import "github.com/gomach/mach"

const nativeFlavor = mach.X86_THREAD_STATE64

type nativeState = mach.X86ThreadState64

// settable clears the flags that a user may not set (xnu osfmk/i386/eflags.h,
// EFL_USER_CLEAR: IOPL, NT and RF).
func settable(s nativeState) nativeState {
	s.Rflags &^= 0x17000
	return s
}

func pcAndSP(s *nativeState) (pc, sp uint64) { return s.Rip, s.Rsp }
