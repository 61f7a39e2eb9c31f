package cpu

// Unicorn's numbers, from its public headers (arm64.h, x86.h, unicorn.h).
const (
	ucArchARM64 = 2
	ucArchX86   = 4
	ucModeARM   = 0
	ucMode64    = 8
	ucModelMax  = 3  // UC_CPU_ARM64_MAX: large-system atomics, AES, SHA
	ucModelHsw  = 19 // UC_CPU_X86_HASWELL
)

func span(first int32, n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = first + int32(i)
	}
	return s
}

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
	StepBack: func(intno uint32) uint64 { return 0 },
}

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
	StepBack: func(intno uint32) uint64 { return 0 },
}
