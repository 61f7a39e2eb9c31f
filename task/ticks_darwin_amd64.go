package task

import (
	"encoding/binary"
	"syscall"

	"github.com/gomach/mach"
)

// kernelTimebase is that of the kernel's figures. Rosetta gives a translated
// program the clock of Intel, of 1/1 nanoseconds, but the figures of the kernel
// are in Apple silicon's ticks all the same: hw.tbfrequency counts those of a
// second (sysctl_tbfrequency of xnu bsd/kern/kern_mib.c; the reports are
// FB9546856 and psutil's issue 2411).
func kernelTimebase() (mach.MachTimebaseInfo_t, error) {
	if translated, err := syscall.SysctlUint32("sysctl.proc_translated"); err == nil && translated == 1 {
		if s, err := syscall.Sysctl("hw.tbfrequency"); err == nil {
			if b, ok := timebaseOf(frequency(s)); ok {
				return b, nil
			}
		}
	}
	return callerTimebase()
}

// frequency is a number of 64 bits as syscall.Sysctl gives it: without a last
// byte that is 0.
func frequency(s string) uint64 {
	var b [8]byte
	copy(b[:], s)
	return binary.LittleEndian.Uint64(b[:])
}
