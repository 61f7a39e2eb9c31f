//go:build linux

package linux

import "golang.org/x/sys/unix"

// skipFault moves the program counter behind the faulting instruction.
func skipFault(r *Registers, signal unix.Signal) { r.Pc += 4 }

// leavePause puts the parked thread behind its system call.
func leavePause(r *Registers) { r.Pc += 4 }
