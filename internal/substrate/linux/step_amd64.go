//go:build linux

package linux

import "golang.org/x/sys/unix"

// isStepTrap tells the end of a step from other causes of SIGTRAP: si_code is
// TRAP_TRACE after an instruction, TRAP_BRKPT after a system call, and SIGTRAP
// at the first instruction of a signal's handler (the kernel's ptrace_notify);
// int3 gives SI_KERNEL, a debug register TRAP_HWBKPT.
func isStepTrap(i *SigInfo) bool {
	switch i.Code() {
	case 1, 2, int(unix.SIGTRAP):
		return i.Signo() == int(unix.SIGTRAP)
	}
	return false
}

// startsAgain tells whether a thread that was interrupted is to start its system
// call again.
func (t *Tracer) startsAgain(x *tracee) bool {
	var r Registers
	n, err := ptraceSet(unix.PTRACE_GETREGSET, x.tid, NoteGeneral, bytesOf(&r))
	return err == nil && n == len(bytesOf(&r)) && int64(r.Orig_rax) >= 0 && Restarts(int64(r.Rax))
}
