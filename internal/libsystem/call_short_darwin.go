//go:build !mach_profile

package libsystem

import (
	_ "syscall" // the linker wants it beside a linkname to the runtime's calls
	"unsafe"
)

// The functions below that enter a system call are nosplit, as the stack must
// not grow until exitsyscall, and norace, as the race detector's calls need
// the P that entersyscall gave away. (nosplit keeps pointer checks out too.)

// CallKern is Call for functions whose result has 32 bits, as kern_return_t
// has: that much asmcgocall hands back itself, so that the stub can jump.
//
//go:nosplit
func CallKern(stub Stub, frame unsafe.Pointer) uint64 {
	return uint64(uint32(asmcgocall(unsafe.Pointer(stub), frame)))
}

// CallKernBlocking is CallBlocking for such functions.
//
//go:nosplit
//go:norace
func CallKernBlocking(stub Stub, frame unsafe.Pointer) uint64 {
	entersyscall()
	r := asmcgocall(unsafe.Pointer(stub), frame)
	exitsyscall()
	return uint64(uint32(r))
}

// CallLate is CallKern for a function that was found at run time.
//
//go:nosplit
func CallLate(sym Symbol, frame unsafe.Pointer) uint64 {
	(*Head)(frame).fn = uintptr(sym)
	return CallKern(stubLateAddr, frame)
}

// CallLateBlocking is CallKernBlocking for a function that was found at run
// time.
//
//go:nosplit
func CallLateBlocking(sym Symbol, frame unsafe.Pointer) uint64 {
	(*Head)(frame).fn = uintptr(sym)
	return CallKernBlocking(stubLateAddr, frame)
}

// Call makes a call that never waits. The scheduler is not told: the thread
// keeps its P, which costs least but would stop other goroutines and the
// collector if the call did wait.
//
// frame points to a Head; nothing keeps a reference to it or to what it
// points to after the call.
//
//go:nosplit
func Call(sym Symbol, frame unsafe.Pointer) uint64 {
	h := (*Head)(frame)
	h.fn = uintptr(sym)
	asmcgocall(*(*unsafe.Pointer)(unsafe.Pointer(&stubAddr)), frame)
	return h.ret
}

// CallBlocking makes a call that may wait: the scheduler can give the P away.
//
//go:nosplit
//go:norace
func CallBlocking(sym Symbol, frame unsafe.Pointer) uint64 {
	h := (*Head)(frame)
	h.fn = uintptr(sym)
	entersyscall()
	asmcgocall(*(*unsafe.Pointer)(unsafe.Pointer(&stubAddr)), frame)
	exitsyscall()
	return h.ret
}

// CallWide is CallKern for frames with stack arguments: all such functions
// return a kern_return_t.
//
//go:nosplit
func CallWide(sym Symbol, frame unsafe.Pointer) uint64 {
	(*Head)(frame).fn = uintptr(sym)
	return uint64(uint32(asmcgocall(*(*unsafe.Pointer)(unsafe.Pointer(&stubWideAddr)), frame)))
}

// CallWideBlocking is CallKernBlocking for frames with stack arguments.
//
//go:nosplit
//go:norace
func CallWideBlocking(sym Symbol, frame unsafe.Pointer) uint64 {
	(*Head)(frame).fn = uintptr(sym)
	entersyscall()
	r := asmcgocall(*(*unsafe.Pointer)(unsafe.Pointer(&stubWideAddr)), frame)
	exitsyscall()
	return uint64(uint32(r))
}

//go:noescape
//go:linkname asmcgocall runtime.asmcgocall
func asmcgocall(fn, arg unsafe.Pointer) int32

//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()
