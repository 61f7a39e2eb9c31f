package mach

import "syscall"

// Errno is the error number that the kernel gives for the code where a BSD
// call fails for a Mach reason: 0 for success, EIO for codes that have none of
// their own, the number itself for codes of C's unix_err.
func (k KernReturn) Errno() syscall.Errno { return syscall.Errno(bsdErrno(k)) }

// errno is a Darwin error number in this system's package syscall.
func errno(e int) error { return syscall.Errno(e) }
