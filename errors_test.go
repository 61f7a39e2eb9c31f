//go:build !plan9

package mach

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// codes reads every constant of type KernReturn from the generated file, so a
// code that a newer SDK brings cannot lack a name and a text.
func codes(t *testing.T) map[string]KernReturn {
	t.Helper()
	src, err := os.ReadFile("zconstants.go")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]KernReturn{}
	for _, f := range regexp.MustCompile(`(?m)^\t(\w+)\s+KernReturn\s+= (\S+)$`).FindAllStringSubmatch(string(src), -1) {
		v, err := strconv.ParseInt(f[2], 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		m[f[1]] = KernReturn(v)
	}
	m["MIG_EXCEPTION"] = MIG_EXCEPTION
	if len(m) < 120 {
		t.Fatalf("found %d codes only", len(m))
	}
	return m
}

func TestEveryCodeHasNameAndTexts(t *testing.T) {
	said, described := map[string]string{}, map[string]string{}
	for name, k := range codes(t) {
		if k == 0 { // MACH_MSG_SUCCESS and its like
			name = "KERN_SUCCESS"
		}
		if got := k.CName(); got != name {
			t.Errorf("%s.CName() = %q", name, got)
		}
		e := k.Error()
		if !strings.HasPrefix(e, "mach: ") || !strings.HasSuffix(e, " ("+name+")") {
			t.Errorf("%s.Error() = %q", name, e)
		}
		if other, ok := said[e]; ok && other != name {
			t.Errorf("%s and %s both say %q", name, other, e)
		}
		said[e] = name
		d := k.Description()
		if len(d) < 20 || !strings.HasSuffix(d, ".") {
			t.Errorf("%s.Description() = %q", name, d)
		}
		if other, ok := described[d]; ok && other != name && !strings.Contains(name, "NOTIFY") {
			t.Errorf("%s and %s are both described as %q", name, other, d)
		}
		described[d] = name
	}
}

