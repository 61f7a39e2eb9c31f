package cpu

// isStore says whether an arm64 instruction writes memory and does not read it first
// (Arm Architecture Reference Manual for A-profile, C4.1, "Loads and Stores").
func isStore(instruction uint32) bool {
	const load = 1 << 22
	is := func(mask, value uint32) bool { return instruction&mask == value }
	switch {
	case is(0xffffffe0, 0xd50b7420): // DC ZVA
		return true
	case is(0xbe000000, 0x0c000000), // vector structures
		is(0x3a000000, 0x28000000): // pairs
		return instruction&load == 0
	case is(0x3fa00000, 0x08a00000): // compare and swap
		return false
	case is(0x3f000000, 0x08000000): // exclusive, ordered
		return instruction&load == 0
	case is(0x3b200c00, 0x38200000): // atomic operations
		return false
	case is(0x3e000000, 0x3c000000): // one vector register
		return instruction&load == 0
	case is(0x3e000000, 0x38000000): // one register: 0 is a store, others load or prefetch
		return instruction&(3<<22) == 0
	}
	return false
}
