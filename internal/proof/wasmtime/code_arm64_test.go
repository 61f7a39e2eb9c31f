//go:build linux || darwin

package wasmtime

import "encoding/binary"

func words(w ...uint32) (b []byte) {
	for _, x := range w {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

const (
	ret  = 0xd65f03c0
	udf  = 0x0000c11f
	push = 0xa9bf7bfd // stp x29, x30, [sp, #-16]!
	pop  = 0xa8c17bfd // ldp x29, x30, [sp], #16
	set  = 0x910003fd // mov x29, sp
	ldr  = 0xf9400000 // ldr x0, [x0]
	call = 0x94000000 // bl
	back = 1 << 26
)

// The compiled code: functions of the C ABI with two arguments, 32 bytes each.
// The processor divides by zero without an objection: compilers check.
var text = concat(
	words(0x8b010000, ret),                     // add: add x0, x0, x1
	words(ldr, ret),                            // load
	words(0xf9000001, ret),                     // store: str x1, [x0]
	words(udf),                                 // unreachable
	words(0xb4000061, 0x9ac10800, ret, udf),    // divide: cbz x1, trap; udiv x0, x0, x1; ret; trap: udf
	words(push, set, call|(back-34), pop, ret), // nested: calls load
	words(push, set, call|(back-2), pop, ret),  // recurse: calls itself
	words(ldr, ret),                            // untold
	words(0xd4200020, ret),                     // breakpoint: brk #1
	words(push, set, ldr, pop, ret),            // framed
	words(0xd2f00000, ldr, ret),                // noncanonical: mov x0, 1<<63
)

// traps are the instructions that may trap.
var traps = map[uint64]TrapCode{
	load: MemoryOutOfBounds, store: MemoryOutOfBounds, unreachable: UnreachableCodeReached, divide + 12: IntegerDivisionByZero,
	recurse: StackOverflow, framed + 8: MemoryOutOfBounds, noncanonical + 4: MemoryOutOfBounds,
}

const (
	divideTraps       = divide + 12
	framedTraps       = framed + 8
	noncanonicalTraps = noncanonical + 4
	nestedReturns     = nested + 12
	loadSize          = 4 // of the instruction in load and untold
	breakpointSize    = 4 // by how much the thread stands before what follows the breakpoint
)
