//go:build linux && (amd64 || arm64)

package linux

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigqueue sends a signal with its details, as sigqueue(3) does.
func sigqueue(pid, signal int, info *[128]byte) error {
	_, _, e := unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(pid), uintptr(signal), uintptr(unsafe.Pointer(info)))
	if e != 0 {
		return e
	}
	return nil
}
