package exc

import (
	"strconv"
	"strings"

	"github.com/gomach/mach"
)

// CodeName is the C name of the first code of an exception of type t, such as
// EXC_I386_GPFLT of [mach.EXC_BAD_ACCESS] 13 on x86_64, or a number in hex if the
// headers have no name. The two families of processors number most of their
// codes on their own, so the name depends on cpu, the processor of the thread
// that got the exception: [mach.CPU_TYPE_X86_64] or [mach.CPU_TYPE_ARM64], of 32
// bits alike.
//
// The code of EXC_CRASH, EXC_RESOURCE, EXC_GUARD and EXC_CORPSE_NOTIFY packs
// several things; [Exception.Detail] takes them apart. That of EXC_SYSCALL,
// EXC_MACH_SYSCALL and EXC_RPC_ALERT is a number.
//
// Headers: <mach/i386/exception.h>, <mach/arm/exception.h>,
// <mach/exception_types.h>, <sys/ux_exception.h>, <mach/kern_return.h>.
func CodeName(t mach.ExceptionType, cpu mach.CPUType, code int64) string {
	if s := nameOfCode(t, cpu, code); s != "" {
		return s
	}
	if t == mach.EXC_SOFTWARE && mach.EXC_MACF_MIN <= code && code <= mach.EXC_MACF_MAX {
		return macfPrefix + strconv.FormatInt(code-mach.EXC_MACF_MIN, 10)
	}
	return hex(code)
}

// ParseCode is the value of the first code of an exception of type t whose C
// name is s, on either family of processors, or of what [CodeName] gives for a
// number. Upper and lower case are alike. Its error is a
// [*mach.UnknownNameError].
func ParseCode(t mach.ExceptionType, s string) (int64, error) {
	word := strings.TrimSpace(s)
	for i := range codes {
		if c := &codes[i]; c.typ == t && strings.EqualFold(c.name, word) {
			return c.value, nil
		}
	}
	if t == mach.EXC_BAD_ACCESS {
		for _, v := range kernCodes {
			if strings.EqualFold(v.CName(), word) {
				return int64(v), nil
			}
		}
	}
	if rest, is := strings.CutPrefix(strings.ToUpper(word), macfPrefix); is && t == mach.EXC_SOFTWARE {
		n, err := strconv.ParseUint(rest, 10, 16)
		if err == nil {
			return mach.EXC_MACF_MIN + int64(n), nil
		}
	}
	return parseNumber("code of "+t.String(), s)
}

const macfPrefix = "EXC_MACF_MIN+"

// kernCodes are the kern_return_t that EXC_BAD_ACCESS brings: those of
// vm_fault (xnu osfmk/vm/vm_fault.c). The processors' own codes have other
// numbers.
var kernCodes = [...]mach.KernReturn{
	mach.KERN_INVALID_ADDRESS, mach.KERN_PROTECTION_FAILURE, mach.KERN_NO_SPACE, mach.KERN_FAILURE,
	mach.KERN_RESOURCE_SHORTAGE, mach.KERN_MEMORY_FAILURE, mach.KERN_MEMORY_ERROR, mach.KERN_ABORTED,
	mach.KERN_NOT_SUPPORTED, mach.KERN_CODESIGN_ERROR,
}

// A family of processors has one header.
type family uint8

const (
	both family = iota
	x86
	arm
)

func familyOf(cpu mach.CPUType) family {
	switch cpu &^ (mach.CPU_ARCH_ABI64 | mach.CPU_ARCH_ABI64_32) {
	case mach.CPU_TYPE_X86:
		return x86
	case mach.CPU_TYPE_ARM:
		return arm
	}
	return both
}

func nameOfCode(t mach.ExceptionType, cpu mach.CPUType, code int64) string {
	f := familyOf(cpu)
	for i := range codes {
		if c := &codes[i]; c.typ == t && c.value == code && (c.family == both || c.family == f) {
			return c.name
		}
	}
	if t == mach.EXC_BAD_ACCESS {
		for _, v := range kernCodes {
			if int64(v) == code {
				return v.CName()
			}
		}
	}
	return ""
}

// ownName is the name on the program's own processor.
func ownName(t mach.ExceptionType, code int64) string { return CodeName(t, ownCPU, code) }

func hex(v int64) string { return "0x" + strconv.FormatUint(uint64(v), 16) }

func parseNumber(what, s string) (int64, error) {
	word := strings.TrimSpace(s)
	if v, err := strconv.ParseInt(word, 0, 64); err == nil {
		return v, nil
	}
	if v, err := strconv.ParseUint(word, 0, 64); err == nil {
		return int64(v), nil
	}
	return 0, &mach.UnknownNameError{Type: what, Text: s}
}
