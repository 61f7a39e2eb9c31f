//go:build linux && (amd64 || arm64)

package hosted

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// vector performs process_vm_readv or process_vm_writev with one range each
// side, given by address and length.
func vector(call uintptr, pid int, local, remote *[2]uint64) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(call, uintptr(pid), uintptr(unsafe.Pointer(local)), 1, uintptr(unsafe.Pointer(remote)), 1, 0)
	return int(n), errno
}
