//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// exitStatus is how a child has ended, as wait4 would say on Darwin; the child stays to be
// waited for. known is false for what is not a child. In a siginfo_t si_code is at 8, si_pid at 16
// and si_status at 24.
func exitStatus(pidfd int, info *[128]byte) (status uint32, known bool) {
	const byPidfd = 3 // P_PIDFD
	_, _, e := unix.Syscall6(unix.SYS_WAITID, byPidfd, uintptr(pidfd), uintptr(unsafe.Pointer(info)), unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, 0, 0)
	if e != 0 {
		return 0, false
	}
	code, value := int32(binary.NativeEndian.Uint32(info[8:])), binary.NativeEndian.Uint32(info[24:])
	switch code {
	case 1: // CLD_EXITED
		return value & 0xff << 8, true
	case 2: // CLD_KILLED
		return guestStatus(unix.WaitStatus(value & 0x7f)), true
	case 3: // CLD_DUMPED
		return guestStatus(unix.WaitStatus(value&0x7f | 0x80)), true
	}
	return 0, false
}

// endedChild is a child that has ended and has not been waited for, or 0.
func endedChild() int {
	var info [128]byte
	_, _, e := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, 0, 0)
	if e != 0 {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(info[16:])))
}
