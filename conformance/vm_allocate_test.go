package conformance_test

import (
	"bytes"
	"testing"

	"github.com/gomach/mach"
)

// region is what mach_vm_region says about the region at or after addr.
func region(t testing.TB, addr uint64) (start, size uint64, info mach.VMRegionBasicInfo64) {
	t.Helper()
	start = addr
	n := mach.VM_REGION_BASIC_INFO_COUNT_64
	name := mach.MachPort(7)
	ok(t, "mach_vm_region", mach.MachVMRegion(self(), &start, &size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &n, &name))
	equal(t, "count", n, mach.VM_REGION_BASIC_INFO_COUNT_64)
	equal(t, "object name", name, none)
	return start, size, info
}

// unmapped checks that nothing is mapped at addr.
func unmapped(t testing.TB, addr uint64) {
	t.Helper()
	var data uint64
	var n uint32
	err := mach.MachVMRead(self(), addr, 1, &data, &n)
	if err == nil {
		mach.MachVMDeallocate(self(), data, uint64(n))
	}
	want(t, "mach_vm_read", err, mach.KERN_INVALID_ADDRESS)
}

// xnu osfmk/vm/vm_user.c, mach_vm_allocate_external; tests/vm/vm_allocation.c.
func TestAllocateAnywhere(t *testing.T) {
	begin(t)
	for _, size := range []uint64{1, page() - 1, page(), page() + 1, 10 * page(), 1 << 20} {
		a := alloc(t, size)
		if a == 0 || a%page() != 0 {
			t.Errorf("%d bytes are at %#x", size, a)
		}
		whole := (size + page() - 1) &^ (page() - 1)
		if !bytes.Equal(view(a, int(whole)), make([]byte, whole)) {
			t.Errorf("%d new bytes are not all zero", whole)
		}
		fill(a, int(whole), 1)
		filled(t, "memory", view(a, int(whole)), 1)
		start, length, info := region(t, a)
		if start > a || start+length < a+whole {
			t.Errorf("the region is %#x + %#x, for %#x + %#x", start, length, a, whole)
		}
		equal(t, "protection", info.Protection, mach.VM_PROT_DEFAULT)
		equal(t, "maximum protection", info.MaxProtection, mach.VM_PROT_ALL)
		equal(t, "inheritance", info.Inheritance, mach.VM_INHERIT_DEFAULT)
		equal(t, "shared", info.Shared.Bool(), false)
	}
}

// xnu osfmk/vm/vm_user.c, mach_vm_allocate_external: a size of 0.
func TestAllocateNothing(t *testing.T) {
	begin(t)
	a := uint64(77)
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, 0, mach.VM_FLAGS_ANYWHERE))
	equal(t, "address", a, 0)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), 0, 0))
}

// xnu osfmk/vm/vm_map.c, vm_map_enter: fixed addresses, rounded down.
func TestAllocateFixed(t *testing.T) {
	begin(t)
	base := alloc(t, 4*page())
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), base+page(), 2*page()))
	a := base + page() + 5
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, page(), mach.VM_FLAGS_FIXED+tagged))
	equal(t, "address", a, base+page())
	for _, c := range []struct {
		addr, size uint64
		flags      int32
		codes      []mach.KernReturn
	}{
		{base, page(), mach.VM_FLAGS_FIXED, []mach.KernReturn{mach.KERN_NO_SPACE}},
		{base + 2*page(), 2 * page(), mach.VM_FLAGS_FIXED, []mach.KernReturn{mach.KERN_NO_SPACE}},
		{0xffff_ffff_ffff_0000, page(), mach.VM_FLAGS_FIXED, []mach.KernReturn{mach.KERN_INVALID_ADDRESS, mach.KERN_INVALID_ARGUMENT}},
		{1 << 60, page(), mach.VM_FLAGS_FIXED, []mach.KernReturn{mach.KERN_INVALID_ADDRESS}},
		{0, end(t) - 1<<20, mach.VM_FLAGS_ANYWHERE, []mach.KernReturn{mach.KERN_NO_SPACE}},
		{0, page(), mach.VM_FLAGS_ANYWHERE | 1<<21, []mach.KernReturn{mach.KERN_INVALID_ARGUMENT}},
	} {
		x := c.addr
		want(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &x, c.size, c.flags), c.codes...)
	}
	var x uint64
	want(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &x, ^uint64(0), mach.VM_FLAGS_ANYWHERE), mach.KERN_INVALID_ARGUMENT)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), base, 4*page()))
}

