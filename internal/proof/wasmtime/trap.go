package wasmtime

import "fmt"

// TrapCode is a cause that the compiler has noted for an instruction, with
// wasmtime's numbers (crates/environ/src/trap_encoding.rs, CompiledTrap::as_u8).
type TrapCode uint8

// The causes of core WebAssembly.
const (
	StackOverflow TrapCode = iota
	MemoryOutOfBounds
	HeapMisaligned
	TableOutOfBounds
	IndirectCallToNull
	BadSignature
	IntegerOverflow
	IntegerDivisionByZero
	BadConversionToInteger
	UnreachableCodeReached

	GCHeapCorrupt  TrapCode = 0xfe
	InternalAssert TrapCode = 0xff
)

func (c TrapCode) String() string {
	switch c {
	case StackOverflow:
		return "call stack exhausted"
	case MemoryOutOfBounds:
		return "out of bounds memory access"
	case HeapMisaligned:
		return "unaligned atomic"
	case TableOutOfBounds:
		return "out of bounds table access"
	case IndirectCallToNull:
		return "uninitialized element"
	case BadSignature:
		return "indirect call type mismatch"
	case IntegerOverflow:
		return "integer overflow"
	case IntegerDivisionByZero:
		return "integer divide by zero"
	case BadConversionToInteger:
		return "invalid conversion to integer"
	case UnreachableCodeReached:
		return "unreachable instruction executed"
	case GCHeapCorrupt:
		return "corrupt heap"
	case InternalAssert:
		return "internal assertion failed"
	}
	return fmt.Sprintf("trap %d", uint8(c))
}

// Trap is the error of compiled code that trapped.
type Trap struct {
	Code TrapCode
	// PC is the instruction that trapped, FP the frame pointer there: what a
	// walk of the stack begins with.
	PC, FP uint64
	// Fault is the address that could not be accessed, if Faulted.
	Fault   uint64
	Faulted bool
}

func (t *Trap) Error() string {
	if t.Faulted {
		return fmt.Sprintf("wasm trap: %v at %#x (address %#x)", t.Code, t.PC, t.Fault)
	}
	return fmt.Sprintf("wasm trap: %v at %#x", t.Code, t.PC)
}
