//go:build linux && (amd64 || arm64)

package libsystem

import (
	"syscall"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// errorTexts are Darwin's words where they differ from the host's.
var errorTexts = map[int]string{
	0: "Undefined error: 0", 2: "No such file or directory", 11: "Resource deadlock avoided", 35: "Resource temporarily unavailable",
	36: "Operation now in progress", 45: "Operation not supported", 60: "Operation timed out", 61: "Connection refused", 78: "Function not implemented",
	22: "Invalid argument", 9: "Bad file descriptor", 13: "Permission denied", 1: "Operation not permitted", 14: "Bad address", 12: "Cannot allocate memory",
	17: "File exists", 20: "Not a directory", 21: "Is a directory", 34: "Result too large", 33: "Numerical argument out of domain", 32: "Broken pipe", 4: "Interrupted system call",
}

// errorText is strerror.
func errorText(e int) string {
	if s, ok := errorTexts[e]; ok {
		return s
	}
	for n := syscall.Errno(1); n < 134; n++ {
		if int(proc.FromHost(n)) == e && (n < 35 || proc.FromHost(n) != proc.EINVAL) {
			s := n.Error()
			return string(s[0]-32) + s[1:]
		}
	}
	return "Unknown error: " + itoaSigned(e)
}

func itoaSigned(n int) string {
	if n < 0 {
		return "-" + itoa(-n)
	}
	return itoa(n)
}
