//go:build !darwin && !ios && !plan9

package mach

import "syscall"

// Errno is the error number that the kernel gives for the code where a BSD
// call fails for a Mach reason: 0 for success, EIO for codes that have none of
// their own, the number itself for codes of C's unix_err. Darwin's number is
// turned into this system's; one that [KernReturn] has no use for becomes EIO.
func (k KernReturn) Errno() syscall.Errno { return localErrno(bsdErrno(k)) }

// errno is a Darwin error number in this system's package syscall.
func errno(e int) error { return localErrno(e) }

func localErrno(e int) syscall.Errno {
	switch e {
	case 0:
		return 0
	case bsdEPERM:
		return syscall.EPERM
	case bsdENOENT:
		return syscall.ENOENT
	case bsdEINTR:
		return syscall.EINTR
	case bsdENOMEM:
		return syscall.ENOMEM
	case bsdEACCES:
		return syscall.EACCES
	case bsdEFAULT:
		return syscall.EFAULT
	case bsdEEXIST:
		return syscall.EEXIST
	case bsdEINVAL:
		return syscall.EINVAL
	case bsdENOTSUP:
		return syscall.ENOTSUP
	case bsdENETDOWN:
		return syscall.ENETDOWN
	case bsdECONNRESET:
		return syscall.ECONNRESET
	case bsdETIMEDOUT:
		return syscall.ETIMEDOUT
	case bsdENOTEMPTY:
		return syscall.ENOTEMPTY
	case bsdENOSYS:
		return syscall.ENOSYS
	case bsdEOPNOTSUPP:
		return syscall.EOPNOTSUPP
	}
	return syscall.EIO
}
