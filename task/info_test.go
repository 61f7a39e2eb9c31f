package task_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Pitfall growing-records: flavored structs grow. The result knows which fields are valid.
func TestFieldsOfResult(t *testing.T) {
	var a task.InfoResult[mach.TaskVMInfo]
	type vm = mach.TaskVMInfo
	for _, x := range []struct {
		words                             mach.MachMsgTypeNumber
		revision                          int
		footprint, swapins, peak, virtual bool
	}{
		{0, 0, false, false, false, false},
		{mach.TASK_VM_INFO_REV0_COUNT, 0, false, false, false, true},
		{mach.TASK_VM_INFO_REV1_COUNT, 1, true, false, false, true},
		{mach.TASK_VM_INFO_REV3_COUNT, 3, true, false, false, true},
		{mach.TASK_VM_INFO_REV5_COUNT, 5, true, false, false, true},
		{mach.TASK_VM_INFO_REV6_COUNT, 6, true, true, false, true},
		{mach.TASK_VM_INFO_REV7_COUNT, 7, true, true, true, true},
	} {
		a.Words = x.words
		if got := task.VMInfoRevision(x.words); got != x.revision {
			t.Errorf("%d words are revision %d, want %d", x.words, got, x.revision)
		}
		for _, f := range []struct {
			name      string
			got, want bool
		}{
			{"VirtualSize", a.Has(func(v *vm) any { return &v.VirtualSize }), x.virtual},
			{"PhysFootprint", a.Has(func(v *vm) any { return &v.PhysFootprint }), x.footprint},
			{"LedgerSwapins", a.Has(func(v *vm) any { return &v.LedgerSwapins }), x.swapins},
			{"LedgerTagNeuralNofootprintPeak", a.Has(func(v *vm) any { return &v.LedgerTagNeuralNofootprintPeak }), x.peak},
			{"the whole", a.Has(func(v *vm) any { return v }), x.peak},
			{"Whole", a.Whole(), x.peak},
		} {
			if f.got != f.want {
				t.Errorf("%d words: %s is %v, want %v", x.words, f.name, f.got, f.want)
			}
		}
	}
	// What is no field.
	other := 1
	for _, x := range []any{nil, 1, &other, (*int)(nil), &a.Words, a.Value} {
		if a.Has(func(*vm) any { return x }) {
			t.Errorf("%T is a field", x)
		}
	}
	a.Words = mach.TASK_VM_INFO_COUNT
	if a.Has(nil) {
		t.Error("no choice is a field")
	}
}

func TestFootprint(t *testing.T) {
	begin(t)
	f, err := task.Self().Footprint()
	must(t, err)
	if f.Virtual < f.Resident || f.Resident == 0 || f.Physical == 0 || f.PageSize != page() || f.Regions == 0 || f.Revision < 1 {
		t.Errorf("footprint is %+v", f)
	}
	for end := time.Now().Add(5 * time.Second); ; {
		user, system, err := task.Self().Times()
		must(t, err)
		if user+system > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("seconds of work have cost no time")
		}
	}
}

// Every flavor answers, or is one that this system does not know.
func TestInfoFlavors(t *testing.T) {
	begin(t)
	flavor[mach.MachTaskBasicInfo](t)
	flavor[mach.TaskBasicInfo64](t)
	flavor[mach.TaskBasicInfo32](t)
	flavor[mach.TaskEventsInfo](t)
	flavor[mach.TaskThreadTimesInfo](t)
	flavor[mach.TaskAbsolutetimeInfo](t)
	flavor[mach.TaskKernelmemoryInfo](t)
	flavor[mach.SecurityToken](t)
	flavor[mach.TaskAffinityTagInfo](t)
	flavor[mach.TaskDyldInfo](t)
	flavor[mach.TaskExtmodInfo](t)
	flavor[mach.TaskPowerInfo](t)
	flavor[mach.TaskPowerInfoV2](t)
	flavor[mach.TaskVMInfo](t)
	flavor[mach.TaskTraceMemoryInfo](t)
	flavor[mach.TaskWaitStateInfo](t)
	flavor[mach.TaskFlagsInfo](t)
	if a := flavor[mach.AuditToken](t); int(a.Value.Val[5]) != os.Getpid() {
		t.Errorf("the audit token's process is %d, want %d", a.Value.Val[5], os.Getpid())
	}
}

func flavor[T task.InfoType](t *testing.T) task.InfoResult[T] {
	t.Helper()
	a, err := task.Info[T](task.Self())
	if errors.Is(err, mach.KERN_INVALID_ARGUMENT) || errors.Is(err, errors.ErrUnsupported) {
		t.Logf("%T: %v", a.Value, err)
		return a
	}
	must(t, err)
	if a.Words == 0 || a.Words > mach.CountOf[T]() {
		t.Errorf("%T has %d words, at most %d were asked for", a.Value, a.Words, mach.CountOf[T]())
	}
	return a
}

func TestTicks(t *testing.T) {
	for _, x := range []struct {
		v        uint64
		mul, div uint32
		want     uint64
	}{
		{0, 125, 3, 0}, {3, 125, 3, 125}, {1 << 58, 125, 3, 12009599006321322666},
		{1<<64 - 1, 1, 1, 1<<64 - 1}, {1<<64 - 1, 125, 3, 1<<64 - 1}, {1<<64 - 1, 3, 125, 442721857769029238},
	} {
		if got := task.Scale(x.v, x.mul, x.div); got != x.want {
			t.Errorf("%d·%d/%d is %d, want %d", x.v, x.mul, x.div, got, x.want)
		}
	}
}
