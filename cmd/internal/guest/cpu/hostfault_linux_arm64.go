package cpu

// roomForState is 0: the system keeps all registers.
func roomForState() (uintptr, error) { return 0, nil }

// hostWrote says whether a fault was that of a store, for the address of the instruction.
func hostWrote(code uint64) bool { return isStore(*(*uint32)(pointer(uintptr(code)))) }
