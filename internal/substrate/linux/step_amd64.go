//go:build linux

package linux

// isStepTrap tells the end of a step from other causes of SIGTRAP: si_code is
// TRAP_TRACE after an instruction and TRAP_BRKPT after a system call; int3
// gives SI_KERNEL, a debug register TRAP_HWBKPT.
func isStepTrap(code int) bool { return code == 1 || code == 2 }
