//go:build linux

package exc_test

import (
	"syscall"
	"unsafe"
)

// rawCall is read or write of two bytes.
//
//go:nosplit
func rawCall(number uintptr, fd uintptr, buf *[2]byte) {
	syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(buf)), uintptr(len(buf)))
}