// The tables count on their lines: count, texts and descriptions must agree.
func TestFamiliesAreInOrder(t *testing.T) {
	for i, f := range families {
		if n := strings.Count(f.texts, "\n"); n != int(f.count) || !strings.HasSuffix(f.texts, "\n") {
			t.Errorf("family %s has %d lines for %d codes", f.prefix, n, f.count)
		}
		if n := strings.Count(descriptions[i], "\n"); n != int(f.count) {
			t.Errorf("family %s has %d descriptions for %d codes", f.prefix, n, f.count)
		}
		if len(f.errnos) > int(f.count) {
			t.Errorf("family %s has %d error numbers for %d codes", f.prefix, len(f.errnos), f.count)
		}
		for n := range int(f.count) {
			if gap := nthLine(f.texts, n) == ""; gap != (nthLine(descriptions[i], n) == "") {
				t.Errorf("family %s, code %d: text and description disagree about the gap", f.prefix, n)
			}
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		k    KernReturn
		want string
	}{
		{KERN_INVALID_ADDRESS, "mach: invalid address (KERN_INVALID_ADDRESS)"},
		{KERN_FAILURE, "mach: failed, no cause given (KERN_FAILURE)"},
		{MIG_EXCEPTION, "mach: exception (MIG_EXCEPTION)"},
		{NETNAME_PENDING, "mach: pending (NETNAME_PENDING)"},
		{MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE, "mach: body error (MACH_RCV_BODY_ERROR|MACH_MSG_VM_SPACE)"},
		{MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE | MACH_MSG_IPC_KERNEL, "mach: header error (MACH_RCV_HEADER_ERROR|MACH_MSG_IPC_SPACE|MACH_MSG_IPC_KERNEL)"},
		{MACH_SEND_NO_BUFFER | MACH_MSG_MASK, "mach: no buffer (MACH_SEND_NO_BUFFER|MACH_MSG_IPC_SPACE|MACH_MSG_VM_SPACE|MACH_MSG_IPC_KERNEL|MACH_MSG_VM_KERNEL|MACH_MSG_0x200)"},
		{99, "mach: error 99"},
		{-2, "mach: error -2"},
		{MACH_SEND_IN_PROGRESS + 5, "mach: error 268435462"}, // a gap
		{-1 << 31, "mach: error -2147483648"},
		{1<<31 - 1, "mach: error 2147483647"},
	} {
		if got := c.k.Error(); got != c.want {
			t.Errorf("%#x: %q, want %q", uint32(c.k), got, c.want)
		}
	}
	if d := (MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE).Description(); !strings.HasSuffix(d, "no room for out-of-line memory.") {
		t.Errorf("the description does not explain the detail bit: %q", d)
	}
	if d := KernReturn(99).Description(); d != "" {
		t.Errorf("a code of no header is described: %q", d)
	}
}

// Numbers by <mach/error.h>; names by xnu libsyscall/mach/error_codes.c; old
// ranges by its mach_error_string.c (do_compat).
func TestDomains(t *testing.T) {
	for _, c := range []struct {
		k                 KernReturn
		system, sub, code int
		domain            string
	}{
		{KERN_NO_SPACE, 0, 0, 3, "os/kern"},
		{UnixErr(13), 0, 3, 13, "os/unix"},
		{MACH_SEND_TIMED_OUT, 4, 0, 4, "ipc/send"},
		{MACH_RCV_TIMED_OUT, 4, 1, 3, "ipc/rcv"},
		{MIG_BAD_ID, 0x3f, 0xfff, 0x3ed1, "ipc/mig"},
		{-102, 0x3f, 0xfff, 0x3f9a, "old-ipc/send"},
		{-205, 0x3f, 0xfff, 0x3f33, "old-ipc/rcv"},
		{NETNAME_NO_SUCH_HOST, 0, 0, 1002, "server/netname"},
		{1601, 0, 0, 1601, "server/env_mgr"},
		{27601, 0, 1, 11217, "server/execd"},
		{ErrVMReclaim(2), 8, 1, 2, "vm/reclaim"},
		{-0x1ffffd3f, 0x38, 0, 0x2c1, "iokit/common"}, // kIOReturnNotPrivileged, 0xe00002c1
		{-0x1fffbfff, 0x38, 1, 1, "iokit/usb"},
		{ErrSystem(0x37) | ErrSub(2) | 4, 0x37, 2, 4, "libkern/kext"},
		{ErrSystem(0x3e) | ErrSub(7) | 1, 0x3e, 7, 1, "local/7"},
		{ErrSystem(9) | ErrSub(1), 9, 1, 0, "9/1"},
	} {
		s, sub, code := c.k.Parts()
		if s != c.system || sub != c.sub || code != c.code {
			t.Errorf("%d.Parts() = %#x, %#x, %#x, want %#x, %#x, %#x", int32(c.k), s, sub, code, c.system, c.sub, c.code)
		}
		if got := c.k.Domain(); got != c.domain {
			t.Errorf("%d.Domain() = %q, want %q", int32(c.k), got, c.domain)
		}
	}
}

// The table is the switch of xnu osfmk/kern/bsd_kern.c, mach_to_bsd_errno.
func TestErrno(t *testing.T) {
	want := map[syscall.Errno][]KernReturn{
		0: {KERN_SUCCESS},
		syscall.EINVAL: {KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT, KERN_NOT_IN_SET, KERN_INVALID_NAME, KERN_INVALID_TASK,
			KERN_INVALID_RIGHT, KERN_INVALID_VALUE, KERN_INVALID_CAPABILITY, KERN_INVALID_HOST, KERN_MEMORY_PRESENT,
			KERN_INVALID_PROCESSOR_SET, KERN_INVALID_POLICY, KERN_ALREADY_WAITING, KERN_DEFAULT_SET, KERN_EXCEPTION_PROTECTED,
			KERN_INVALID_LEDGER, KERN_INVALID_MEMORY_CONTROL, KERN_INVALID_SECURITY, KERN_NOT_DEPRESSED, KERN_LOCK_OWNED, KERN_LOCK_OWNED_SELF},
		syscall.EACCES:     {KERN_NOT_RECEIVER, KERN_NO_ACCESS, KERN_POLICY_STATIC},
		syscall.ENOMEM:     {KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE, KERN_UREFS_OVERFLOW, KERN_INVALID_OBJECT},
		syscall.EFAULT:     {KERN_MEMORY_FAILURE, KERN_MEMORY_ERROR, KERN_PROTECTION_FAILURE},
		syscall.EPERM:      {KERN_POLICY_LIMIT, KERN_CODESIGN_ERROR, KERN_DENIED},
		syscall.EEXIST:     {KERN_ALREADY_IN_SET, KERN_NAME_EXISTS, KERN_RIGHT_EXISTS},
		syscall.EINTR:      {KERN_ABORTED},
		syscall.ENOENT:     {KERN_TERMINATED, KERN_LOCK_SET_DESTROYED, KERN_LOCK_UNSTABLE, KERN_SEMAPHORE_DESTROYED, KERN_NOT_FOUND, KERN_NOT_WAITING},
		syscall.ECONNRESET: {KERN_RPC_SERVER_TERMINATED},
		syscall.ENOTSUP:    {KERN_NOT_SUPPORTED},
		syscall.ENETDOWN:   {KERN_NODE_DOWN},
		syscall.ETIMEDOUT:  {KERN_OPERATION_TIMED_OUT},
	}
	named := map[KernReturn]syscall.Errno{}
	for e, ks := range want {
		for _, k := range ks {
			named[k] = e
		}
	}
	for name, k := range codes(t) {
		e, ok := named[k]
		if !ok {
			e = syscall.EIO
		}
		if got := k.Errno(); got != e {
			t.Errorf("%s.Errno() = %d (%v), want %d (%v)", name, got, got, e, e)
		}
	}
	for k := KernReturn(58); k < 1000; k++ {
		if got := k.Errno(); got != syscall.EIO {
			t.Errorf("%d.Errno() = %v", k, got)
		}
	}
	if got := UnixErr(2).Errno(); got != syscall.ENOENT {
		t.Errorf("unix_err(2).Errno() = %v", got)
	}
	for _, k := range []KernReturn{-1 << 31, -1, 1<<31 - 1, 3 << 14, 3<<14 - 1, 4 << 14} {
		if got := k.Errno(); got != syscall.EIO {
			t.Errorf("%d.Errno() = %v", k, got)
		}
	}
}

func TestIs(t *testing.T) {
	general := []error{fs.ErrPermission, fs.ErrExist, fs.ErrNotExist, os.ErrDeadlineExceeded, errors.ErrUnsupported}
	for _, c := range []struct {
		k    KernReturn
		want error
	}{
		{KERN_NO_ACCESS, fs.ErrPermission},
		{KERN_DENIED, fs.ErrPermission},
		{KERN_NOT_RECEIVER, fs.ErrPermission},
		{BOOTSTRAP_NOT_PRIVILEGED, fs.ErrPermission},
		{MACH_SEND_MSG_FILTERED, fs.ErrPermission},
		{NETNAME_NOT_YOURS, fs.ErrPermission},
		{KERN_NAME_EXISTS, fs.ErrExist},
		{KERN_RIGHT_EXISTS, fs.ErrExist},
		{BOOTSTRAP_NAME_IN_USE, fs.ErrExist},
		{KERN_NOT_FOUND, fs.ErrNotExist},
		{KERN_TERMINATED, fs.ErrNotExist},
		{BOOTSTRAP_UNKNOWN_SERVICE, fs.ErrNotExist},
		{NETNAME_NOT_CHECKED_IN, fs.ErrNotExist},
		{KERN_OPERATION_TIMED_OUT, os.ErrDeadlineExceeded},
		{MACH_SEND_TIMED_OUT, os.ErrDeadlineExceeded},
		{MACH_RCV_TIMED_OUT, os.ErrDeadlineExceeded},
		{MACH_RCV_TIMED_OUT | MACH_MSG_VM_KERNEL, os.ErrDeadlineExceeded},
		{KERN_NOT_SUPPORTED, errors.ErrUnsupported},
		{MIG_BAD_ID, errors.ErrUnsupported},
		{UnixErr(1), fs.ErrPermission},
		{UnixErr(13), fs.ErrPermission},
		{UnixErr(66), fs.ErrExist},
		{UnixErr(78), errors.ErrUnsupported},
		{KERN_SUCCESS, nil},
		{KERN_FAILURE, nil},
		{MACH_SEND_INVALID_DEST, nil},
		{MIG_TYPE_ERROR, nil},
		{-1 << 31, nil},
		{1<<31 - 1, nil},
	} {
		for _, e := range general {
			if got := errors.Is(c.k, e); got != (e == c.want) {
				t.Errorf("errors.Is(%v, %v) = %v", c.k, e, got)
			}
		}
		if got := c.k.Timeout(); got != (c.want == os.ErrDeadlineExceeded) {
			t.Errorf("%v.Timeout() = %v", c.k, got)
		}
	}

	wrapped := fmt.Errorf("receive: %w", MACH_RCV_BODY_ERROR|MACH_MSG_VM_SPACE)
	for target, want := range map[error]bool{
		MACH_RCV_BODY_ERROR:                       true,
		MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL: true, // detail does not count
		MACH_RCV_HEADER_ERROR:                     false,
		MACH_SEND_NO_BUFFER:                       false,
	} {
		if got := errors.Is(wrapped, target); got != want {
			t.Errorf("errors.Is(%v, %v) = %v", wrapped, target, got)
		}
	}
	// Outside of message errors the same bits are part of the code.
	if errors.Is(KernReturn(1<<9|5), KERN_FAILURE) {
		t.Error("detail bits are masked off a kernel code")
	}
	if base, bits := (MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE).Detail(); base != MACH_RCV_BODY_ERROR || bits != MACH_MSG_VM_SPACE {
		t.Errorf("Detail: %v, %#x", base, int32(bits))
	}
	if base, bits := KernReturn(MACH_MSG_VM_SPACE).Detail(); base != MACH_MSG_VM_SPACE || bits != 0 {
		t.Errorf("Detail of a kernel code: %v, %#x", base, int32(bits))
	}
	if !errors.Is(KERN_NO_SPACE, syscall.ENOMEM) {
		t.Error("KERN_NO_SPACE is not ENOMEM")
	}
}

func FuzzKernReturn(f *testing.F) {
	f.Add(int32(0))
	f.Add(int32(MACH_RCV_BODY_ERROR | MACH_MSG_MASK))
	f.Add(int32(-1 << 31))
	f.Fuzz(func(t *testing.T, v int32) {
		k := KernReturn(v)
		if k.Error() == "" || k.Domain() == "" || !k.Is(k) {
			t.Errorf("%d: %q %q", v, k.Error(), k.Domain())
		}
		if (k.Description() == "") != (k.CName() == "") {
			t.Errorf("%d: described %q, named %q", v, k.Description(), k.CName())
		}
		_ = k.Errno()
		_ = k.Timeout()
	})
}
