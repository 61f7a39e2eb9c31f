package conformance_test

import (
	"unsafe"

	"github.com/gomach/mach"
)

// at views memory that the kernel handed out as a T.
func at[T any](addr uint64) *T { return (*T)(toPointer(uintptr(addr))) }

// toPointer is not inlined: Go 1.26.8 fails to compile what comes of it
// (internal compiler error, disjointTypes).
//
//go:noinline
func toPointer(addr uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&addr)) }

// view is n bytes of memory that the kernel handed out.
func view(addr uint64, n int) []byte { return unsafe.Slice(at[byte](addr), n) }

// addressOf is where p points to; for memory that does not move.
func addressOf[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

// buffer is room for a message, aligned as messages are.
type buffer []uint64

func newBuffer(bytes int) buffer { return make(buffer, (bytes+7)/8) }

func (b buffer) head() *mach.MachMsgHeader {
	return (*mach.MachMsgHeader)(unsafe.Pointer(unsafe.SliceData(b)))
}

func (b buffer) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(b))), len(b)*8)
}

func (b buffer) size() mach.MachMsgSize { return mach.MachMsgSize(len(b) * 8) }

// place copies v into the buffer at a byte offset and returns the offset
// behind it.
func place[T any](b buffer, off int, v T) int {
	n := int(unsafe.Sizeof(v))
	copy(b.bytes()[off:off+n], unsafe.Slice((*byte)(unsafe.Pointer(&v)), n))
	return off + n
}

// pick copies a T out of the buffer.
func pick[T any](b buffer, off int) (v T) {
	n := int(unsafe.Sizeof(v))
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&v)), n), b.bytes()[off:off+n])
	return v
}

func sizeOf[T any]() int { var v T; return int(unsafe.Sizeof(v)) }

// words views a struct as the 32-bit words in which info calls count.
func words[T any](p *T) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(p)), unsafe.Sizeof(*p)/4)
}

func pointer[T any](p *T) unsafe.Pointer { return unsafe.Pointer(p) }
