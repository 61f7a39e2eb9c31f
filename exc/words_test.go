package exc_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
)

// The layouts are those of <kern/exc_guard.h>, <kern/exc_resource.h> and
// xnu bsd/kern/kern_exit.c (proc_prepareexit, proc_encode_exit_exception_code);
// the numbers those of <sys/reason.h>, <sys/guarded.h> and <sys/signal.h>.
func TestWords(t *testing.T) {
	packed := func(typ, flavor uint64, rest int64) int64 { return int64(typ<<61|flavor<<58) | rest }
	guard := func(typ, flavor uint64, target int64) int64 { return int64(typ<<61|flavor<<32) | target }
	for _, c := range []struct {
		typ           mach.ExceptionType
		code, subcode int64
		want          string
	}{
		{mach.EXC_BAD_ACCESS, 2, 0x1000, "bad access to 0x1000: mach: protection failure (KERN_PROTECTION_FAILURE)"},
		{mach.EXC_BAD_ACCESS, 50, 0x1000, "bad access to 0x1000: " + mach.KERN_CODESIGN_ERROR.Error()},
		{mach.EXC_BAD_ACCESS, 0x7777, 0, "bad access: 0x7777"},
		{mach.EXC_SOFTWARE, 0x10003, 10, "software: EXC_SOFT_SIGNAL SIGBUS"}, // Darwin's 10, which is SIGUSR1 on Linux
		{mach.EXC_SOFTWARE, 0x10000, 0, "software: EXC_UNIX_BAD_SYSCALL"},
		{mach.EXC_SOFTWARE, 0x20003, 0, "software: EXC_MACF_MIN+3"},
		{mach.EXC_SYSCALL, -3, 0, "system call -3"},
		{mach.EXC_CRASH, 6 << 24, 0, "crash by SIGABRT"},
		{mach.EXC_CRASH, 9<<24 | 12<<20 | 5, 0x99, "crash by SIGKILL after EXC_GUARD (0x5, 0x99)"},
		{mach.EXC_CRASH, 99 << 24, 0, "crash by Signal(99)"},
		{mach.EXC_RESOURCE, packed(2, 1, 300<<20|45000), 60000, "RESOURCE_TYPE_WAKEUPS FLAVOR_WAKEUPS_MONITOR: limit 45000 wakeups per second, observed 60000 wakeups per second, over 5m0s"},
		{mach.EXC_RESOURCE, packed(3, 2, 1400), 0, "RESOURCE_TYPE_MEMORY FLAVOR_DIAG_MEMLIMIT: limit 1400 MiB"},
		{mach.EXC_RESOURCE, packed(4, 2, 86400<<15|24000), 24001, "RESOURCE_TYPE_IO FLAVOR_IO_LOGICAL_WRITES: limit 24000 MiB, observed 24001 MiB, over 24h0m0s"},
		{mach.EXC_RESOURCE, packed(5, 1, 2049), 0, "RESOURCE_TYPE_THREADS FLAVOR_THREADS_HIGH_WATERMARK: observed 2049 threads"},
		{mach.EXC_RESOURCE, packed(6, 1, 200000), 0, "RESOURCE_TYPE_PORTS FLAVOR_PORT_SPACE_FULL: observed 200000 ports"},
		{mach.EXC_RESOURCE, packed(7, 3, 1), 0, "ResourceType(7) Flavor(3)"},
		{mach.EXC_GUARD, guard(1, 2, 0x1203), 9, "GUARD_TYPE_MACH_PORT kGUARD_EXC_MOD_REFS: port 0x1203, payload 0x9"},
		{mach.EXC_GUARD, guard(2, 1<<1|1<<6, 5), 9, "GUARD_TYPE_FD kGUARD_EXC_DUP|kGUARD_EXC_WRITE: descriptor 5, guard 0x9"},
		{mach.EXC_GUARD, guard(4, 1<<2, 77), 9, "GUARD_TYPE_VN kGUARD_EXC_UNLINK: process 77, guard 0x9"},
		{mach.EXC_GUARD, guard(5, 0x100000|200, 0), 0x4000, "GUARD_TYPE_VIRT_MEMORY kGUARD_EXC_MTE_SYNC_FAULT|kGUARD_EXC_MTE_SOFT_MODE: offset 0x4000"},
		{mach.EXC_GUARD, guard(3, 0, 6), 4, "GUARD_TYPE_USER: OS_REASON_DYLD 4"},
		{mach.EXC_GUARD, guard(6, 0, 0), 61, "GUARD_TYPE_REJECTED_SC: system call 61"},
		{mach.EXC_GUARD, guard(6, 0, 1), 31, "GUARD_TYPE_REJECTED_SC: Mach trap 31"},
		{mach.EXC_GUARD, guard(7, 3, 1), 2, "GuardType(7) flavor 0x3: target 0x1, subcode 0x2"},
		{mach.EXC_CORPSE_NOTIFY, 10, 2<<32 | 11, "corpse after EXC_CRASH: OS_REASON_SIGNAL SIGSEGV"},
		{mach.EXC_CORPSE_NOTIFY, 10, 3<<32 | 2, "corpse after EXC_CRASH: OS_REASON_CODESIGNING CODESIGNING_EXIT_REASON_INVALID_PAGE"},
		{mach.EXC_CORPSE_NOTIFY, 10, 9<<32 | 8, "corpse after EXC_CRASH: OS_REASON_EXEC EXEC_EXIT_REASON_SECURITY_POLICY"},
		{mach.EXC_CORPSE_NOTIFY, 11, 0, "corpse after EXC_RESOURCE"},
	} {
		e := &exc.Exception{Type: c.typ, Codes: []int64{c.code, c.subcode}}
		if got := fmt.Sprint(e.Detail()); got != c.want {
			t.Errorf("%v: %s\nwant %s", e, got, c.want)
		}
	}
}

