package cpu

// AMD64 is the 64-bit Intel family.
var AMD64 = &Arch{
	Name: "amd64", CPUType: 0x01000007,
	ucArch: ucArchX86, ucMode: ucMode64, ucModel: ucModelHsw,
	PageSize: 4096,
	// rax rbx rcx rdx rdi rsi rbp rsp r8-r15 rip rflags
	Registers: append(append([]int32{35, 37, 38, 40, 39, 43, 36, 44}, span(106, 8)...), 41, 253),
	Names: []string{"rax", "rbx", "rcx", "rdx", "rdi", "rsi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		"rip", "rflags"},
	PC: 16, SP: 7, FP: 6, LR: -1, Flags: 17, Result: 0, Result2: 3,
	IntArgs: []int{4, 5, 3, 2, 8, 9},
	Vector0: 122, Vectors: 16, // xmm0..xmm15
	Stub:   []byte{0xc3}, // ret
	Trap:   []byte{0xcc}, // int3
	Thread: 251,          // gs base
	Classify: func(intno uint32) Stop {
		switch intno {
		case 0: // divide error
			return StopArithmetic
		case 3:
			return StopBreakpoint
		case 6:
			return StopUndefined
		}
		return StopOther
	},
}
