package cpu

// ARM64 is Apple's arm64 as far as Unicorn has it.
var ARM64 = &Arch{
	Name: "arm64", CPUType: 0x0100000c,
	ucArch: ucArchARM64, ucMode: ucModeARM, ucModel: ucModelMax,
	PageSize: 16384,
	// x0-x28, x29 (fp), x30 (lr), sp, pc, nzcv
	Registers: append(span(199, 29), 1, 2, 4, 260, 3),
	Names: []string{"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
		"x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "fp", "lr", "sp", "pc", "nzcv"},
	PC: 32, SP: 31, FP: 29, LR: 30, Flags: 33, Result: 0, Result2: 1,
	IntArgs: []int{0, 1, 2, 3, 4, 5, 6, 7},
	Vector0: 104, Vectors: 32, // q0..q31
	Stub:   []byte{0xc0, 0x03, 0x5f, 0xd6},  // ret
	Trap:   []byte{0x00, 0x00, 0x20, 0xd4},  // brk #0
	Thread: 263,                             // tpidrro_el0
	Setup:  []RegisterValue{{261, 3 << 20}}, // cpacr_el1: floating point allowed
	Classify: func(intno uint32) Stop {
		switch intno {
		case 1: // EXCP_UDEF
			return StopUndefined
		case 2: // EXCP_SWI
			return StopSyscall
		case 7: // EXCP_BKPT
			return StopBreakpoint
		}
		return StopOther
	},
}
