// Command rawcalls makes system calls by number.
package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

func main() {
	r, _, e := syscall.Syscall(syscall.SYS_GETPID, 0, 0, 0)
	fmt.Println("getpid", int(r) == os.Getpid(), e)
	s := []byte("written\n")
	r, _, e = syscall.Syscall(syscall.SYS_WRITE, 1, uintptr(unsafe.Pointer(&s[0])), uintptr(len(s)))
	fmt.Println("write", r, e)
	r, _, e = syscall.RawSyscall(syscall.SYS_CLOSE, 999, 0, 0)
	fmt.Println("close", r == ^uintptr(0), e)
	_, _, e = syscall.Syscall6(syscall.SYS___MAC_SYSCALL, 0, 0, 0, 0, 0, 0)
	fmt.Println("mac_syscall", e)
}
