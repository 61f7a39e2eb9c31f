//go:build linux && (amd64 || arm64)

package task_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

// Flavors and counts of this CPU's family (xnu osfmk/i386/pcb.c,
// osfmk/arm64/status.c).
func TestStateCounts(t *testing.T) {
	x := start(t)
	th := x.threads()[1]
	flavors := map[mach.ThreadStateFlavor]mach.MachMsgTypeNumber{
		mach.X86_THREAD_STATE64: mach.X86_THREAD_STATE64_COUNT, mach.X86_THREAD_STATE: mach.X86_THREAD_STATE_COUNT,
		mach.X86_FLOAT_STATE64: mach.X86_FLOAT_STATE64_COUNT, mach.X86_FLOAT_STATE: mach.X86_FLOAT_STATE_COUNT,
		mach.X86_DEBUG_STATE64: mach.X86_DEBUG_STATE64_COUNT, mach.X86_DEBUG_STATE: mach.X86_DEBUG_STATE_COUNT,
		mach.X86_EXCEPTION_STATE64: mach.X86_EXCEPTION_STATE64_COUNT, mach.X86_EXCEPTION_STATE: mach.X86_EXCEPTION_STATE_COUNT,
		mach.X86_PAGEIN_STATE: mach.X86_PAGEIN_STATE_COUNT,
	}
	bad := []mach.ThreadStateFlavor{mach.X86_THREAD_STATE32, mach.X86_FLOAT_STATE32, mach.X86_THREAD_FULL_STATE64, mach.X86_LAST_BRANCH_STATE, 99, -1}
	lists := map[mach.ThreadStateFlavor]mach.MachMsgTypeNumber{
		mach.THREAD_STATE_FLAVOR_LIST: 3, mach.THREAD_STATE_FLAVOR_LIST_NEW: 4, mach.THREAD_STATE_FLAVOR_LIST_10_9: 5,
		mach.THREAD_STATE_FLAVOR_LIST_10_13: 6, mach.THREAD_STATE_FLAVOR_LIST_10_15: 7,
	}
	if runtime.GOARCH == "arm64" {
		flavors = map[mach.ThreadStateFlavor]mach.MachMsgTypeNumber{
			mach.ARM_THREAD_STATE64: mach.ARM_THREAD_STATE64_COUNT, mach.ARM_UNIFIED_THREAD_STATE: mach.ARM_UNIFIED_THREAD_STATE_COUNT,
			mach.ARM_NEON_STATE64: mach.ARM_NEON_STATE64_COUNT, mach.ARM_DEBUG_STATE64: mach.ARM_DEBUG_STATE64_COUNT,
			mach.ARM_EXCEPTION_STATE64: mach.ARM_EXCEPTION_STATE64_COUNT, mach.ARM_PAGEIN_STATE: mach.ARM_PAGEIN_STATE_COUNT,
		}
		bad = []mach.ThreadStateFlavor{mach.ARM_THREAD_STATE32, mach.ARM_NEON_STATE, mach.ARM_DEBUG_STATE32, 99, -1}
		lists = map[mach.ThreadStateFlavor]mach.MachMsgTypeNumber{
			mach.THREAD_STATE_FLAVOR_LIST: 4, mach.THREAD_STATE_FLAVOR_LIST_NEW: 4, mach.THREAD_STATE_FLAVOR_LIST_10_15: 5,
		}
	}
	var room [1296]mach.Natural
	for flavor, want := range flavors {
		count := mach.MachMsgTypeNumber(len(room))
		must(t, mach.ThreadGetState(th, flavor, &room[0], &count))
		if count != want {
			t.Errorf("flavor %v: count %d, want %d", flavor, count, want)
		}
		count = want - 1
		is(t, mach.ThreadGetState(th, flavor, &room[0], &count), mach.KERN_INVALID_ARGUMENT)
	}
	for _, flavor := range bad {
		count := mach.MachMsgTypeNumber(len(room))
		is(t, mach.ThreadGetState(th, flavor, &room[0], &count), mach.KERN_INVALID_ARGUMENT)
	}
	for list, want := range lists {
		count := mach.MachMsgTypeNumber(len(room))
		must(t, mach.ThreadGetState(th, list, &room[0], &count))
		if count != want {
			t.Errorf("list %v has %d flavors, want %d", list, count, want)
		}
		count = want - 1
		is(t, mach.ThreadGetState(th, list, &room[0], &count), mach.KERN_INVALID_ARGUMENT)
	}
}

// TestSetState sends a thread elsewhere.
func TestSetState(t *testing.T) {
	x := start(t)
	th := x.threads()[1]
	must(t, mach.ThreadSuspend(th))
	must(t, mach.ThreadAbortSafely(th))
	x.moveTo(th, x.skip)
	must(t, mach.ThreadResume(th))
	x.Says("skipped")
	if x.runs() {
		t.Error("the thread is still where it was")
	}
	var room [1296]mach.Natural
	is(t, mach.ThreadSetState(th, 99, &room[0], 4), mach.KERN_INVALID_ARGUMENT)
	if runtime.GOARCH == "amd64" {
		is(t, mach.ThreadSetState(th, mach.X86_THREAD_STATE64, &room[0], mach.X86_THREAD_STATE64_COUNT-1), mach.KERN_INVALID_ARGUMENT)
		is(t, mach.ThreadSetState(th, mach.X86_EXCEPTION_STATE64, &room[0], mach.X86_EXCEPTION_STATE64_COUNT), mach.KERN_INVALID_ARGUMENT)
		var s mach.X86ThreadState64
		s.Rip = 1 << 50 // not canonical
		is(t, mach.ThreadSetState(th, mach.X86_THREAD_STATE64, mach.State(&s), mach.X86_THREAD_STATE64_COUNT), mach.KERN_INVALID_ARGUMENT)
	}
}

