package task

import (
	"unsafe"

	"github.com/gomach/mach"
)

// sink makes slices escape to the heap, which does not move: a call that is
// given an address as a number sees the memory there until it returns.
var sink struct {
	never bool
	p     []byte
}

// addressOf is where p lies. p must be kept alive and is in the heap, or is
// memory that is not Go's.
func addressOf(p []byte) mach.MachVMAddress {
	if sink.never {
		sink.p = p
	}
	return mach.AddressOf(unsafe.SliceData(p))
}

// view is n bytes of memory that a call handed out in this task.
func view(addr mach.MachVMAddress, n int) []byte {
	return unsafe.Slice((*byte)(toPointer(uintptr(addr))), n)
}

// toPointer is not inlined: Go 1.26.8 fails to compile what comes of it.
//
//go:noinline
func toPointer(addr uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&addr)) }
