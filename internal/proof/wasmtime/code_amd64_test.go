//go:build linux || darwin

package wasmtime

// The compiled code: functions of the C ABI with two arguments, 32 bytes each.
var text = concat(
	[]byte{0x48, 0x8d, 0x04, 0x37, 0xc3},                                     // add: lea rax, [rdi+rsi]; ret
	[]byte{0x48, 0x8b, 0x07, 0xc3},                                           // load: mov rax, [rdi]; ret
	[]byte{0x48, 0x89, 0x37, 0xc3},                                           // store: mov [rdi], rsi; ret
	[]byte{0x0f, 0x0b},                                                       // unreachable: ud2
	[]byte{0x48, 0x89, 0xf8, 0x31, 0xd2, 0x48, 0xf7, 0xf6, 0xc3},             // divide: mov rax, rdi; xor edx, edx; div rsi; ret
	[]byte{0x55, 0x48, 0x89, 0xe5, 0xe8, 0x77, 0xff, 0xff, 0xff, 0x5d, 0xc3}, // nested: push rbp; mov rbp, rsp; call load; pop rbp; ret
	[]byte{0x55, 0x48, 0x89, 0xe5, 0xe8, 0xf7, 0xff, 0xff, 0xff, 0x5d, 0xc3}, // recurse: push rbp; mov rbp, rsp; call recurse; pop rbp; ret
	[]byte{0x48, 0x8b, 0x07, 0xc3},                                           // untold: mov rax, [rdi]; ret
	[]byte{0xcc, 0x48, 0x89, 0xf8, 0xc3},                                     // breakpoint: int3; mov rax, rdi; ret
	[]byte{0x55, 0x48, 0x89, 0xe5, 0x48, 0x8b, 0x07, 0x5d, 0xc3},             // framed: push rbp; mov rbp, rsp; mov rax, [rdi]; pop rbp; ret
	[]byte{0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x48, 0x8b, 0x00, 0xc3},    // noncanonical: mov rax, 1<<63; mov rax, [rax]; ret
)

// traps are the instructions that may trap.
var traps = map[uint64]TrapCode{
	load: MemoryOutOfBounds, store: MemoryOutOfBounds, unreachable: UnreachableCodeReached, divide + 5: IntegerDivisionByZero,
	recurse: StackOverflow, recurse + 4: StackOverflow, framed + 4: MemoryOutOfBounds, noncanonical + 10: MemoryOutOfBounds,
}

const (
	divideTraps       = divide + 5
	framedTraps       = framed + 4
	noncanonicalTraps = noncanonical + 10
	nestedReturns     = nested + 9
	loadSize          = 3 // of the instruction in load and untold
	breakpointSize    = 0 // by how much the thread stands before what follows the breakpoint
)
