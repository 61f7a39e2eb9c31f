package libsystem

import "unsafe"

// The generic stubs in call_darwin_*.s, as addresses that asmcgocall can take.
var (
	stubAddr     uintptr // arguments in registers only
	stubWideAddr uintptr // registers and stackArea bytes of stack
	stubLateAddr Stub    // registers only; the result stays in its register
)

// Stub is the address of a function's own stub, which loads the arguments from
// the frame and jumps to the function.
type Stub unsafe.Pointer

// Ptr puts a pointer into a frame. It does not escape: the frame and what it
// points to may live on the goroutine's stack, which does not move during the
// call.
func Ptr[T any](p *T) *T { return p }

// Pointer is Ptr for untyped memory.
func Pointer(p unsafe.Pointer) unsafe.Pointer { return p }

// Value is the result of a function that does not return a kern_return_t.
func Value(r uint64) uint64 { return r }

// ValuePointer is the result of a function that returns a pointer to memory
// outside Go.
func ValuePointer(r uint64) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&r)) }
