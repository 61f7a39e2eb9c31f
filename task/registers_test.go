package task_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Names reach every field of the state of either family, and the right one.
func TestRegisterNames(t *testing.T) {
	var arm, x86 task.Registers
	arm.CPU, x86.CPU = mach.CPU_TYPE_ARM64, mach.CPU_TYPE_X86_64
	for _, x := range []struct {
		r     *task.Registers
		names int
		first string
	}{{&arm, 35, "x0"}, {&x86, 21, "rax"}} {
		var names []string
		for name := range x.r.All() {
			names = append(names, name)
		}
		if len(names) != x.names || names[0] != x.first {
			t.Errorf("names are %v", names)
		}
		for i, name := range names {
			if !x.r.Set(name, uint64(i+1000)) {
				t.Errorf("%s cannot be set", name)
			}
		}
		i := 0
		for name, v := range x.r.All() {
			if v != uint64(i+1000) {
				t.Errorf("%s is %d, want %d", name, v, i+1000)
			}
			if got, ok := x.r.Get(name); !ok || got != v {
				t.Errorf("Get(%s) is %d, %v", name, got, ok)
			}
			if i++; i == 5 {
				break
			}
		}
		if x.r.Set("nothing", 1) {
			t.Error("a register without a name was set")
		}
		if _, ok := x.r.Get("nothing"); ok {
			t.Error("a register without a name was read")
		}
	}
	if arm.ARM.X[28] != 1028 || arm.ARM.Fp != 1029 || arm.ARM.Lr != 1030 || arm.ARM.Sp != 1031 || arm.ARM.PC != 1032 || arm.ARM.Cpsr != 1033 || arm.ARM.Pad != 1034 {
		t.Errorf("ARM state is %+v", arm.ARM)
	}
	if x86.X86.Rdi != 1004 || x86.X86.Rsi != 1005 || x86.X86.Rsp != 1007 || x86.X86.Rip != 1016 || x86.X86.Gs != 1020 {
		t.Errorf("Intel state is %+v", x86.X86)
	}
	if arm.Set("cpsr", 1<<32) {
		t.Error("a register of 32 bits took 33")
	}
	if arm.PC() != 1032 || arm.SP() != 1031 || arm.FP() != 1029 || x86.PC() != 1016 || x86.SP() != 1007 || x86.FP() != 1006 {
		t.Error("counter, stack or frame pointer is another register")
	}
}

