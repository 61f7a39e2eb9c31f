//go:build linux && (amd64 || arm64)

package linux

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// refuse has the kernel answer a system call with an errno, in all threads of
// this process and for good (seccomp(2)).
func refuse(number uint32, errno unix.Errno) error {
	const loadWord, jumpEqual, ret = 0x20, 0x15, 0x06 // linux/bpf_common.h
	program := []unix.SockFilter{
		{Code: loadWord, K: 0}, // struct seccomp_data: nr
		{Code: jumpEqual, Jf: 1, K: number},
		{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter)))
	if e != 0 {
		return e
	}
	return nil
}
