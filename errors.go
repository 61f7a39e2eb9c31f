package mach

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
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

// Domain names the system and subsystem, such as "os/kern", "ipc/rcv" or
// "iokit/usb", in the manner of C's mach_error_type: codes from before the
// systems were numbered (-300 for MIG, 1000 for netname, ...) count as those
// that they became.
func (k KernReturn) Domain() string {
	sys, sub, _ := modernCode(k).Parts()
	for i := range systems {
		if s := &systems[i]; int(s.number) == sys {
			names := s.subs
			for n := sub; n > 0 && names != ""; n-- {
				_, names, _ = strings.Cut(names, " ")
			}
			if name, _, _ := strings.Cut(names, " "); name != "" && name != "-" {
				return s.name + "/" + name
			}
			return s.name + "/" + strconv.Itoa(sub)
		}
	}
	return strconv.Itoa(sys) + "/" + strconv.Itoa(sub)
}

// systems are those of <mach/error.h>, and the two that the header leaves to
// others.
var systems = [...]struct {
	number     uint8
	name, subs string
}{
	{0x00, "os", "kern - - unix"},
	{0x01, "us", ""},
	{0x02, "server", "netname env_mgr execd netmemory ufs task_master ns io auth us sunrpc object loader exception signal xkernel"},
	{0x03, "old-ipc", "send rcv mig"},
	{0x04, "ipc", "send rcv mig"},
	{0x07, "dipc", ""},
	{0x08, "vm", "- reclaim"},
	{0x37, "libkern", "common metaclass kext"},
	{0x38, "iokit", "common usb firewire - storage graphics - - bluetooth pmu"},
	{0x3e, "local", ""},
	{0x3f, "ipc-compat", ""},
}

// modernCode maps the old ranges of codes to system, subsystem and code (xnu
// libsyscall/mach/mach_error_string.c, do_compat).
func modernCode(k KernReturn) KernReturn {
	switch {
	case -200 < k && k <= -100:
		return -(k + 100) | Err_ipc
	case -300 < k && k <= -200:
		return -(k + 200) | Err_ipc | 1<<14
	case -400 < k && k <= -300:
		return -(k + 300) | Err_mach_ipc | 2<<14
	case 1000 <= k && k < 1100:
		return k - 1000 | Err_server
	case 1600 <= k && k < 1700:
		return k - 1600 | Err_server | 1<<14
	case 27600 <= k && k < 27700:
		return k - 27600 | Err_server | 2<<14
	}
	return k
}

// boxed are the errors of messages that there have been. Go keeps the value of
// an interface in memory of its own, and allocates that anew for each code above
// 255, which those of messages are: a loop that lives on timeouts would feed the
// collector. It is for messages alone as it makes a program larger.
var boxed [32]atomic.Pointer[error]

// messageReturn turns the result of a call on messages into an error. It
// allocates for the first of its kind, and when another code has taken its
// place since.
func messageReturn(r uint64) error {
	if int32(r) == 0 {
		return nil
	}
	return messageFailure(r)
}

func messageFailure(r uint64) error {
	k := KernReturn(int32(r))
	if uint32(k) < 256 {
		return kernReturn(r)
	}
	p := &boxed[(k^k>>10)&31]
	if e := p.Load(); e != nil {
		if have, is := (*e).(KernReturn); is && have == k {
			return *e
		}
	}
	e := error(k)
	p.Store(&e)
	return e
}