// Arguments are in registers by the procedure call standards: x0 to x7 by Arm's
// AAPCS64, and rdi, rsi, rdx, rcx, r8, r9 by the System V ABI of x86-64, which
// Darwin keeps to for these.
func TestArguments(t *testing.T) {
	for cpu, names := range map[mach.CPUType][]string{
		mach.CPU_TYPE_ARM64:  {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"},
		mach.CPU_TYPE_X86_64: {"rdi", "rsi", "rdx", "rcx", "r8", "r9"},
	} {
		r := task.Registers{CPU: cpu}
		for i, name := range names {
			r.Set(name, uint64(100+i))
		}
		for i := range names {
			if v, ok := r.Arg(i); !ok || v != uint64(100+i) {
				t.Errorf("%v: argument %d is %d, %v", cpu, i, v, ok)
			}
		}
		for _, i := range []int{len(names), -1, math.MaxInt32} {
			if v, ok := r.Arg(i); ok || v != 0 {
				t.Errorf("%v: argument %d is %d, %v", cpu, i, v, ok)
			}
		}
	}
}

// Pitfall signed-counters: counters of arm64e are signed. The state keeps the signature and
// the flags that go with it; PC strips it.
func TestSignedCounterIsKept(t *testing.T) {
	const flags = mach.DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_PC | mach.DARWIN_ARM_THREAD_STATE64_FLAGS_CUSTOM_X18_ABI
	r := task.Registers{CPU: mach.CPU_TYPE_ARM64, AddressBits: 47} // macOS
	r.ARM.PC, r.ARM.Pad = 0xfe3a_8001_8000_1234, flags
	if r.PC() != 0x1_8000_1234 {
		t.Errorf("counter is %#x", r.PC())
	}
	if v, ok := r.Get("flags"); v != flags || !ok {
		t.Errorf("flags are %d", v)
	}
	if v, _ := r.Get("pc"); v != 0xfe3a_8001_8000_1234 || r.ARM.Pad != flags {
		t.Errorf("signed counter is %#x, flags %d", v, r.ARM.Pad)
	}
	r.SetPC(42)
	if r.ARM.PC != 42 || r.ARM.Pad != flags {
		t.Errorf("state is %#x, flags %d", r.ARM.PC, r.ARM.Pad)
	}
}

// Registers that are written are what the thread goes on with.
func TestSetRegisters(t *testing.T) {
	begin(t)
	a := spawn(t)
	must(t, a.Suspended(t.Context(), func(context.Context) error {
		l, err := a.Threads()
		must(t, err)
		defer l.Close()
		for _, th := range l.All() {
			was, err := th.Registers()
			must(t, err)
			// One that a thread which is in a call of the kernel does not
			// miss, and is restored.
			name := "r12"
			if was.CPU == mach.CPU_TYPE_ARM64 {
				name = "x20"
			}
			now := *was
			now.Set(name, 0x1122334455667788)
			must(t, th.SetRegisters(&now))
			got, err := th.Registers()
			must(t, err)
			// The resume flag is not for users (xnu osfmk/i386/eflags.h,
			// EFL_USER_CLEAR).
			const resume = 1 << 16
			got.X86.Rflags, now.X86.Rflags = got.X86.Rflags&^resume, now.X86.Rflags&^resume
			if *got != now {
				t.Errorf("registers are %+v after writing %+v", got, now)
			}
			must(t, th.SetRegisters(was))
		}
		return nil
	}))
	if !a.runs() {
		t.Error("the child does not run on with its registers restored")
	}
}

// Flavors of the two families have the same numbers: the other family's is
// refused before the kernel is asked.
func TestStateOfOtherFamily(t *testing.T) {
	begin(t)
	a := spawn(t)
	l, err := a.Threads()
	must(t, err)
	defer l.Close()
	for _, th := range l.All() {
		var other, own error
		if runtime.GOARCH == "arm64" {
			_, other = task.State[mach.X86ThreadState64](th)
			_, own = task.State[mach.ARMNeonState64](th)
		} else {
			_, other = task.State[mach.ARMThreadState64](th)
			wantErr(t, task.SetState(th, mach.ARMThreadState64{}), errors.ErrUnsupported)
			_, own = task.State[mach.X86FloatState64](th)
		}
		wantErr(t, other, errors.ErrUnsupported)
		must(t, own)
		break
	}
}

// stack is memory with a chain of frames.
func stack(frames ...[3]uint64) memory { // at, next, return address
	m := make(memory, 1<<16)
	for _, f := range frames {
		binary.LittleEndian.PutUint64(m[f[0]-base:], f[1])
		binary.LittleEndian.PutUint64(m[f[0]-base+8:], f[2])
	}
	return m
}

func TestStackWalk(t *testing.T) {
	const macOS = 47 // bits of an address
	chain := stack([3]uint64{base + 0x100, base + 0x200, 11}, [3]uint64{base + 0x200, base + 0x8000, 12}, [3]uint64{base + 0x8000, 0, 13})
	withSignature := stack([3]uint64{base + 0x100, base + 0x200, 0xfe3a<<48 | 11}, [3]uint64{base + 0x200, 0, 12})
	loop := stack([3]uint64{base + 0x100, base + 0x200, 11}, [3]uint64{base + 0x200, base + 0x100, 12})
	for name, x := range map[string]struct {
		m     memory
		fp    uint64
		limit int
		want  []uint64
	}{
		"whole":               {chain, base + 0x100, 100, []uint64{10, 11, 12, 13}},
		"limit":               {chain, base + 0x100, 3, []uint64{10, 11, 12}},
		"limit 0":             {chain, base + 0x100, 0, nil},
		"less":                {chain, base + 0x100, -1, nil},
		"signed":              {withSignature, base + 0x100, 100, []uint64{10, 11, 12}},
		"loop":                {loop, base + 0x100, 100, []uint64{10, 11, 12}},
		"no frame":            {chain, 0, 100, []uint64{10}},
		"crooked":             {chain, base + 0x101, 100, []uint64{10}},
		"nowhere":             {chain, 0xdead0000, 100, []uint64{10}},
		"the end of memory":   {chain, base + 1<<16 - 8, 100, []uint64{10}},
		"the end of all":      {chain, 1<<macOS - 8, 100, []uint64{10}},
		"no return address":   {chain, base + 0x400, 100, []uint64{10}},
		"last word of memory": {stack([3]uint64{base + 1<<16 - 16, 0, 14}), base + 1<<16 - 16, 100, []uint64{10, 14}},
	} {
		for _, cpu := range []mach.CPUType{mach.CPU_TYPE_ARM64, mach.CPU_TYPE_X86_64} {
			if name == "signed" && cpu == mach.CPU_TYPE_X86_64 {
				continue // there are no signatures
			}
			r := task.Registers{CPU: cpu, AddressBits: macOS}
			r.SetPC(10)
			r.ARM.Fp, r.X86.Rbp = x.fp, x.fp
			var got []uint64
			for _, f := range r.Stack(x.m, x.limit) {
				got = append(got, f.PC)
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("%s: stack is %v, want %v", name, got, x.want)
			}
		}
	}
}

func FuzzStack(f *testing.F) {
	f.Add([]byte(stack([3]uint64{base + 0x100, base + 0x200, 11})), uint64(base+0x100))
	f.Add([]byte{}, uint64(1<<64-8))
	f.Fuzz(func(t *testing.T, b []byte, fp uint64) {
		r := task.Registers{CPU: mach.CPU_TYPE_X86_64}
		r.X86.Rbp = fp
		if frames := r.Stack(memory(b), 50); len(frames) > 50 || len(frames) == 0 {
			t.Errorf("%d frames", len(frames))
		}
	})
}

// The stacks of a Go program lead to where goroutines and threads begin.
func TestStackOfChild(t *testing.T) {
	begin(t)
	a := spawn(t)
	deep := 0
	must(t, a.Suspended(t.Context(), func(context.Context) error {
		l, err := a.Threads()
		must(t, err)
		defer l.Close()
		for _, th := range l.All() {
			frames, err := th.Stack(100)
			must(t, err)
			// The outermost may be of C code without frame pointers, as with
			// the race detector.
			good := 0
			for _, f := range frames {
				r, err := a.RegionAt(f.PC - 1)
				if err != nil || r.Protection&mach.VM_PROT_EXECUTE == 0 {
					break
				}
				good++
			}
			if good == 0 {
				t.Errorf("the innermost frame of %v is in no code", frames)
			}
			deep = max(deep, good)
		}
		return nil
	}))
	if deep < 3 {
		t.Errorf("the deepest stack has %d frames", deep)
	}
}

func TestOwnThread(t *testing.T) {
	begin(t)
	a := spawn(t)
	l, err := a.Threads()
	must(t, err)
	list := l.Take()
	name := list[0].Relinquish()
	if name == mach.MACH_PORT_NULL || list[0].Relinquish() != mach.MACH_PORT_NULL {
		t.Error("the right cannot be handed over once")
	}
	th := task.OwnThread(name, nil)
	if _, err := th.ID(); err != nil {
		t.Error(err)
	}
	_, err = th.Stack(5)
	wantErr(t, err, task.ErrClosed)
	must(t, th.Close())
	for _, th := range list {
		must(t, th.Close())
	}
	var none *task.Thread
	must(t, none.Close())
	wantErr(t, none.Suspend(t.Context()), task.ErrClosed)
	if !bytes.HasPrefix([]byte(none.String()), []byte("thread")) {
		t.Error("no thread has no name")
	}
}
