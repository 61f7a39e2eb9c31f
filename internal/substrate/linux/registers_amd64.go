//go:build linux

package linux

import "golang.org/x/sys/unix"

// FloatRegisters is user_fpregs_struct, the FXSAVE layout.
type FloatRegisters struct {
	CWD, SWD, FTW, FOP uint16
	RIP, RDP           uint64
	MXCSR, MXCSRMask   uint32
	ST                 [8][16]byte // ST0-7 or MM0-7, 10 bytes used
	XMM                [16][16]byte
	_                  [96]byte
}

// DebugRegisters are DR0 to DR7; 4 and 5 are not there.
type DebugRegisters [8]uint64

// debugOffset is the place of u_debugreg in struct user (sys/user.h).
const debugOffset = 848

// Debug reads the debug registers.
func (s *Stopped) Debug(r *DebugRegisters) error {
	for i := range r {
		if i == 4 || i == 5 {
			continue
		}
		if err := ptraceInto(unix.PTRACE_PEEKUSR, s.x.tid, debugOffset+8*uintptr(i), &r[i]); err != nil {
			return err
		}
	}
	return nil
}

// SetDebug writes the debug registers. The kernel refuses addresses of its
// own. The switches in DR7 are turned off first, since an address cannot
// change to one that does not fit a breakpoint that is on.
func (s *Stopped) SetDebug(r *DebugRegisters) error {
	poke := func(i int, v uint64) error {
		return ptrace(unix.PTRACE_POKEUSR, s.x.tid, debugOffset+8*uintptr(i), uintptr(v))
	}
	if err := poke(7, 0); err != nil {
		return err
	}
	for _, i := range []int{0, 1, 2, 3, 6, 7} {
		if err := poke(i, r[i]); err != nil {
			return err
		}
	}
	return nil
}

// watchWord has the first register watch writes to the eight bytes at addr.
func watchWord(addr uint64) *DebugRegisters {
	const local, onWrite, eight = 1, 1 << 16, 2 << 18 // L0, R/W0, LEN0
	return &DebugRegisters{0: addr, 7: local | onWrite | eight}
}