// xnu osfmk/vm/vm_map.c, vm_map_enter with VM_FLAGS_OVERWRITE, in memory of
// the test.
func TestAllocateOverwrite(t *testing.T) {
	begin(t)
	base := alloc(t, 3*page())
	fill(base, int(3*page()), 2)
	a := base + page()
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, page(), mach.VM_FLAGS_FIXED|mach.VM_FLAGS_OVERWRITE+tagged))
	equal(t, "address", a, base+page())
	if !bytes.Equal(view(a, int(page())), make([]byte, page())) {
		t.Error("the page in the middle is not new")
	}
	filled(t, "the page before", view(base, int(page())), 2)
}

// xnu osfmk/vm/vm_user.c, mach_vm_deallocate: holes are no error.
func TestDeallocate(t *testing.T) {
	begin(t)
	base := alloc(t, 5*page())
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), base+2*page()+3, 7))
	unmapped(t, base+2*page())
	view(base+page(), 1)[0] = 1
	view(base+3*page(), 1)[0] = 1
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), base, 5*page()))
	for i := uint64(0); i < 5; i++ {
		unmapped(t, base+i*page())
	}
	want(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), ^uint64(0)-page(), 4*page()), mach.KERN_INVALID_ARGUMENT)
	want(t, "vm_deallocate", mach.VMDeallocate(self(), ^uint64(0)-page(), 4*page()), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/vm/vm_user.c: the vm_ forms are the mach_vm_ forms.
func TestVMForms(t *testing.T) {
	begin(t)
	var a uint64
	ok(t, "vm_allocate", mach.VMAllocate(self(), &a, 2*page(), anywhere))
	fill(a, int(2*page()), 5)
	var data uint64
	var n uint32
	ok(t, "vm_read", mach.VMRead(self(), a, page(), &data, &n))
	filled(t, "memory read", view(data, int(n)), 5)
	view(data, 1)[0] ^= 0xff
	ok(t, "vm_write", mach.VMWrite(self(), a, data, 16))
	equal(t, "first byte", view(a, 1)[0], 5^0xff)
	ok(t, "vm_deallocate", mach.VMDeallocate(self(), data, uint64(n)))
	ok(t, "vm_copy", mach.VMCopy(self(), a, page(), a+page()))
	equal(t, "first byte of the copy", view(a+page(), 1)[0], 5^0xff)
	ok(t, "vm_protect", mach.VMProtect(self(), a, page(), 0, mach.VM_PROT_READ))
	var size uint64
	var info mach.VMRegionBasicInfo64
	count := mach.VM_REGION_BASIC_INFO_COUNT_64
	var name mach.MachPort
	start := a
	ok(t, "vm_region_64", mach.VMRegion64(self(), &start, &size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &count, &name))
	equal(t, "protection", info.Protection, mach.VM_PROT_READ)
	ok(t, "vm_inherit", mach.VMInherit(self(), a, page(), mach.VM_INHERIT_NONE))
	out := alloc(t, page())
	var got uint64
	ok(t, "vm_read_overwrite", mach.VMReadOverwrite(self(), a, 32, out, &got))
	equal(t, "bytes read", got, 32)
	ok(t, "vm_behavior_set", mach.VMBehaviorSet(self(), a, page(), mach.VM_BEHAVIOR_RANDOM))
	ok(t, "vm_msync", mach.VMMsync(self(), a, page(), mach.VM_SYNC_ASYNCHRONOUS))
	var disposition, refs int32
	ok(t, "vm_map_page_query", mach.VMMapPageQuery(self(), a, &disposition, &refs))
	equal(t, "present", disposition&mach.VM_PAGE_QUERY_PAGE_PRESENT, mach.VM_PAGE_QUERY_PAGE_PRESENT)
	ok(t, "vm_deallocate", mach.VMDeallocate(self(), a, 2*page()))

	var x uint64 = 1 << 60
	want(t, "vm_allocate", mach.VMAllocate(self(), &x, page(), mach.VM_FLAGS_FIXED), mach.KERN_INVALID_ADDRESS)
	x = out
	want(t, "vm_allocate", mach.VMAllocate(self(), &x, page(), mach.VM_FLAGS_FIXED), mach.KERN_NO_SPACE)
	want(t, "vm_allocate", mach.VMAllocate(self(), &x, page(), 1|1<<21), mach.KERN_INVALID_ARGUMENT)
}
