package mach

// Darwin's error numbers, which do not depend on the system that the program
// runs on.
const (
	bsdEPERM      = 1
	bsdENOENT     = 2
	bsdEINTR      = 4
	bsdEIO        = 5
	bsdENOMEM     = 12
	bsdEACCES     = 13
	bsdEFAULT     = 14
	bsdEEXIST     = 17
	bsdEINVAL     = 22
	bsdENOTSUP    = 45
	bsdENETDOWN   = 50
	bsdECONNRESET = 54
	bsdETIMEDOUT  = 60
	bsdENOTEMPTY  = 66
	bsdENOSYS     = 78
	bsdEOPNOTSUPP = 102
)

// kernErrnos maps kernel codes, by their number, to error numbers as xnu does
// where a BSD call fails for a Mach reason (osfmk/kern/bsd_kern.c,
// mach_to_bsd_errno). Codes that are not in its switch give EIO.
const kernErrnos = "" +
	"\x00\x16\x0e\x0c\x16\x05\x0c\x0d\x0d\x0e" + //  0
	"\x0e\x11\x16\x11\x04\x16\x16\x16\x16\x0c" + // 10
	"\x16\x11\x16\x16\x05\x05\x16\x01\x16\x0c" + // 20
	"\x16\x16\x16\x16\x16\x16\x16\x02\x02\x02" + // 30
	"\x16\x16\x02\x36\x05\x05\x2d\x32\x02\x3c" + // 40
	"\x01\x0d\x05\x01\x05\x05\x02\x05" //           50

// bsdErrno is what the kernel makes of the code, as a Darwin error number.
func bsdErrno(k KernReturn) int {
	if k < 0 || k > 4<<14-1 || len(kernErrnos) <= int(k) && k < 3<<14 {
		return bsdEIO
	}
	return meaningOf(k)
}
