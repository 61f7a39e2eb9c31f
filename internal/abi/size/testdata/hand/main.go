// A program with one hand-written trampoline: the measure for package mach.
package main

import (
	"fmt"
	"syscall"
	_ "unsafe" // for linkname
)

//go:cgo_import_dynamic libc_mach_port_deallocate mach_port_deallocate "/usr/lib/libSystem.B.dylib"

var trampolineAddr uintptr

//go:linkname rawSyscall syscall.rawSyscall
func rawSyscall(fn, a1, a2, a3 uintptr) (r1, r2 uintptr, err syscall.Errno)

func main() {
	r, _, _ := rawSyscall(trampolineAddr, 1, 2, 0)
	fmt.Println(int32(r))
}
