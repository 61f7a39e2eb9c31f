//go:build linux

package linux

import "golang.org/x/sys/unix"

// skipFault moves the program counter behind ud2. int3 has done it already.
func skipFault(r *Registers, signal unix.Signal) {
	if signal == unix.SIGILL {
		r.Rip += 2
	}
}

// leavePause puts the parked thread behind its system call: without a call
// number the kernel does not restart what it interrupted.
func leavePause(r *Registers) { r.Orig_rax = ^uint64(0) }
