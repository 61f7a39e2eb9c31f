//go:build mach_profile

package libsystem

import (
	_ "syscall" // the linker wants it beside a linkname to its calls
	"unsafe"
)

// With the build tag mach_profile calls go by way of package syscall, as those
// of golang.org/x/sys do. That takes some three times as long, but notes for
// the profiler where in Go the thread has left for C; nobody but the runtime's
// own libcCall can. The functions are what those in call_short_darwin.go are:
// nosplit, so that the frame, which package syscall has as a number, does not
// move.

// CallKern is Call for functions whose result has 32 bits, as kern_return_t
// has.
//
//go:nosplit
func CallKern(stub Stub, frame unsafe.Pointer) uint64 {
	r, _, _ := rawSyscall(uintptr(stub), uintptr(frame), 0, 0)
	return uint64(uint32(r))
}

// CallKernBlocking is CallBlocking for such functions.
//
//go:nosplit
//go:norace
func CallKernBlocking(stub Stub, frame unsafe.Pointer) uint64 {
	r, _, _ := syscall(uintptr(stub), uintptr(frame), 0, 0)
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

// Call makes a call that never waits. The scheduler is not told.
//
// frame points to a Head; nothing keeps a reference to it or to what it
// points to after the call.
//
//go:nosplit
func Call(sym Symbol, frame unsafe.Pointer) uint64 {
	h := (*Head)(frame)
	h.fn = uintptr(sym)
	rawSyscall(stubAddr, uintptr(frame), 0, 0)
	return h.ret
}

// CallBlocking makes a call that may wait: the scheduler can give the P away.
//
//go:nosplit
//go:norace
func CallBlocking(sym Symbol, frame unsafe.Pointer) uint64 {
	h := (*Head)(frame)
	h.fn = uintptr(sym)
	syscall(stubAddr, uintptr(frame), 0, 0)
	return h.ret
}

// CallWide is CallKern for frames with stack arguments: all such functions
// return a kern_return_t.
//
//go:nosplit
func CallWide(sym Symbol, frame unsafe.Pointer) uint64 {
	(*Head)(frame).fn = uintptr(sym)
	return CallKern(Stub(*(*unsafe.Pointer)(unsafe.Pointer(&stubWideAddr))), frame)
}

// CallWideBlocking is CallKernBlocking for frames with stack arguments.
//
//go:nosplit
//go:norace
func CallWideBlocking(sym Symbol, frame unsafe.Pointer) uint64 {
	(*Head)(frame).fn = uintptr(sym)
	return CallKernBlocking(Stub(*(*unsafe.Pointer)(unsafe.Pointer(&stubWideAddr))), frame)
}

//go:noescape
//go:linkname rawSyscall syscall.rawSyscall
func rawSyscall(fn, a1, a2, a3 uintptr) (r1, r2, err uintptr)

//go:noescape
//go:linkname syscall syscall.syscall
func syscall(fn, a1, a2, a3 uintptr) (r1, r2, err uintptr)
