package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/vm/vm_map.c, vm_map_region: walking finds each region once, in
// order, and ends with KERN_INVALID_ADDRESS.
func TestRegionWalk(t *testing.T) {
	begin(t)
	a := alloc(t, 3*page())
	protect(t, a+page(), page(), 0, mach.VM_PROT_READ)
	var addr, size, before uint64
	found, n := 0, 0
	for {
		var info mach.VMRegionBasicInfo64
		count := mach.VM_REGION_BASIC_INFO_COUNT_64
		var name mach.MachPort
		err := mach.MachVMRegion(self(), &addr, &size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &count, &name)
		if err != nil {
			want(t, "mach_vm_region", err, mach.KERN_INVALID_ADDRESS)
			break
		}
		n++
		if addr < before || size == 0 || addr%page() != 0 || size%page() != 0 {
			t.Fatalf("region %#x + %#x after %#x", addr, size, before)
		}
		if addr <= a+page() && addr+size > a+page() {
			found++
			equal(t, "start", addr, a+page())
			equal(t, "size", size, page())
			equal(t, "protection", info.Protection, mach.VM_PROT_READ)
		}
		before = addr + size
		addr += size
	}
	equal(t, "times that the page was found", found, 1)
	if n < 5 {
		t.Errorf("only %d regions", n)
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_region, VM_REGION_EXTENDED_INFO and
// VM_REGION_TOP_INFO.
func TestRegionFlavors(t *testing.T) {
	begin(t)
	a := alloc(t, 4*page())
	fill(a, int(2*page()), 1)
	addr, size := a, uint64(0)
	var name mach.MachPort
	var ext mach.VMRegionExtendedInfo
	n := mach.VM_REGION_EXTENDED_INFO_COUNT
	ok(t, "mach_vm_region", mach.MachVMRegion(self(), &addr, &size, mach.VM_REGION_EXTENDED_INFO, mach.Info(&ext), &n, &name))
	equal(t, "count", n, mach.VM_REGION_EXTENDED_INFO_COUNT)
	equal(t, "protection", ext.Protection, mach.VM_PROT_DEFAULT)
	equal(t, "tag", ext.UserTag, tag)
	if ext.PagesResident < 2 || ext.PagesDirtied < 2 {
		t.Errorf("%d pages resident, %d dirty, of at least 2", ext.PagesResident, ext.PagesDirtied)
	}
	equal(t, "external pager", ext.ExternalPager, 0)
	var top mach.VMRegionTopInfo
	n = mach.VM_REGION_TOP_INFO_COUNT
	addr = a
	ok(t, "mach_vm_region", mach.MachVMRegion(self(), &addr, &size, mach.VM_REGION_TOP_INFO, mach.Info(&top), &n, &name))
	equal(t, "count", n, mach.VM_REGION_TOP_INFO_COUNT)
	equal(t, "share mode", mach.ShareMode(top.ShareMode), mach.SM_PRIVATE)
	if top.PrivatePagesResident < 2 {
		t.Errorf("%d private pages resident, of at least 2", top.PrivatePagesResident)
	}
	// The flavor of 32-bit systems stands for the other (vm_user.c).
	var old mach.VMRegionBasicInfo64
	n = mach.VM_REGION_BASIC_INFO_COUNT_64
	addr = a
	ok(t, "mach_vm_region", mach.MachVMRegion(self(), &addr, &size, mach.VM_REGION_BASIC_INFO, mach.Info(&old), &n, &name))
	equal(t, "protection", old.Protection, mach.VM_PROT_DEFAULT)
	equal(t, "maximum protection", old.MaxProtection, mach.VM_PROT_ALL)
}

// xnu osfmk/vm/vm_map.c, vm_map_region_recurse_64: the full, the short and the
// older forms.
func TestRegionRecurse(t *testing.T) {
	begin(t)
	a := alloc(t, 4*page())
	fill(a, int(3*page()), 1)
	protect(t, a, 4*page(), 1, mach.VM_PROT_DEFAULT)
	for _, f := range []struct {
		fn   string
		call func(addr, size *uint64, depth *uint32, info *int32, n *uint32) error
	}{
		{"mach_vm_region_recurse", func(addr, size *uint64, depth *uint32, info *int32, n *uint32) error {
			return mach.MachVMRegionRecurse(self(), addr, size, depth, info, n)
		}},
		{"vm_region_recurse_64", func(addr, size *uint64, depth *uint32, info *int32, n *uint32) error {
			return mach.VMRegionRecurse64(self(), addr, size, depth, info, n)
		}},
	} {
		addr, size, depth := a+page(), uint64(0), uint32(9)
		var info mach.VMRegionSubmapInfo64
		n := mach.VM_REGION_SUBMAP_INFO_COUNT_64
		ok(t, f.fn, f.call(&addr, &size, &depth, mach.Info(&info), &n))
		equal(t, "count", n, mach.VM_REGION_SUBMAP_INFO_COUNT_64)
		if addr > a+page() || addr+size < a+2*page() {
			t.Errorf("region %#x + %#x for %#x", addr, size, a)
		}
		equal(t, "depth", depth, 0)
		equal(t, "submap", info.IsSubmap.Bool(), false)
		equal(t, "protection", info.Protection, mach.VM_PROT_DEFAULT)
		equal(t, "maximum protection", info.MaxProtection, mach.VM_PROT_DEFAULT)
		equal(t, "inheritance", info.Inheritance, mach.VM_INHERIT_DEFAULT)
		equal(t, "tag", info.UserTag, tag)
		if info.PagesResident < 3 {
			t.Errorf("%d pages resident, of at least 3", info.PagesResident)
		}
		var short mach.VMRegionSubmapShortInfo64
		n = mach.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64
		addr, depth = a, 9
		ok(t, f.fn, f.call(&addr, &size, &depth, mach.Info(&short), &n))
		equal(t, "count", n, mach.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64)
		equal(t, "protection", short.Protection, mach.VM_PROT_DEFAULT)
		equal(t, "tag", short.UserTag, tag)
		for _, rev := range []mach.MachMsgTypeNumber{mach.VM_REGION_SUBMAP_INFO_V0_COUNT_64, mach.VM_REGION_SUBMAP_INFO_V1_COUNT_64} {
			info = mach.VMRegionSubmapInfo64{ObjectIDFull: mach.PackUint64(5)}
			n, addr, depth = rev, a, 9
			ok(t, f.fn, f.call(&addr, &size, &depth, mach.Info(&info), &n))
			equal(t, "count of an older form", n, rev)
			equal(t, "tag", info.UserTag, tag)
			equal(t, "field that is not in the older form", info.ObjectIDFull.Uint64(), 5)
		}
		n, addr = 3, a
		want(t, f.fn, f.call(&addr, &size, &depth, mach.Info(&info), &n), mach.KERN_INVALID_ARGUMENT)
		n, addr, depth = mach.VM_REGION_SUBMAP_INFO_COUNT_64, ^uint64(0)&^(page()-1), 9
		want(t, f.fn, f.call(&addr, &size, &depth, mach.Info(&info), &n), mach.KERN_INVALID_ADDRESS)
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_region: errors.
func TestRegionErrors(t *testing.T) {
	begin(t)
	a := alloc(t, page())
	var info mach.VMRegionBasicInfo64
	var size uint64
	var name mach.MachPort
	for _, f := range []struct {
		fn   string
		call func(addr uint64, flavor mach.VMRegionFlavor, n mach.MachMsgTypeNumber) error
	}{
		{"mach_vm_region", func(addr uint64, flavor mach.VMRegionFlavor, n mach.MachMsgTypeNumber) error {
			return mach.MachVMRegion(self(), &addr, &size, flavor, mach.Info(&info), &n, &name)
		}},
		{"vm_region_64", func(addr uint64, flavor mach.VMRegionFlavor, n mach.MachMsgTypeNumber) error {
			return mach.VMRegion64(self(), &addr, &size, flavor, mach.Info(&info), &n, &name)
		}},
	} {
		want(t, f.fn, f.call(a, 99, 9), mach.KERN_INVALID_ARGUMENT)
		want(t, f.fn, f.call(a, mach.VM_REGION_BASIC_INFO_64, 2), mach.KERN_INVALID_ARGUMENT)
		want(t, f.fn, f.call(a, mach.VM_REGION_TOP_INFO, 1), mach.KERN_INVALID_ARGUMENT)
		want(t, f.fn, f.call(a, mach.VM_REGION_EXTENDED_INFO, 2), mach.KERN_INVALID_ARGUMENT)
		want(t, f.fn, f.call(^uint64(0)&^(page()-1), mach.VM_REGION_BASIC_INFO_64, 9), mach.KERN_INVALID_ADDRESS)
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_page_query_internal, vm_map_page_info and
// vm_map_page_range_info_internal.
func TestPageQueries(t *testing.T) {
	begin(t)
	a := alloc(t, 4*page())
	view(a+page(), 1)[0] = 1
	view(a+3*page(), 1)[0] = 1
	var d, r int32
	for i, present := range []int32{0, 1, 0, 1} {
		ok(t, "mach_vm_page_query", mach.MachVMPageQuery(self(), a+uint64(i)*page(), &d, &r))
		equal(t, "present", d&mach.VM_PAGE_QUERY_PAGE_PRESENT, present)
		var info mach.VMPageInfoBasic
		n := mach.MachMsgTypeNumber(mach.CountOf[mach.VMPageInfoBasic]())
		ok(t, "mach_vm_page_info", mach.MachVMPageInfo(self(), a+uint64(i)*page(), mach.VM_PAGE_INFO_BASIC, mach.Info(&info), &n))
		equal(t, "present", info.Disposition&mach.VM_PAGE_QUERY_PAGE_PRESENT, present)
	}
	list := alloc(t, page())
	n := uint64(4)
	ok(t, "mach_vm_page_range_query", mach.MachVMPageRangeQuery(self(), a, 4*page(), list, &n))
	equal(t, "pages", n, 4)
	for i, present := range []int32{0, 1, 0, 1} {
		equal(t, "present", *at[int32](list + uint64(4*i))&mach.VM_PAGE_QUERY_PAGE_PRESENT, present)
	}
	n = 2
	ok(t, "mach_vm_page_range_query", mach.MachVMPageRangeQuery(self(), a, 4*page(), list, &n))
	equal(t, "pages that there was room for", n, 2)
	n = 4
	want(t, "mach_vm_page_range_query", mach.MachVMPageRangeQuery(self(), a, ^uint64(0), list, &n), mach.KERN_INVALID_ARGUMENT)
	var info mach.VMPageInfoBasic
	count := mach.MachMsgTypeNumber(mach.CountOf[mach.VMPageInfoBasic]())
	want(t, "mach_vm_page_info", mach.MachVMPageInfo(self(), a, 9, mach.Info(&info), &count), mach.KERN_INVALID_ARGUMENT)
	count = 2
	want(t, "mach_vm_page_info", mach.MachVMPageInfo(self(), a, mach.VM_PAGE_INFO_BASIC, mach.Info(&info), &count), mach.KERN_INVALID_ARGUMENT)
	count = mach.MachMsgTypeNumber(mach.CountOf[mach.VMPageInfoBasic]())
	// The room must be that of the record, or of the shorter one of old.
	for room, code := range map[uint32]mach.KernReturn{uint32(count) - 1: 0, uint32(count) + 1: mach.KERN_INVALID_ARGUMENT} {
		count := room
		var more [16]int32
		want(t, "mach_vm_page_info", mach.MachVMPageInfo(self(), a+page(), mach.VM_PAGE_INFO_BASIC, &more[0], &count), code)
		equal(t, "count", count, room)
	}
	// Where nothing can be there is no page, and that is no error, but for
	// the last page of all, whose end is no address.
	for _, far := range []uint64{0, 1, end(t), 1 << 60, -(2 * page())} {
		d, r, info = 7, 7, mach.VMPageInfoBasic{Disposition: 7, RefCount: 7}
		ok(t, "mach_vm_page_info", mach.MachVMPageInfo(self(), far, mach.VM_PAGE_INFO_BASIC, mach.Info(&info), &count))
		equal(t, "page", info, mach.VMPageInfoBasic{})
		ok(t, "mach_vm_page_query", mach.MachVMPageQuery(self(), far, &d, &r))
		equal(t, "page", [2]int32{d, r}, [2]int32{})
		d, r = 7, 7
		ok(t, "vm_map_page_query", mach.VMMapPageQuery(self(), far, &d, &r))
		equal(t, "page", [2]int32{d, r}, [2]int32{})
		n, *at[int32](list) = 1, 7
		ok(t, "mach_vm_page_range_query", mach.MachVMPageRangeQuery(self(), far, page(), list, &n))
		equal(t, "page", *at[int32](list), 0)
	}
	d, r = 7, 7
	want(t, "mach_vm_page_query", mach.MachVMPageQuery(self(), ^uint64(0), &d, &r), mach.KERN_INVALID_ADDRESS)
	want(t, "vm_map_page_query", mach.VMMapPageQuery(self(), ^uint64(5), &d, &r), mach.KERN_INVALID_ADDRESS)
	equal(t, "results", [2]int32{d, r}, [2]int32{7, 7})
	want(t, "mach_vm_page_info", mach.MachVMPageInfo(self(), ^uint64(0), mach.VM_PAGE_INFO_BASIC, mach.Info(&info), &count), mach.KERN_INVALID_ADDRESS)
	// osfmk/vm/vm_user.c mach_vm_page_range_query.
	n = 5
	ok(t, "mach_vm_page_range_query", mach.MachVMPageRangeQuery(self(), a, 0, list, &n))
	equal(t, "pages of nothing", n, 5)
	n = 1 << 62
	want(t, "mach_vm_page_range_query", mach.MachVMPageRangeQuery(self(), a, page(), list, &n), mach.KERN_INVALID_ARGUMENT)
	n = 4
	want(t, "mach_vm_page_range_query", mach.MachVMPageRangeQuery(self(), a, 4*page(), ^uint64(7), &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_page_range_query", mach.MachVMPageRangeQuery(self(), a, 4*page(), absentAddress(t), &n), 14) // EFAULT of copyout
	equal(t, "pages", n, 4)
}

// xnu libsyscall/mach/vm_page_size.c.
func TestPageSizes(t *testing.T) {
	for what, c := range map[string][3]uint64{
		"vm_page_size":        {mach.VMPageSize(), mach.VMPageMask(), uint64(mach.VMPageShift())},
		"vm_kernel_page_size": {mach.VMKernelPageSize(), mach.VMKernelPageMask(), uint64(mach.VMKernelPageShift())},
	} {
		size, mask, shift := c[0], c[1], c[2]
		if size != 4096 && size != 16384 {
			t.Errorf("%s is %d", what, size)
		}
		equal(t, what+"'s mask", mask, size-1)
		equal(t, what+"'s shift", uint64(1)<<shift, size)
	}
	var size uint64
	ok(t, "host_page_size", mach.HostPageSize(none, &size))
	equal(t, "host_page_size", size, mach.VMKernelPageSize())
	ok(t, "_host_page_size", mach.XHostPageSize(host(t), &size))
	equal(t, "_host_page_size", size, mach.VMKernelPageSize())
}
