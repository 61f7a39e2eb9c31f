package conformance_test

import (
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

// denied is what copies of a size answer where a page must not be read or
// written. Small ones go by a buffer of the kernel's, whose errors do not say
// what was wrong (xnu osfmk/vm/vm_map.c vm_map_copyin_kernel_buffer,
// vm_map_copyout_kernel_buffer; osfmk/kern/kalloc.h KHEAP_MAX_SIZE); XNU's
// tests/vm/vm_allocation.c tells them apart in test_read_partially_unreadable_range,
// test_write_partially_unwriteable_range and the tests of copies.
func denied(size uint64) mach.KernReturn {
	small := uint64(32 << 10)
	if runtime.GOARCH == "amd64" {
		small = 16 << 10
	}
	if size <= small {
		return mach.KERN_INVALID_ADDRESS
	}
	return mach.KERN_PROTECTION_FAILURE
}

// A range whose second half cannot be read or written, small and large, aligned
// and not. Of a large one nothing is written; of a small one what lies before.
func TestPartlyDenied(t *testing.T) {
	begin(t)
	for _, size := range []uint64{2 * page(), 32 * page()} {
		for _, skew := range []uint64{0, 1} {
			for _, unmapped := range []bool{false, true} {
				partlyDenied(t, size, skew, unmapped)
			}
		}
	}
}

func partlyDenied(t *testing.T, size, skew uint64, absent bool) {
	t.Helper()
	n := size - skew
	good, bad := alloc(t, size), alloc(t, size)
	fill(good, int(size), 3)
	code := denied(n)
	if absent {
		deallocate(t, bad+size/2, size/2)
		code = mach.KERN_INVALID_ADDRESS
	} else {
		protect(t, bad+size/2, size/2, 0, mach.VM_PROT_NONE)
	}
	var out uint64
	var count uint32
	got := uint64(7)
	want(t, "mach_vm_read", mach.MachVMRead(self(), bad+skew, n, &out, &count), code)
	want(t, "vm_read", mach.VMRead(self(), bad+skew, n, &out, &count), code)
	want(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(self(), bad+skew, n, good, &got), code)
	want(t, "mach_vm_copy", mach.MachVMCopy(self(), bad+skew, n, good), code)
	filled(t, "the destination of what cannot be read", view(good, int(size)), 3)
	list := make([]mach.MachVMReadEntry, mach.VM_MAP_ENTRY_MAX)
	list[0] = mach.MachVMReadEntry{Address: bad + skew, Size: n}
	want(t, "mach_vm_read_list", mach.MachVMReadList(self(), &list[0], 1), code)

	begun := byte(0)
	if n <= 32<<10 && denied(n) == mach.KERN_INVALID_ADDRESS {
		begun = view(good, 1)[0]
	}
	for _, w := range []struct {
		fn  string
		err func() error
	}{
		{"mach_vm_read_overwrite", func() error { return mach.MachVMReadOverwrite(self(), good, n, bad+skew, &got) }},
		{"vm_read_overwrite", func() error { return mach.VMReadOverwrite(self(), good, n, bad+skew, &got) }},
		{"mach_vm_copy", func() error { return mach.MachVMCopy(self(), good, n, bad+skew) }},
		{"vm_copy", func() error { return mach.VMCopy(self(), good, n, bad+skew) }},
		{"mach_vm_write", func() error { return mach.MachVMWrite(self(), bad+skew, good, uint32(n)) }},
		{"vm_write", func() error { return mach.VMWrite(self(), bad+skew, good, uint32(n)) }},
	} {
		view(bad+skew, 1)[0] = 0
		want(t, w.fn, w.err(), code)
		byteIs(t, "the first byte of the destination", bad+skew, begun)
	}
	if got != 7 || out != 0 || count != 0 {
		t.Errorf("results changed: %d, %#x, %d", got, out, count)
	}
}

// xnu osfmk/vm/vm_sanitize.c: ranges whose end is no address, and nothing at
// all at addresses where nothing is.
func TestCopyEdges(t *testing.T) {
	begin(t)
	a := alloc(t, page())
	nowhere := absentAddress(t)
	var out, got uint64
	var count uint32
	last := ^uint64(0)
	want(t, "mach_vm_read", mach.MachVMRead(self(), last, page(), &out, &count), mach.KERN_INVALID_ADDRESS)
	want(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(self(), last, page(), a, &got), mach.KERN_INVALID_ADDRESS)
	want(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(self(), a, page(), last, &got), mach.KERN_INVALID_ADDRESS)
	want(t, "mach_vm_write", mach.MachVMWrite(self(), last, a, uint32(page())), mach.KERN_INVALID_ADDRESS)
	want(t, "mach_vm_copy", mach.MachVMCopy(self(), last, page(), a), mach.KERN_INVALID_ADDRESS)
	want(t, "mach_vm_copy", mach.MachVMCopy(self(), a, page(), last), mach.KERN_INVALID_ADDRESS)
	want(t, "mach_vm_copy", mach.MachVMCopy(self(), a, last, a), mach.KERN_INVALID_ADDRESS)
	ok(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(self(), nowhere, 0, nowhere, &got))
	ok(t, "mach_vm_write", mach.MachVMWrite(self(), nowhere, a, 0))
	ok(t, "mach_vm_copy", mach.MachVMCopy(self(), nowhere, 0, nowhere))
	ok(t, "mach_vm_read", mach.MachVMRead(self(), nowhere, 0, &out, &count))
	equal(t, "bytes read", count, 0)
}