// The same number is another code on another processor, and another thing in
// another type of exception.
func TestCodeName(t *testing.T) {
	const x86, arm = mach.CPU_TYPE_X86_64, mach.CPU_TYPE_ARM64
	for _, c := range []struct {
		typ  mach.ExceptionType
		cpu  mach.CPUType
		code int64
		want string
	}{
		{mach.EXC_BAD_ACCESS, x86, 13, "EXC_I386_GPFLT"}, // not KERN_NAME_EXISTS
		{mach.EXC_BAD_ACCESS, arm, 13, "0xd"},
		{mach.EXC_BAD_ACCESS, arm, 0x101, "EXC_ARM_DA_ALIGN"},
		{mach.EXC_BAD_ACCESS, x86, 1, "KERN_INVALID_ADDRESS"},
		{mach.EXC_BAD_INSTRUCTION, x86, 1, "EXC_I386_INVOP"},
		{mach.EXC_BAD_INSTRUCTION, arm, 1, "EXC_ARM_UNDEFINED"},
		{mach.EXC_ARITHMETIC, x86, 2, "EXC_I386_INTO"},
		{mach.EXC_ARITHMETIC, arm, 2, "EXC_ARM_FP_DZ"},
		{mach.EXC_BREAKPOINT, mach.CPU_TYPE_X86, 2, "EXC_I386_BPT"},
		{mach.EXC_BREAKPOINT, arm, 0x102, "EXC_ARM_DA_DEBUG"},
		{mach.EXC_SOFTWARE, arm, 7, "0x7"},
		{mach.EXC_SOFTWARE, x86, 7, "EXC_I386_BOUND"},
		{mach.EXC_BAD_ACCESS, x86, -1, "0xffffffffffffffff"},
	} {
		got := exc.CodeName(c.typ, c.cpu, c.code)
		if got != c.want {
			t.Errorf("%v %d on %v: %s, want %s", c.typ, c.code, c.cpu, got, c.want)
		}
		if back, err := exc.ParseCode(c.typ, got); back != c.code || err != nil {
			t.Errorf("%s is %d, %v", got, back, err)
		}
	}
	if v, err := exc.ParseCode(mach.EXC_SOFTWARE, exc.CodeName(mach.EXC_SOFTWARE, x86, 0x2ffff)); v != 0x2ffff || err != nil {
		t.Errorf("the last MACF code is %#x, %v", v, err)
	}
	_, err := exc.ParseCode(mach.EXC_BREAKPOINT, "EXC_I386_GPFLT")
	if unknown := (*mach.UnknownNameError)(nil); !errors.As(err, &unknown) {
		t.Errorf("a name of another type: %v", err)
	}
	if v, is := (exc.BadAccess{Code: 13}).Kern(); is {
		t.Errorf("13 is %v", v)
	}
	if v, is := (exc.BadAccess{Code: 1}).Kern(); !is || v != mach.KERN_INVALID_ADDRESS {
		t.Errorf("1 is %v, %v", v, is)
	}
}
