package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// mapped maps an entry, or a copy of it.
func mapped(t testing.TB, e mach.MachPort, size uint64, copied mach.Boolean) uint64 {
	t.Helper()
	var a uint64
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &a, size, 0, anywhere, e, 0, copied, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_DEFAULT))
	t.Cleanup(func() { mach.MachVMDeallocate(self(), a, size) })
	return a
}

func byteIs(t testing.TB, what string, addr uint64, b byte) {
	t.Helper()
	equal(t, what, view(addr, 1)[0], b)
}

// xnu osfmk/vm/vm_map.c vm_map_enter_mem_object, vm_object_copy_strategically:
// a copy of an entry does not change with it, whoever was mapped first.
func TestCopyOfAnEntryIsASnapshot(t *testing.T) {
	begin(t)
	e := created(t, 2*page(), mach.VM_PROT_DEFAULT)
	empty := mapped(t, e, 2*page(), 1) // before anything shows the entry
	source := mapped(t, e, 2*page(), 0)
	view(source, 1)[0] = 1
	byteIs(t, "the copy of the empty entry", empty, 0)
	first := mapped(t, e, 2*page(), 1)
	view(source, 1)[0] = 2
	second := mapped(t, e, 2*page(), 1)
	view(source, 1)[0] = 3
	view(source+page(), 1)[0] = 4
	byteIs(t, "the copy of the empty entry", empty, 0)
	byteIs(t, "the first copy", first, 1)
	byteIs(t, "the first copy's second page", first+page(), 0)
	byteIs(t, "the second copy", second, 2)
	view(first, 1)[0] = 5
	byteIs(t, "the source", source, 3)
	byteIs(t, "the second copy", second, 2)
	byteIs(t, "another mapping of the entry", mapped(t, e, 2*page(), 0), 3)

	// A copy that is remapped, and one of a part.
	var current, most mach.VMProt
	var remapped uint64
	ok(t, "mach_vm_remap", mach.MachVMRemap(self(), &remapped, page(), 0, mach.VM_FLAGS_ANYWHERE, self(), source+page(), 1, &current, &most, mach.VM_INHERIT_DEFAULT))
	defer deallocate(t, remapped, page())
	view(source+page(), 1)[0] = 6
	byteIs(t, "the remapped copy", remapped, 4)
}

// osfmk/vm/vm_memory_entry.c mach_make_memory_entry_copy: the entry is a
// snapshot; who maps it without copy shares the snapshot, who maps it with copy
// has one of that moment.
func TestCopyEntryIsASnapshot(t *testing.T) {
	begin(t)
	source := alloc(t, 2*page())
	view(source, 1)[0] = 1
	e, _ := entry(t, source, 2*page(), vmCopy|mach.VM_PROT_DEFAULT)
	view(source, 1)[0] = 2
	private := mapped(t, e, 2*page(), 1)
	shared := mapped(t, e, 2*page(), 0)
	other := mapped(t, e, 2*page(), 0)
	for _, a := range []uint64{private, shared, other} {
		byteIs(t, "the snapshot", a, 1)
	}
	view(shared, 1)[0] = 3
	byteIs(t, "the source", source, 2)
	byteIs(t, "another mapping of the snapshot", other, 3)
	byteIs(t, "the copy of the snapshot", private, 1)
	byteIs(t, "a later copy of the snapshot", mapped(t, e, 2*page(), 1), 3)
	// The same of memory that is shared already.
	plain, _ := entry(t, source, 2*page(), mach.VM_PROT_DEFAULT)
	view := view(mapped(t, plain, 2*page(), 0), 1)
	e, _ = entry(t, source, 2*page(), vmCopy|mach.VM_PROT_DEFAULT)
	view[0] = 7
	byteIs(t, "the source", source, 7)
	byteIs(t, "the snapshot", mapped(t, e, 2*page(), 0), 2)
}

// A copy of what was never written takes no memory, however large it is.
func TestCopyOfALargeEntry(t *testing.T) {
	begin(t)
	const size = 1 << 30
	e := created(t, size, mach.VM_PROT_DEFAULT)
	source := mapped(t, e, size, 0)
	view(source+size/2, 1)[0] = 1
	copied := mapped(t, e, size, 1)
	var again uint64
	var current, most mach.VMProt
	ok(t, "mach_vm_remap", mach.MachVMRemap(self(), &again, size, 0, mach.VM_FLAGS_ANYWHERE, self(), source, 1, &current, &most, mach.VM_INHERIT_DEFAULT))
	defer deallocate(t, again, size)
	snap, _ := entry(t, source, size, vmCopy|mach.VM_PROT_DEFAULT)
	shared := mapped(t, snap, size, 0)
	view(source+size/2, 1)[0] = 2
	for _, a := range []uint64{copied, again, shared} {
		byteIs(t, "the copy", a+size/2, 1)
		var info mach.VMRegionExtendedInfo
		n := mach.VM_REGION_EXTENDED_INFO_COUNT
		at, length := a, uint64(0)
		var object mach.MachPort
		ok(t, "mach_vm_region", mach.MachVMRegion(self(), &at, &length, mach.VM_REGION_EXTENDED_INFO, mach.Info(&info), &n, &object))
		if info.PagesResident > 64 {
			t.Errorf("%d pages of a copy of which one was read are in memory", info.PagesResident)
		}
	}
}
