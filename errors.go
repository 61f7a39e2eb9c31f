package mach

import (
	"errors"
	"os"
	"strconv"
)

// Error says what the code means in a few words and names the C constant:
// "mach: invalid address (KERN_INVALID_ADDRESS)". It is linked into every
// program that uses the package, so it reads from one short text a family of
// codes, and where the name says it all makes do with that.
// [KernReturn.Description] says more.
func (k KernReturn) Error() string {
	base, detail := splitDetail(k)
	name, text := findCode(base)
	if name == "" {
		return "mach: error " + strconv.Itoa(int(k))
	}
	for i, bit := 0, KernReturn(MACH_MSG_IPC_SPACE); detail != 0; i, bit = i+1, bit>>1 {
		if detail&bit != 0 {
			detail &^= bit
			name += "|MACH_MSG_" + nthLine(detailNames, i)
		}
	}
	return "mach: " + text + " (" + name + ")"
}

// CName is the C constant, such as "KERN_INVALID_ADDRESS", without regard to
// the detail bits of a message error. It is "" for a code that the headers do
// not name. (It is not called Name, as programs that use package reflect would
// then link it whether they call it or not.)
func (k KernReturn) CName() string {
	base, _ := splitDetail(k)
	name, _ := findCode(base)
	return name
}

// Parts are the numbers of the system, of the subsystem within it, and of the
// code within that: C's err_get_system, err_get_sub and err_get_code.
// [KernReturn.Domain] names the first two. The code of a message error holds
// the detail bits too; see [KernReturn.Detail].
func (k KernReturn) Parts() (system, subsystem, code int) {
	return int(ErrGetSystem(k)), int(ErrGetSub(k)), int(ErrGetCode(k))
}

// Detail splits the error of a message call into the error and the bits of
// [MACH_MSG_MASK] that say what was short: [MACH_MSG_IPC_SPACE],
// [MACH_MSG_VM_SPACE], [MACH_MSG_IPC_KERNEL], [MACH_MSG_VM_KERNEL]. Other
// codes have no detail.
func (k KernReturn) Detail() (base, bits KernReturn) { return splitDetail(k) }

const codeMask = 0x3fff // C's code_emask

// splitDetail takes the detail bits off a mach_msg error.
func splitDetail(k KernReturn) (base, detail KernReturn) {
	const sendOrReceive = 1<<14 | codeMask
	if k&^sendOrReceive != Err_mach_ipc {
		return k, 0
	}
	return k &^ MACH_MSG_MASK, k & MACH_MSG_MASK
}

// familyOf finds the table that the code, without detail bits, stands in, and
// its line there. For a code that is in no table the line is outside of the
// table that comes back.
//
//go:noinline
func familyOf(k KernReturn) (f *family, n int) {
	for i := range families {
		f = &families[i]
		n = int(k) - int(f.first)
		if f.down {
			n = -n
		}
		if 0 <= n && n < int(f.count) {
			break
		}
	}
	return f, n
}

// findCode is the constant's name and its meaning, or nothing.
func findCode(k KernReturn) (name, text string) {
	f, n := familyOf(k)
	s := nthLine(f.texts, n)
	if s == "" {
		return "", ""
	}
	b := []byte(s)
	for i, c := range b {
		if c == ' ' {
			return f.prefix + s[:i], s[i+1:]
		}
		if b[i] = c | 0x20; c == '_' {
			b[i] = ' '
		}
	}
	return f.prefix + s, string(b)
}

// nthLine is the n-th line of s, or "" if there is none.
//
//go:noinline
func nthLine(s string, n int) string {
	start := 0
	for i := range len(s) {
		if s[i] == '\n' {
			if n == 0 {
				return s[start:i]
			}
			n--
			start = i + 1
		}
	}
	return ""
}

// Is makes errors.Is compare without the detail bits of message errors, and
// find [fs.ErrPermission], [fs.ErrExist], [fs.ErrNotExist],
// [os.ErrDeadlineExceeded] and [errors.ErrUnsupported] in the codes that mean
// them. Kernel codes go by the kernel's own table; see [KernReturn.Errno]. A code
// also is the syscall.Errno that says the same.
//
// [MIG_BAD_ID] counts as unsupported: it is what a system answers that is too
// old for a call.
func (k KernReturn) Is(target error) bool {
	k, _ = splitDetail(k)
	if t, ok := target.(KernReturn); ok {
		t, _ = splitDetail(t)
		return k == t
	}
	e := meaningOf(k)
	if e == bsdETIMEDOUT && target == os.ErrDeadlineExceeded {
		return true
	}
	return errors.Is(errno(e), target)
}

// Timeout reports whether the code says that a time limit passed.
func (k KernReturn) Timeout() bool {
	k, _ = splitDetail(k)
	return meaningOf(k) == bsdETIMEDOUT
}

// meaningOf is Darwin's error number that says the same as the code, without
// detail bits, or EIO.
func meaningOf(k KernReturn) int {
	if e := int(k) - 3<<14; 0 < e && e <= codeMask {
		return e // C's unix_err
	}
	if f, n := familyOf(k); uint(n) < uint(len(f.errnos)) {
		return int(f.errnos[n])
	}
	return bsdEIO
}
