package task_test

import (
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// asked is what Info offers and what comes back for a type.
func asked[T task.InfoType](t *testing.T) {
	t.Helper()
	a, err := task.Info[T](task.Self())
	name := reflect.TypeFor[T]().Name()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	size := reflect.TypeFor[T]().Size()
	if a.Words == 0 || uintptr(a.Words)*4 > size {
		t.Errorf("%s: %d words of %d bytes came back", name, a.Words, size)
	}
	if a.Whole() != (uintptr(a.Words)*4 == size) {
		t.Errorf("%s: %d words of %d bytes are whole: %v", name, a.Words, size, a.Whole())
	}
}

// Pitfall counts-in-words: counts are in 32-bit words: not bytes, not elements. A count that
// is too small is refused, one that is too large lets the kernel write behind the
// struct.
func TestCountsAreWords(t *testing.T) {
	begin(t)
	for _, f := range []func(*testing.T){
		asked[mach.MachTaskBasicInfo], asked[mach.TaskBasicInfo64], asked[mach.TaskBasicInfo32], asked[mach.TaskEventsInfo],
		asked[mach.TaskThreadTimesInfo], asked[mach.TaskAbsolutetimeInfo], asked[mach.TaskKernelmemoryInfo], asked[mach.SecurityToken],
		asked[mach.AuditToken], asked[mach.TaskAffinityTagInfo], asked[mach.TaskDyldInfo], asked[mach.TaskExtmodInfo], asked[mach.TaskPowerInfo],
		asked[mach.TaskPowerInfoV2], asked[mach.TaskVMInfo], asked[mach.TaskWaitStateInfo], asked[mach.TaskFlagsInfo],
	} {
		f(t)
	}
	// The count that is sent, of the walk of regions.
	for range task.WalkRegions(func(_, _ *uint64, _ *uint32, info *mach.VMRegionSubmapInfo64, n *uint32) error {
		if size := reflect.TypeOf(*info).Size(); uintptr(*n)*4 != size {
			t.Errorf("a struct of %d bytes is sent as %d words", size, *n)
		}
		return mach.KERN_INVALID_ADDRESS
	}) {
	}
	// What has come back says which fields are good: up to that word.
	a := task.InfoResult[mach.TaskVMInfo]{Words: 10}
	v := reflect.TypeOf(a.Value)
	for i := range v.NumField() {
		f := v.Field(i)
		if f.PkgPath != "" || f.Name == "_" {
			continue
		}
		if want, got := f.Offset+f.Type.Size() <= 40, a.Has(func(v *mach.TaskVMInfo) any { return reflect.ValueOf(v).Elem().Field(i).Addr().Interface() }); got != want {
			t.Errorf("of 10 words, %s at byte %d of %d bytes is there: %v", f.Name, f.Offset, f.Type.Size(), got)
		}
	}
}

// Pitfall packed-fields: the structs are packed to four bytes. Fields of 64 bits begin at
// odd words and come out whole.
func TestPackedFields(t *testing.T) {
	begin(t)
	var info mach.VMRegionSubmapInfo64
	// <mach/vm_region.h>, vm_region_submap_info_64: the offset is at byte 12, the
	// full object number at byte 68, and the struct ends there.
	const offset, object = 0x0123456789abcdef, 0xfedcba9876543210
	b := make([]byte, reflect.TypeOf(info).Size())
	binary.LittleEndian.PutUint64(b[12:], offset)
	binary.LittleEndian.PutUint64(b[68:], object)
	if len(b) != 76 {
		t.Fatalf("the struct has %d bytes", len(b))
	}
	calls := 0
	for r, err := range task.WalkRegions(func(addr, size *uint64, _ *uint32, info *mach.VMRegionSubmapInfo64, _ *uint32) error {
		if calls++; calls > 1 {
			return mach.KERN_INVALID_ADDRESS
		}
		*addr, *size = 0x4000, 0x4000
		_, err := binary.Decode(b, binary.LittleEndian, info)
		return err
	}) {
		must(t, err)
		if r.Offset != offset || r.Object != object {
			t.Errorf("offset %#x, object %#x", r.Offset, r.Object)
		}
	}
	if n := reflect.TypeFor[mach.TaskDyldInfo]().Size(); n != 20 {
		t.Errorf("task_dyld_info has %d bytes", n)
	}
	// The same figure, of a struct that is packed and of one that need not be.
	d, err := task.Info[mach.MachTaskBasicInfo](task.Self())
	must(t, err)
	f, err := task.Self().Footprint()
	must(t, err)
	if v := d.Value.VirtualSize; v == 0 || f.Virtual < v/2 || f.Virtual/2 > v || f.Resident > f.Virtual {
		t.Errorf("%d bytes by one flavor, %+v by the other", v, f)
	}
}
