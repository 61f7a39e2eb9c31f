package mach

import (
	"runtime"
	"testing"
)

// Values of macros that C folds to constants are held against C in
// internal/abi/measure; here stand those with side effects, and those of
// headers that the Zig tree lacks.

func TestMachTimespec(t *testing.T) {
	ts := func(sec uint32, nsec int32) *MachTimespec { return &MachTimespec{TvSec: sec, TvNsec: nsec} }
	for _, c := range []struct{ a, b, sum, diff *MachTimespec }{
		{ts(1, 5), ts(0, 3), ts(1, 8), ts(1, 2)},
		{ts(1, 999999999), ts(2, 1), ts(4, 0), ts(0xffffffff, 999999998)},
		{ts(3, 1), ts(1, 2), ts(4, 3), ts(1, 999999999)},
		{ts(0, 0), ts(0, 999999999), ts(0, 999999999), ts(0xffffffff, 1)},
	} {
		sum, diff := *c.a, *c.a
		AddMachTimespec(&sum, c.b)
		SubMachTimespec(&diff, c.b)
		if sum != *c.sum || diff != *c.diff {
			t.Errorf("%v and %v: sum %v, difference %v; want %v, %v", *c.a, *c.b, sum, diff, *c.sum, *c.diff)
		}
	}
	same := *ts(1, 600000000)
	AddMachTimespec(&same, &same)
	if same != *ts(3, 200000000) {
		t.Errorf("twice 1.6 s is %v", same)
	}
	for _, c := range []struct {
		a, b *MachTimespec
		want int64
	}{
		{ts(2, 0), ts(1, 999999999), 1000000000},
		{ts(1, 0), ts(2, 0), -1000000000},
		{ts(1, 5), ts(1, 7), -2},
		{ts(1, 5), ts(1, 5), 0},
	} {
		if got := CmpMachTimespec(c.a, c.b); got != c.want {
			t.Errorf("compare %v and %v: %d, want %d", *c.a, *c.b, got, c.want)
		}
	}
	for nsec, bad := range map[int32]bool{-1: true, 0: false, 999999999: false, 1000000000: true} {
		if BadMachTimespec(ts(0, nsec)) != bad {
			t.Errorf("%d nanoseconds: bad is %v", nsec, !bad)
		}
	}
}

func TestTimeValue(t *testing.T) {
	v := TimeValue{Seconds: 1, Microseconds: 600000}
	TimeValueAddUsec(&v, 399999)
	if v.Seconds != 1 || v.Microseconds != 999999 {
		t.Errorf("after 399999 µs: %v", v)
	}
	TimeValueAddUsec(&v, 1)
	if v.Seconds != 2 || v.Microseconds != 0 {
		t.Errorf("after 1 µs: %v", v)
	}
	v.Microseconds = 500001
	TimeValueAdd(&v, &v)
	if v.Seconds != 5 || v.Microseconds != 2 {
		t.Errorf("twice 2.500001 s: %v", v)
	}
}

func TestTags(t *testing.T) {
	flags := VM_FLAGS_ANYWHERE | VMMakeTag(VM_MEMORY_MALLOC)
	if got := VMGetFlagsAlias(flags); got != VM_MEMORY_MALLOC {
		t.Errorf("tag %d", got)
	}
	VMSetFlagsAlias(&flags, 250)
	if got := VMGetFlagsAlias(flags); got != 250 || uint32(flags) != 250<<24|VM_FLAGS_ANYWHERE {
		t.Errorf("tag %d in flags %#x", got, uint32(flags))
	}
	word := uint32(VM_PROT_READ)
	SetMapMem(MAP_MEM_WCOMB, &word)
	if GetMapMem(word) != MAP_MEM_WCOMB || word&0xffffff != uint32(VM_PROT_READ) {
		t.Errorf("permission word %#x", word)
	}
	zone := uint64(7)
	SetMziCollectableBytes(&zone, 100)
	SetMziCollectableFlag(&zone, false)
	if GetMziCollectableBytes(zone) != 100 || GetMziCollectableFlag(zone) != 1 {
		t.Errorf("collectable word %#x", zone)
	}
	zone = 8
	SetMziCollectableFlag(&zone, true)
	if zone != 9 {
		t.Errorf("collectable word %#x", zone)
	}
	for f, invalid := range map[MemoryObjectFlavor]bool{10: false, 11: false, 12: false, 13: true, 14: false, 15: false, 0: true} {
		if InvalidMemoryObjectFlavor(f) != invalid {
			t.Errorf("memory object flavor %d: invalid is %v", f, !invalid)
		}
	}
}