// moveTo sets a thread's program counter, with a stack as a call leaves it.
func (x *target) moveTo(th mach.MachPort, pc uint64) {
	x.t.Helper()
	if runtime.GOARCH == "arm64" {
		var s mach.ARMThreadState64
		count := mach.ARM_THREAD_STATE64_COUNT
		must(x.t, mach.ThreadGetState(th, mach.ARM_THREAD_STATE64, mach.State(&s), &count))
		s.PC, s.Sp = pc, s.Sp&^15
		must(x.t, mach.ThreadSetState(th, mach.ARM_THREAD_STATE64, mach.State(&s), count))
		return
	}
	var s mach.X86ThreadState64
	count := mach.X86_THREAD_STATE64_COUNT
	must(x.t, mach.ThreadGetState(th, mach.X86_THREAD_STATE64, mach.State(&s), &count))
	s.Rip, s.Rsp = pc, (s.Rsp-512)&^15-8
	must(x.t, mach.ThreadSetState(th, mach.X86_THREAD_STATE64, mach.State(&s), count))
}

// TestFloatState writes vector registers and reads them back.
func TestFloatState(t *testing.T) {
	x := start(t)
	th := x.threads()[0]
	must(t, mach.ThreadSuspend(th))
	defer mach.ThreadResume(th)
	if runtime.GOARCH == "arm64" {
		var s mach.ARMNeonState64
		count := mach.ARM_NEON_STATE64_COUNT
		must(t, mach.ThreadGetState(th, mach.ARM_NEON_STATE64, mach.State(&s), &count))
		s.V[9] = mach.Uint128{1, 2}
		must(t, mach.ThreadSetState(th, mach.ARM_NEON_STATE64, mach.State(&s), count))
		var got mach.ARMNeonState64
		must(t, mach.ThreadGetState(th, mach.ARM_NEON_STATE64, mach.State(&got), &count))
		if got != s {
			t.Errorf("%v", got.V[9])
		}
		return
	}
	var s, got mach.X86FloatState64
	count := mach.X86_FLOAT_STATE64_COUNT
	must(t, mach.ThreadGetState(th, mach.X86_FLOAT_STATE64, mach.State(&s), &count))
	if s.FPUMxcsr == 0 {
		t.Error("MXCSR is 0")
	}
	for i := range s.FPUXmm9.XmmReg {
		s.FPUXmm9.XmmReg[i] = byte(i + 1)
	}
	must(t, mach.ThreadSetState(th, mach.X86_FLOAT_STATE64, mach.State(&s), count))
	must(t, mach.ThreadGetState(th, mach.X86_FLOAT_STATE64, mach.State(&got), &count))
	if got.FPUXmm9 != s.FPUXmm9 || got.FPUMxcsr != s.FPUMxcsr {
		t.Errorf("%v", got.FPUXmm9)
	}
	var avx mach.X86AVXState64
	count = mach.X86_AVX_STATE64_COUNT
	if err := mach.ThreadGetState(th, mach.X86_AVX_STATE64, mach.State(&avx), &count); err != nil {
		t.Log("no AVX: ", err)
		return
	}
	if avx.FPUXmm9 != s.FPUXmm9 {
		t.Errorf("AVX: %v", avx.FPUXmm9)
	}
	avx.FPUYmmh9 = avx.FPUXmm9
	must(t, mach.ThreadSetState(th, mach.X86_AVX_STATE64, mach.State(&avx), count))
	var back mach.X86AVXState64
	must(t, mach.ThreadGetState(th, mach.X86_AVX_STATE64, mach.State(&back), &count))
	if back.FPUYmmh9 != avx.FPUYmmh9 || back.FPUXmm9 != avx.FPUXmm9 {
		t.Errorf("AVX: %v, %v", back.FPUXmm9, back.FPUYmmh9)
	}
}

func TestDebugState(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("Intel's debug registers")
	}
	x := start(t)
	th := x.threads()[0]
	must(t, mach.ThreadSuspend(th))
	defer mach.ThreadResume(th)
	s := mach.X86DebugState64{Dr0: x.skip, Dr7: 1}
	err := mach.ThreadSetState(th, mach.X86_DEBUG_STATE64, mach.State(&s), mach.X86_DEBUG_STATE64_COUNT)
	if errors.Is(err, mach.KERN_NOT_SUPPORTED) { // what is off is taken all the same
		s.Dr7 = 0
		must(t, mach.ThreadSetState(th, mach.X86_DEBUG_STATE64, mach.State(&s), mach.X86_DEBUG_STATE64_COUNT))
		t.Skip("this machine's debug registers stop no thread")
	}
	must(t, err)
	var got mach.X86DebugState64
	count := mach.X86_DEBUG_STATE64_COUNT
	must(t, mach.ThreadGetState(th, mach.X86_DEBUG_STATE64, mach.State(&got), &count))
	if got.Dr0 != x.skip || got.Dr7&1 == 0 {
		t.Errorf("%+v", got)
	}
	s.Dr7 = 2 // a global breakpoint
	is(t, mach.ThreadSetState(th, mach.X86_DEBUG_STATE64, mach.State(&s), mach.X86_DEBUG_STATE64_COUNT), mach.KERN_INVALID_ARGUMENT)
	s.Dr7 = 0
	must(t, mach.ThreadSetState(th, mach.X86_DEBUG_STATE64, mach.State(&s), mach.X86_DEBUG_STATE64_COUNT))
}
