//go:build linux

package linux

import "golang.org/x/sys/unix"

// skipFault moves the program counter behind ud2. int3 has done it already.
func skipFault(r *Registers, signal unix.Signal) {
	if signal == unix.SIGILL {
		r.Rip += 2
	}
}
