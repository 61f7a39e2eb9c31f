//go:build !darwin

package libsystem

import (
	"sync/atomic"
	"unsafe"
)

// Kernel answers calls on systems other than Darwin.
type Kernel interface {
	// Call performs the function that sym numbers. args are its arguments, a
	// word each in C order: 4-byte arguments in the low half with an
	// unspecified high half, structs of more than two words by address.
	// Addresses are of memory that stays where it is during the call. Behind
	// the arguments that sym has is memory of something else. The array is on
	// the caller's stack: a Kernel copies it and does not keep it.
	Call(sym Symbol, args *[MaxArgs]uint64) uint64
	// Variable returns the address of libSystem's variable of that C name, or
	// nil if the kernel does not have it.
	Variable(name string) unsafe.Pointer
}

// MaxArgs is the largest number of arguments of a function, rounded up.
const MaxArgs = 12

// NoKernel is what a call returns when no kernel is registered. Its low half
// is KERN_NOT_SUPPORTED.
const NoKernel uint64 = 1<<63 | 46

var kernel atomic.Pointer[Kernel]

// Register makes k answer all calls of this process. It returns false if
// another kernel is registered already.
func Register(k Kernel) bool { return kernel.CompareAndSwap(nil, &k) }

// Registered returns the kernel, or nil.
func Registered() Kernel {
	if k := kernel.Load(); k != nil {
		return *k
	}
	return nil
}

// Call hands a frame to the kernel.
func Call(sym Symbol, frame unsafe.Pointer) uint64 {
	k := kernel.Load()
	if k == nil {
		return NoKernel
	}
	// The frame stays on the goroutine's stack: the kernel makes a copy of the
	// words, and everything that they point to has been made to escape by Ptr
	// and so does not move. The frame itself keeps it alive until we return.
	args := (*[MaxArgs]uint64)(noescape(unsafe.Add(frame, unsafe.Sizeof(Head{}))))
	r := (*k).Call(sym, args)
	keep(frame)
	return r
}

// noescape hides p from escape analysis, so that a call costs no allocation.
//
//go:nosplit
func noescape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

// keep holds the frame, and with it the arguments' memory, alive.
//
//go:noinline
func keep(unsafe.Pointer) {}

// The kernel decides what waits; a goroutine that waits in it parks.

// CallBlocking is Call.
func CallBlocking(sym Symbol, frame unsafe.Pointer) uint64 { return Call(sym, frame) }

// CallKern is Call: results come back in one way here.
func CallKern(sym Symbol, frame unsafe.Pointer) uint64 { return Call(sym, frame) }

// CallKernBlocking is Call.
func CallKernBlocking(sym Symbol, frame unsafe.Pointer) uint64 { return Call(sym, frame) }

// Stub is a function's number, too.
type Stub = Symbol

// CallLate is Call.
func CallLate(sym Symbol, frame unsafe.Pointer) uint64 { return Call(sym, frame) }

// CallLateBlocking is Call.
func CallLateBlocking(sym Symbol, frame unsafe.Pointer) uint64 { return Call(sym, frame) }

// OwnTask is true, as is OwnHost: it makes no difference here whether a call
// is told.
func OwnTask(uint32) bool { return true }
func OwnHost(uint32) bool { return true }

// LearnTask does nothing, as does LearnHost.
func LearnTask() {}
func LearnHost() {}

// CallWide is Call: frames have no stack part here.
func CallWide(sym Symbol, frame unsafe.Pointer) uint64 { return Call(sym, frame) }

// CallWideBlocking is Call.
func CallWideBlocking(sym Symbol, frame unsafe.Pointer) uint64 { return Call(sym, frame) }

// Ptr puts a pointer into a frame. It makes what p points to escape to the
// heap, where it does not move: the kernel knows it by its address.
func Ptr[T any](p *T) *T {
	Escape(unsafe.Pointer(p))
	return p
}

// Pointer is Ptr for untyped memory.
func Pointer(p unsafe.Pointer) unsafe.Pointer { return Escape(p) }

// Value is the result of a function that does not return a kern_return_t:
// zero if there is no kernel.
func Value(r uint64) uint64 {
	if r == NoKernel {
		return 0
	}
	return r
}

// ValuePointer is the result of a function that returns a pointer to memory
// outside Go.
func ValuePointer(r uint64) unsafe.Pointer {
	r = Value(r)
	return *(*unsafe.Pointer)(unsafe.Pointer(&r))
}

// zero is what variables read as when there is no kernel.
var zero [32]byte

func variable(name string) unsafe.Pointer {
	if k := Registered(); k != nil {
		if p := k.Variable(name); p != nil {
			return p
		}
	}
	return unsafe.Pointer(&zero)
}

type late struct{}

// Symbol is the function's number.
func (l *Late) Symbol() Symbol { return l.sym }
