package mach

import (
	"errors"
	"io/fs"
	"syscall"
)

// Errno is the error that stands for the code on a system without error
// numbers: "" for success.
func (k KernReturn) Errno() syscall.ErrorString {
	switch e := bsdErrno(k); e {
	case 0:
		return ""
	case bsdEINTR:
		return "interrupted"
	case bsdEINVAL:
		return "bad arg in system call"
	case bsdETIMEDOUT:
		return "timed out"
	default:
		if err := general(e); err != nil {
			return syscall.ErrorString(err.Error())
		}
	}
	return "i/o error"
}

// errno is the error that a Darwin error number stands for.
func errno(e int) error {
	if err := general(e); err != nil {
		return err
	}
	return syscall.ErrorString("i/o error")
}

// general is the error that a Darwin error number is a case of.
func general(e int) error {
	switch e {
	case bsdEPERM, bsdEACCES:
		return fs.ErrPermission
	case bsdEEXIST, bsdENOTEMPTY:
		return fs.ErrExist
	case bsdENOENT:
		return fs.ErrNotExist
	case bsdENOTSUP, bsdENOSYS, bsdEOPNOTSUPP:
		return errors.ErrUnsupported
	}
	return nil
}
