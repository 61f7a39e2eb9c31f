package conformance_test

import (
	"fmt"
	"testing"

	"github.com/gomach/mach"
)

// What xnu's own tests of memory assert, in the words of this suite;
// docs/xnu-tests.md lists the files.

// xnu tests/vm_test_mach_map.c, vm_remap_zero.
func TestRemapOfNothing(t *testing.T) {
	begin(t)
	a := alloc(t, page())
	for _, size := range []uint64{0, 1<<64 - 2} {
		var to uint64
		var current, most mach.VMProt
		want(t, "mach_vm_remap", mach.MachVMRemap(self(), &to, size, 0, mach.VM_FLAGS_ANYWHERE, self(), a, 0, &current, &most, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_ARGUMENT)
	}
}

// xnu tests/vm/vm_memory_entry_parent_test.c: a copy is no parent, and a parent
// gives no more than it has.
func TestParentEntries(t *testing.T) {
	begin(t)
	const size = 16 << 10
	a := alloc(t, size)
	copied, _ := entry(t, a, size, vmCopy|mach.VM_PROT_DEFAULT)
	_, _, err := makeEntry(t, a, size, vmCopy|mach.VM_PROT_DEFAULT, copied)
	want(t, "mach_make_memory_entry_64", err, mach.KERN_INVALID_ARGUMENT)

	var readOnly mach.MachPort
	ok(t, "mach_memory_object_memory_entry_64", mach.MachMemoryObjectMemoryEntry64(host(t), 1, size, mach.VM_PROT_READ, none, &readOnly))
	t.Cleanup(func() { mach.MachPortDeallocate(self(), readOnly) })
	_, _, err = makeEntry(t, 0, size, mach.VM_PROT_DEFAULT, readOnly)
	want(t, "mach_make_memory_entry_64", err, mach.KERN_PROTECTION_FAILURE)
	masked, _, err := makeEntry(t, 0, size, mach.VM_PROT_DEFAULT|mach.VM_PROT_IS_MASK, readOnly)
	ok(t, "mach_make_memory_entry_64", err)
	for _, e := range []mach.MachPort{readOnly, masked} {
		var at uint64
		want(t, "mach_vm_map", mach.MachVMMap(self(), &at, size, 0, anywhere, e, 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_RIGHT)
		ok(t, "mach_vm_map", mach.MachVMMap(self(), &at, size, 0, anywhere, e, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_READ, mach.VM_INHERIT_DEFAULT))
		deallocate(t, at, size)
	}
}

// xnu tests/vm/mach_vm_map.c, vm_map_enter_mem_object_overflow: sizes and offsets
// that wrap are refused.
func TestMapOfAnEntryBeyondTheEnd(t *testing.T) {
	begin(t)
	const size = 16 << 10
	a := alloc(t, 2*size)
	e, _ := entry(t, a+size/2, size, vmCopy|mach.VMProt(mach.MAP_MEM_USE_DATA_ADDR)|mach.VM_PROT_DEFAULT)
	const data = mach.VM_FLAGS_RETURN_DATA_ADDR
	for _, c := range []struct {
		size, offset uint64
		flags        int32
	}{{1<<64 - 1, 0, 0}, {size, 1<<64 - 1, data}, {size, 1<<64 - size - 1, data}, {size, 1<<64 - 2*size, data}} {
		var at uint64
		err := mach.MachVMMap(self(), &at, c.size, 0, anywhere|c.flags, e, c.offset, 1, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_DEFAULT)
		want(t, "mach_vm_map", err, mach.KERN_INVALID_ARGUMENT)
	}
}

// xnu tests/vm/mach_vm_map.c, mach_vm_map_unaligned: an entry of bytes that no
// page begins or ends with, mapped at offsets and with sizes of all kinds.
func TestMapOfUnalignedEntries(t *testing.T) {
	begin(t)
	const unit = 16 << 10
	const at, length = unit - 128, unit + 256 // of the entry
	p := page()
	a := alloc(t, 3*unit)
	if a%unit != 0 {
		// The figures below are of an entry that begins shortly before a page.
		t.Logf("memory at %#x", a)
	}
	words := view(a, 3*unit)
	for i := 0; i < len(words); i += 4 {
		words[i], words[i+1], words[i+2], words[i+3] = byte(i/4), byte(i/4>>8), byte(i/4>>16), 0
	}
	data := mach.VMProt(mach.MAP_MEM_USE_DATA_ADDR)
	var ranges [][2]uint64
	for _, base := range []uint64{0, unit} {
		for _, start := range []uint64{0, 64, p - 64, p, p + 64} {
			for _, end := range []uint64{64, 128, 256, p, p + 64, 2*p - 64, 2 * p} {
				if base+end > start {
					ranges = append(ranges, [2]uint64{start, base + end})
				}
			}
		}
	}
	for _, how := range []mach.VMProt{0, vmCopy, vmShare, data, vmCopy | data, vmShare | data} {
		for _, flags := range []int32{0, mach.VM_FLAGS_RETURN_DATA_ADDR} {
			for _, r := range ranges {
				what := fmt.Sprintf("entry %#x, flags %#x, [%#x, %#x)", uint32(how), flags, r[0], r[1])
				unaligned(t, what, a, at, length, how, flags, r[0], r[1]-r[0])
			}
		}
	}
}

func down(v uint64) uint64 { return v &^ (page() - 1) }
func up(v uint64) uint64   { return down(v + page() - 1) }

// unaligned maps size bytes at offset of an entry for length bytes of a+at.
func unaligned(t *testing.T, what string, a, at, length uint64, how mach.VMProt, flags int32, offset, size uint64) {
	t.Helper()
	e, got, err := makeEntry(t, a+at, length, how|mach.VM_PROT_DEFAULT, none)
	ok(t, "mach_make_memory_entry_64", err)
	whole := how&(vmCopy|vmShare) != 0
	exact, dataAddr := how&mach.VMProt(mach.MAP_MEM_USE_DATA_ADDR) != 0, flags != 0
	wantSize := up(at%page() + length)
	if exact {
		wantSize = at%page() + length
	}
	equal(t, what+": size of the entry", got, wantSize)
	used := uint64(0)
	if dataAddr {
		if used = offset; exact {
			used += at
		}
	}
	fails := up(used+size) > up(at+length) || offset%page() != 0 && !dataAddr && !whole
	var to uint64
	err = mach.MachVMMap(self(), &to, size, 0, anywhere|flags, e, offset, 1, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_DEFAULT)
	if fails {
		if codeOf(err) != mach.KERN_INVALID_ARGUMENT {
			t.Errorf("%s: %v, want KERN_INVALID_ARGUMENT", what, err)
		}
		if err == nil {
			mach.MachVMDeallocate(self(), down(to), up(size))
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	wantOffset := uint64(0)
	if dataAddr {
		wantOffset = used % page()
	}
	equal(t, what+": offset in the page", to%page(), wantOffset)
	mappedSize, first := up(used+size)-down(used), down(at)+down(offset)
	switch {
	case whole:
		mappedSize, first = up(at+length)-down(at), down(at)
	case exact:
		first = down(at + offset)
	}
	base, n := to, uint64(0)
	var info mach.VMRegionBasicInfo64
	words := mach.VM_REGION_BASIC_INFO_COUNT_64
	var object mach.MachPort
	ok(t, "mach_vm_region", mach.MachVMRegion(self(), &base, &n, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &words, &object))
	equal(t, what+": where the region begins", base, down(to))
	equal(t, what+": size of the region", n, mappedSize)
	for off := uint64(4); off < n; off += page() {
		w := view(base+off, 4)
		equal(t, fmt.Sprintf("%s: word at %#x", what, off), uint64(w[0])|uint64(w[1])<<8|uint64(w[2])<<16, (first+off)/4)
	}
	deallocate(t, base, n)
}
