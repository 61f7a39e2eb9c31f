//go:build amd64 || arm64

package task_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/target"
	"github.com/gomach/mach/task"
)

// cProgram starts a C program of testdata, and gives its task and what it says.
func cProgram(t *testing.T, source string) (*task.Task, string) {
	t.Helper()
	begin(t)
	x := target.StartProgram(t, source)
	line := x.Line()
	of, err := task.ForPID(t.Context(), x.PID())
	must(t, err)
	t.Cleanup(func() { of.Close() })
	return of, line
}

// stopped runs f while the task is suspended, with its only thread, once that
// is where it is to be.
func stopped(t *testing.T, of *task.Task, there func(*task.Registers) bool, f func(*task.Thread, *task.Registers)) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		arrived := false
		must(t, of.Suspended(t.Context(), func(context.Context) error {
			threads, err := of.Threads()
			if err != nil {
				return err
			}
			defer threads.Close()
			for _, th := range threads.All() { // there is one
				r, err := th.Registers()
				if err != nil {
					return err
				}
				if arrived = there(r); arrived {
					f(th, r)
				}
			}
			return nil
		}))
		if arrived {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the thread does not come to where it is to be")
		}
	}
}

// The stack of a C program's first thread, which lies where addresses end:
// SP, FP and PC are whole addresses there, and the walk sees every frame, also where
// return addresses are signed (the program of testdata has them so).
func TestStackOfProgram(t *testing.T) {
	of, line := cProgram(t, "testdata/frames.c")
	var here, leaf, middle, outer, start uint64
	if _, err := fmt.Sscanf(line, "0x%x 0x%x 0x%x 0x%x 0x%x", &here, &leaf, &middle, &outer, &start); err != nil {
		t.Fatal(line, err)
	}
	functions := []uint64{leaf, middle, outer, start}
	// in tells which of the functions an address is in: the one that begins last
	// before it.
	in := func(pc uint64) (begin uint64) {
		for _, f := range functions {
			if f <= pc && f > begin {
				begin = f
			}
		}
		return begin
	}
	seen := 0
	there := func(r *task.Registers) bool { // the second time, it has set up its frame
		if in(r.PC()) == leaf && r.PC()-leaf < 256 {
			seen++
		}
		return seen > 1
	}
	stopped(t, of, there, func(th *task.Thread, r *task.Registers) {
		if r.SP() > here || here-r.SP() > 4096 || r.FP() < r.SP() || r.FP()-r.SP() > 4096 {
			t.Errorf("sp %#x, fp %#x, a variable of main is at %#x", r.SP(), r.FP(), here)
		}
		frames, err := th.Stack(20)
		must(t, err)
		var got []uint64
		for _, f := range frames[:min(4, len(frames))] {
			got = append(got, in(f.PC))
		}
		// A function that calls nothing has no frame on arm64, so that the walk
		// passes over its caller.
		if !slices.Equal(got, functions) && !slices.Equal(got[:min(3, len(got))], []uint64{leaf, outer, start}) {
			t.Errorf("frames %x, functions %x", frames, functions)
		}
		if signs(t) && !slices.ContainsFunc(frames[1:min(4, len(frames))], func(f task.Frame) bool {
			var raw [8]byte
			_, err := of.ReadMemory(raw[:], f.FP+8)
			must(t, err)
			return binary.LittleEndian.Uint64(raw[:]) != f.PC
		}) {
			t.Errorf("no return address in %x was signed", frames)
		}
	})
}

// signs tells whether pointers are signed here: the feature paca of Linux's
// Documentation/arch/arm64/elf_hwcaps.rst.
func signs(t *testing.T) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/cpuinfo")
	must(t, err)
	return slices.Contains(strings.Fields(string(text)), "paca")
}

// What a thread has in its registers is what it put there.
func TestEveryRegister(t *testing.T) {
	of, _ := cProgram(t, "testdata/known.c")
	const known = 0xabcd_0000_0000_1100
	there := func(r *task.Registers) bool {
		if r.CPU == mach.CPU_TYPE_ARM64 {
			return r.ARM.Lr == known+30
		}
		return r.X86.R15 == known+15
	}
	stopped(t, of, there, func(th *task.Thread, r *task.Registers) {
		var got []uint64
		if r.CPU == mach.CPU_TYPE_ARM64 {
			got = append(r.ARM.X[:len(r.ARM.X):len(r.ARM.X)], r.ARM.Fp, r.ARM.Lr)
			if r.ARM.Cpsr>>28 != 6 { // N, Z, C, V: equal is Z and C
				t.Errorf("cpsr %#x", r.ARM.Cpsr)
			}
			v, err := task.State[mach.ARMNeonState64](th)
			must(t, err)
			for n, x := range v.V {
				if want := uint64(n) * 0x0101_0101_0101_0101; x != (mach.Uint128{want, want}) {
					t.Errorf("v%d is %x, want %x twice", n, x, want)
				}
			}
		} else {
			x := r.X86
			got = []uint64{x.Rax, x.Rbx, x.Rcx, x.Rdx, x.Rsi, x.Rdi, x.Rbp, known + 7, x.R8, x.R9, x.R10, x.R11, x.R12, x.R13, x.R14, x.R15}
			if x.Rflags&0x8d5 != 0x44 { // equal is ZF and PF, of OF SF ZF AF PF CF
				t.Errorf("rflags %#x", x.Rflags)
			}
			v, err := task.State[mach.X86FloatState64](th)
			must(t, err)
			for n, x := range []mach.DarwinXmmReg{v.FPUXmm0, v.FPUXmm1, v.FPUXmm2, v.FPUXmm3, v.FPUXmm4, v.FPUXmm5, v.FPUXmm6, v.FPUXmm7,
				v.FPUXmm8, v.FPUXmm9, v.FPUXmm10, v.FPUXmm11, v.FPUXmm12, v.FPUXmm13, v.FPUXmm14, v.FPUXmm15} {
				if want := slices.Repeat([]byte{byte(n)}, 16); string(x.XmmReg[:]) != string(want) {
					t.Errorf("xmm%d is %x, want %x", n, x.XmmReg, want)
				}
			}
		}
		for n, x := range got {
			if x != known+uint64(n) {
				t.Errorf("register %d is %#x, want %#x", n, x, known+uint64(n))
			}
		}
	})
}
