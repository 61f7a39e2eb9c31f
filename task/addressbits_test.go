package task_test

import (
	"math/bits"
	"runtime"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// signed are registers of an arm64e thread: bits of the greatest address below,
// the signature above, and bit 55 of the address copied into nothing.
func signed(bits int, p uint64) task.Registers {
	r := task.Registers{CPU: mach.CPU_TYPE_ARM64, AddressBits: bits}
	r.ARM.PC, r.ARM.Sp, r.ARM.Fp = p, p, p
	return r
}

// How wide addresses are: macOS 47 bits (T0SZ_BOOT of xnu osfmk/arm64/proc_reg.h
// and MACH_VM_MAX_ADDRESS_RAW of osfmk/mach/arm/vm_param.h), iOS 39 or fewer
// (there), Linux on arm64 39, 42, 47, 48 or 52 (CONFIG_ARM64_VA_BITS).
func TestStripPointer(t *testing.T) {
	for _, x := range []struct {
		system  string
		bits    int
		p, want uint64
	}{
		{"macOS", 47, 0x0000_0001_8000_1234, 0x0000_0001_8000_1234},
		{"macOS", 47, 0xfe3a_8001_8000_1234, 0x0000_0001_8000_1234},
		{"macOS", 47, 0x0000_7fff_ffff_ffff, 0x0000_7fff_ffff_ffff},
		{"macOS", 47, 0x552d_8101_b749_9f3c, 0x0000_0101_b749_9f3c},
		{"iOS", 39, 0xfe3a_80f1_8000_1234, 0x0000_0071_8000_1234},
		{"iOS, by max_address", 36, 0xfe3a_80f1_8000_1234, 0x0000_0001_8000_1234},
		{"Linux, 48 bits", 48, 0x0000_ffff_c123_4560, 0x0000_ffff_c123_4560},
		{"Linux, 48 bits", 48, 0x002a_aaab_c123_4560, 0x0000_aaab_c123_4560},
		{"Linux, 52 bits", 52, 0x000f_ffff_c123_4560, 0x000f_ffff_c123_4560},
		{"macOS, an address of the kernel", 47, 0x02bf_fe00_1234_5678, 0xffff_fe00_1234_5678},
		{"not known", 0, 0xfe3a_8001_8000_1234, 0xfe3a_8001_8000_1234},
	} {
		r := signed(x.bits, x.p)
		for what, got := range map[string]uint64{"PC": r.PC(), "SP": r.SP(), "FP": r.FP(), "pointer": r.StripPointer(x.p)} {
			if got != x.want {
				t.Errorf("%s: %s %#x is %#x, want %#x", x.system, what, x.p, got, x.want)
			}
		}
		// The flag says that nothing in the state is signed
		// (<mach/arm/thread_status.h>).
		r.ARM.Pad = mach.DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH
		if r.PC() != x.p || r.SP() != x.p || r.FP() != x.p {
			t.Errorf("%s: registers that are not signed are %#x, %#x, %#x, want %#x", x.system, r.PC(), r.SP(), r.FP(), x.p)
		}
		// Nor is there a signature on Intel, whose addresses may have 57 bits.
		r = task.Registers{CPU: mach.CPU_TYPE_X86_64, AddressBits: x.bits}
		r.X86.Rip, r.X86.Rsp, r.X86.Rbp = x.p, x.p, x.p
		if r.PC() != x.p || r.SP() != x.p || r.FP() != x.p || r.StripPointer(x.p) != x.p {
			t.Errorf("Intel: %#x is %#x, %#x, %#x", x.p, r.PC(), r.SP(), r.FP())
		}
	}
}

// No address of a task has more bits than its width, and its registers bring
// it.
func TestAddressBits(t *testing.T) {
	begin(t)
	a := spawn(t)
	for _, x := range []*task.Task{task.Self(), a.Task, a.Task} {
		n, err := x.AddressBits()
		must(t, err)
		for r, err := range x.RegionsRecurse() {
			must(t, err)
			// vsyscall is in the kernel's half, and no part of the process.
			if w := bits.Len64(r.End() - 1); w > n && w < 64 {
				t.Errorf("%v: %v has %d bits, more than %d", x, r, w, n)
			}
		}
		if runtime.GOOS == "darwin" && n != 47 {
			t.Errorf("%d bits on macOS", n)
		}
	}
	want, _ := a.AddressBits()
	l, err := a.Threads()
	must(t, err)
	defer l.Close()
	for _, th := range l.All() {
		r, err := th.Registers()
		must(t, err)
		if r.AddressBits != want {
			t.Errorf("the registers have %d bits, the task %d", r.AddressBits, want)
		}
		// To a caller that is not arm64e, such as a Go program, no state is signed
		// (machine_thread_state_convert_to_user of xnu osfmk/arm64/status.c).
		if r.CPU == mach.CPU_TYPE_ARM64 && r.ARM.Pad != mach.DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH {
			t.Errorf("flags are %#x", r.ARM.Pad)
		}
	}
}
