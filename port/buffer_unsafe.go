package port

import (
	"unsafe"

	"github.com/gomach/mach"
)

// buffer is memory for one message, aligned for its header.
type buffer struct{ words []uint64 }

// grow makes the buffer hold n bytes; what was in it stays.
func (b *buffer) grow(n int) {
	if need := (n + 7) / 8; need > len(b.words) {
		words := make([]uint64, max(need, 2*len(b.words), 32))
		copy(words, b.words)
		b.words = words
	}
}

// bytes views the whole buffer.
func (b *buffer) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(b.words))), 8*len(b.words))
}

// head views the header of a buffer that was grown.
func (b *buffer) head() *mach.MachMsgHeader {
	return (*mach.MachMsgHeader)(unsafe.Pointer(unsafe.SliceData(b.words)))
}

// view is n bytes of memory that Mach handed out.
func view(addr uint64, n int) []byte {
	p := uintptr(addr)
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&p))), n)
}

// addressOf is where the bytes of p are. The caller keeps p alive, on the heap.
func addressOf(p []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))) }

// addressOfNames is where the names of p are. The caller keeps p alive, on the
// heap.
func addressOfNames(p []mach.MachPort) uint64 {
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p))))
}