// Bit fields by xnu osfmk/kern/exc_resource.h and exc_guard.h.
func TestExceptionDecoders(t *testing.T) {
	word := func(v uint64) MachExceptionDataType { return MachExceptionDataType(v) }
	cpu := word(RESOURCE_TYPE_CPU<<61 | FLAVOR_CPU_MONITOR_FATAL<<58 | 180<<7 | 50)
	wakeups := word(RESOURCE_TYPE_WAKEUPS<<61 | FLAVOR_WAKEUPS_MONITOR<<58 | 300<<20 | 150)
	io := word(RESOURCE_TYPE_IO<<61 | FLAVOR_IO_LOGICAL_WRITES<<58 | 86400<<15 | 24000)
	memory := word(RESOURCE_TYPE_MEMORY<<61 | FLAVOR_HIGH_WATERMARK<<58 | 1400)
	ports := word(RESOURCE_TYPE_PORTS<<61 | FLAVOR_PORT_SPACE_FULL<<58 | 200000)
	guard := word(GUARD_TYPE_REJECTED_SC<<61 | 1<<60 | 9<<32 | 0xfffffff7)
	for i, c := range []struct{ got, want uint64 }{
		{ExcResourceDecodeResourceType(cpu), RESOURCE_TYPE_CPU},
		{ExcResourceDecodeFlavor(cpu), FLAVOR_CPU_MONITOR_FATAL},
		{ExcResourceCpumonitorDecodeInterval(cpu), 180},
		{ExcResourceCpumonitorDecodePercentage(cpu), 50},
		{ExcResourceCpumonitorDecodePercentageObserved(0x80 | 93), 93},
		{ExcResourceDecodeResourceType(wakeups), RESOURCE_TYPE_WAKEUPS},
		{ExcResourceCpumonitorDecodeWakeupsPermitted(wakeups), 150},
		{ExcResourceCpumonitorDecodeObservationInterval(wakeups), 300},
		{ExcResourceCpumonitorDecodeWakeupsObserved(1<<20 | 45001), 45001},
		{ExcResourceIODecodeInterval(io), 86400},
		{ExcResourceIODecodeLimit(io), 24000},
		{ExcResourceIOObserved(0x8000 | 24001), 24001},
		{ExcResourceHwmDecodeLimit(memory), 1400},
		{ExcResourceThreadsDecodeThreads(0x8000 | 4097), 4097},
		{ExcResourceThreadsDecodePorts(ports), 200000},
		{ExcResourceDecodeResourceType(ports), RESOURCE_TYPE_PORTS},
		{ExcGuardDecodeGuardType(guard), GUARD_TYPE_REJECTED_SC},
		{ExcGuardDecodeGuardFlavor(guard), 1<<28 | 9},
		{uint64(ExcGuardDecodeGuardTarget(guard)), 0xfffffff7},
	} {
		if c.got != c.want {
			t.Errorf("row %d: %d, want %d", i, c.got, c.want)
		}
	}
}

func TestStateFlavors(t *testing.T) {
	valid, core := 0, 0
	for f := ThreadStateFlavor(0); f < 100; f++ {
		if ValidThreadStateFlavor(f) {
			valid++
		}
		if FlavorModifiesCoreCPURegisters(f) {
			core++
			if !ValidThreadStateFlavor(f) {
				t.Errorf("flavor %d holds the registers and is not valid", f)
			}
		}
	}
	// Counted in the two headers.
	wantValid, wantCore := 14, 3
	if runtime.GOARCH == "amd64" {
		wantValid, wantCore = 23, 4
	}
	if valid != wantValid || core != wantCore {
		t.Errorf("%d flavors are valid, %d hold the registers; want %d and %d", valid, core, wantValid, wantCore)
	}
	if !ValidThreadStateFlavor(THREAD_STATE_NONE) {
		t.Error("THREAD_STATE_NONE is not valid")
	}
}

func TestPointerStrip(t *testing.T) {
	const signed, plain = 0x5a3b000104a2c4f0, 0x104a2c4f0
	if got := StripPointer(signed, 47); got != plain {
		t.Errorf("stripped to %#x", got)
	}
	if got := StripPointer(0x00a3fe0012345678|1<<55, 47); got != 0xfffffe0012345678 {
		t.Errorf("kernel address stripped to %#x", got)
	}
	for _, bits := range []int{-1, 0, 56, 64, 1 << 30} {
		if got := StripPointer(signed, bits); got != signed {
			t.Errorf("stripped to %#x with an address space of %d bits", got, bits)
		}
	}

	ts := ARMThreadState64{PC: signed, Lr: signed, Sp: signed, Fp: 0}
	if ARMThreadState64GetPC(&ts) != plain || ARMThreadState64GetPCFptr(&ts) != signed || ARMThreadState64GetLr(&ts) != plain ||
		ARMThreadState64GetSp(&ts) != plain || ARMThreadState64GetFp(&ts) != 0 {
		t.Errorf("getters of a signed state: %+v", ts)
	}
	ts.Pad = DARWIN_ARM_THREAD_STATE64_FLAGS_IB_SIGNED_LR
	if ARMThreadState64GetLr(&ts) != signed || ARMThreadState64GetPC(&ts) != plain {
		t.Error("a return address signed with the B key is stripped")
	}
	ts.Pad = DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_PC | 0xab000000
	ARMThreadState64PtrauthStrip(&ts)
	if want := (ARMThreadState64{PC: plain, Lr: plain, Sp: plain, Pad: DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH | 0xab000000}); ts != want {
		t.Errorf("stripped: %+v", ts)
	}
	ts.PC = signed
	if ARMThreadState64GetPC(&ts) != signed {
		t.Error("an unsigned state is stripped")
	}
	ts.Pad = DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_PC | DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_LR | DARWIN_ARM_THREAD_STATE64_FLAGS_IB_SIGNED_LR
	ARMThreadState64SetPCFptr(&ts, 1)
	ARMThreadState64SetLrPresignedFptr(&ts, 2)
	ARMThreadState64SetSp(&ts, 3)
	ARMThreadState64SetFp(&ts, 4)
	if want := (ARMThreadState64{PC: 1, Lr: 2, Sp: 3, Fp: 4}); ts != want {
		t.Errorf("setters: %+v", ts)
	}
}
