//go:build linux

package linux

// isStepTrap tells the end of a step from other causes of SIGTRAP: si_code is
// TRAP_TRACE after an instruction and SI_USER, with no sender, after a system
// call; brk gives TRAP_BRKPT, a debug register TRAP_HWBKPT.
func isStepTrap(code int) bool { return code == 0 || code == 2 }
