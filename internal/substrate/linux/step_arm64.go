//go:build linux

package linux

import "golang.org/x/sys/unix"

// isStepTrap tells the end of a step from other causes of SIGTRAP: si_code is
// TRAP_TRACE after an instruction, SI_USER, with no sender, after a system call,
// and SIGTRAP at the first instruction of a signal's handler (the kernel's
// ptrace_notify); brk gives TRAP_BRKPT, a debug register TRAP_HWBKPT.
func isStepTrap(i *SigInfo) bool {
	if i.Signo() != int(unix.SIGTRAP) {
		return false
	}
	switch i.Code() {
	case 0:
		return i.Sender() == 0
	case 2, int(unix.SIGTRAP):
		return true
	}
	return false
}

// startsAgain tells whether a thread that was interrupted is to start its system
// call again. Before the stop the kernel has put it back to the call.
func (t *Tracer) startsAgain(x *tracee) bool {
	var r Registers
	n, err := ptraceSet(unix.PTRACE_GETREGSET, x.tid, NoteGeneral, bytesOf(&r))
	return err == nil && n == len(bytesOf(&r)) && t.p.hasCall(r.Pc)
}
