package main

import (
	_ "syscall" // the linker wants it beside the linkname
	_ "unsafe"
)

// What golang.org/x/sys does: a trampoline of one's own and syscall.syscall6.

//go:cgo_import_dynamic libc_mach_absolute_time mach_absolute_time "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic libc_mach_vm_allocate mach_vm_allocate "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic libc_mach_vm_msync mach_vm_msync "/usr/lib/libSystem.B.dylib"

var absoluteTimeAddr, vmAllocateAddr, vmMsyncAddr uintptr // set in xsys_darwin.s

//go:linkname syscall6 syscall.syscall6
func syscall6(fn, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err uintptr)
