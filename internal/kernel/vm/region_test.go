//go:build linux && (amd64 || arm64)

package vm_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
)

// An entry is one region however Linux keeps its memory (xnu osfmk/vm/vm_map.c
// vm_map_region looks at entries). Here it is split by an advice of Linux alone.
func TestRegionOfSplitMapping(t *testing.T) {
	self := mach.MachTaskSelf()
	addr := allocate(t, self, 8*page)
	if _, _, errno := unix.Syscall(unix.SYS_MADVISE, uintptr(addr+3*page), uintptr(2*page), unix.MADV_DONTFORK); errno != 0 {
		t.Fatal(errno)
	}
	for _, at := range []uint64{addr, addr + 3*page, addr + 7*page} {
		r, err := regionAt(self, at)
		must(t, err)
		if r.start != addr || r.size != 8*page {
			t.Errorf("at page %d: %#x bytes at %#x, want %#x at %#x", (at-addr)/page, r.size, r.start, 8*page, addr)
		}
	}
	must(t, mach.MachVMProtect(self, addr+4*page, page, 0, mach.VM_PROT_READ))
	for i, want := range []uint64{4, 4, 4, 4, 1, 3, 3, 3} {
		r, err := regionAt(self, addr+uint64(i)*page)
		must(t, err)
		if r.size != want*page {
			t.Errorf("at page %d: %d pages, want %d", i, r.size/page, want)
		}
	}
}

func TestExtendedAndTop(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		var addr mach.MachVMAddress
		flags := mach.VM_FLAGS_ANYWHERE | uint32(mach.VM_MEMORY_APPLICATION_SPECIFIC_1)<<24
		must(t, mach.MachVMAllocate(task, &addr, 8*page, int32(flags)))
		defer mach.MachVMDeallocate(task, addr, 8*page)
		for i := range uint64(3) {
			poke(t, task, addr+2*i*page, 1)
		}
		start, size := addr, uint64(0)
		var object mach.MachPort
		var e mach.VMRegionExtendedInfo
		count := mach.VM_REGION_EXTENDED_INFO_COUNT
		must(t, mach.MachVMRegion(task, &start, &size, mach.VM_REGION_EXTENDED_INFO, mach.Info(&e), &count, &object))
		if start != addr || size != 8*page || e.PagesResident != 3 || e.PagesDirtied != 3 ||
			e.UserTag != uint32(mach.VM_MEMORY_APPLICATION_SPECIFIC_1) || mach.ShareMode(e.ShareMode) != mach.SM_PRIVATE || e.ExternalPager != 0 {
			t.Errorf("%#x, %d, %+v", start, size, e)
		}
		var top mach.VMRegionTopInfo
		count = mach.VM_REGION_TOP_INFO_COUNT
		must(t, mach.MachVMRegion(task, &start, &size, mach.VM_REGION_TOP_INFO, mach.Info(&top), &count, &object))
		if top.PrivatePagesResident != 3 || top.SharedPagesResident != 0 {
			t.Errorf("%+v", top)
		}
		count--
		is(t, mach.MachVMRegion(task, &start, &size, mach.VM_REGION_TOP_INFO, mach.Info(&top), &count, &object), mach.KERN_INVALID_ARGUMENT)
		is(t, mach.MachVMRegion(task, &start, &size, 77, mach.Info(&top), &count, &object), mach.KERN_INVALID_ARGUMENT)

		for _, want := range []mach.MachMsgTypeNumber{
			mach.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64, mach.VM_REGION_SUBMAP_INFO_V0_COUNT_64,
			mach.VM_REGION_SUBMAP_INFO_V1_COUNT_64, mach.VM_REGION_SUBMAP_INFO_V2_COUNT_64,
		} {
			var s mach.VMRegionSubmapInfo64
			var short mach.VMRegionSubmapShortInfo64
			depth, count := mach.Natural(4), want
			p := mach.Info(&s)
			if want == mach.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64 {
				p = mach.Info(&short)
			}
			must(t, mach.MachVMRegionRecurse(task, &start, &size, &depth, p, &count))
			if count != want || depth != 0 || start != addr || size != 8*page {
				t.Errorf("count %d, depth %d, %#x, %d", count, depth, start, size)
			}
			if p == mach.Info(&s) && (s.PagesResident != 3 || s.UserTag != e.UserTag || s.Protection != rw) {
				t.Errorf("%+v", s)
			}
			if p == mach.Info(&short) && (short.UserTag != e.UserTag || short.Protection != rw) {
				t.Errorf("%+v", short)
			}
			count = mach.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64 - 1
			is(t, mach.MachVMRegionRecurse(task, &start, &size, &depth, p, &count), mach.KERN_INVALID_ARGUMENT)
		}
	})
}

// still is memory that does not move: what a call knows only by its address
// may not stand on a goroutine's stack.
var still struct {
	words [6]int32
	one   byte
}

func TestPages(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		addr := allocate(t, task, 4*page)
		poke(t, task, addr+page, 1)
		disposition := still.words[:]
		clear(disposition)
		n := mach.MachVMSize(len(disposition))
		must(t, mach.MachVMPageRangeQuery(task, addr, 4*page, mach.AddressOf(&disposition[0]), &n))
		if n != 4 || disposition[0] != 0 || disposition[1]&mach.VM_PAGE_QUERY_PAGE_PRESENT == 0 ||
			disposition[1]&mach.VM_PAGE_QUERY_PAGE_DIRTY == 0 || disposition[2] != 0 {
			t.Errorf("%d, %v", n, disposition)
		}
		var d, refs mach.Integer
		must(t, mach.MachVMPageQuery(task, addr+page+5, &d, &refs))
		if d != disposition[1] || refs != 1 {
			t.Errorf("%d, %d", d, refs)
		}
		must(t, mach.MachVMPageQuery(task, 1<<60, &d, &refs))
		if d != 0 || refs != 0 {
			t.Errorf("beyond the map: %d, %d", d, refs)
		}
		var info mach.VMPageInfoBasic
		count := mach.VM_PAGE_INFO_BASIC_COUNT
		must(t, mach.MachVMPageInfo(task, addr+page, mach.VM_PAGE_INFO_BASIC, mach.Info(&info), &count))
		if info.Disposition != disposition[1] || info.RefCount != 1 {
			t.Errorf("%+v", info)
		}
		is(t, mach.MachVMPageInfo(task, addr, 5, mach.Info(&info), &count), mach.KERN_INVALID_ARGUMENT)
	})
}

func TestBehaviorsAndWiring(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		addr := allocate(t, task, 4*page)
		poke(t, task, addr, 9)
		must(t, mach.MachVMBehaviorSet(task, addr, page, mach.VM_BEHAVIOR_RANDOM))
		if r, err := regionAt(task, addr); err != nil || r.Behavior != mach.VM_BEHAVIOR_RANDOM || r.size != page {
			t.Errorf("%+v, %v", r, err)
		}
		for _, b := range []mach.VMBehavior{
			mach.VM_BEHAVIOR_DEFAULT, mach.VM_BEHAVIOR_SEQUENTIAL, mach.VM_BEHAVIOR_WILLNEED, mach.VM_BEHAVIOR_DONTNEED,
		} {
			must(t, mach.MachVMBehaviorSet(task, addr, 4*page, b))
		}
		if got := peekAll(t, task, addr, 1); got[0] != 9 {
			t.Error("a hint threw contents away")
		}
		must(t, mach.MachVMBehaviorSet(task, addr, page, mach.VM_BEHAVIOR_ZERO))
		if got := peekAll(t, task, addr, 1); got[0] != 0 {
			t.Error("the page was not zeroed")
		}
		is(t, mach.MachVMBehaviorSet(task, addr, page, 99), mach.KERN_INVALID_ARGUMENT)
		is(t, mach.MachVMBehaviorSet(task, 1<<60, page, mach.VM_BEHAVIOR_RANDOM), mach.KERN_NO_SPACE)

		must(t, mach.MachVMMsync(task, addr, 4*page, mach.VM_SYNC_SYNCHRONOUS))
		is(t, mach.MachVMMsync(task, addr, page, mach.VM_SYNC_SYNCHRONOUS|mach.VM_SYNC_ASYNCHRONOUS), mach.KERN_INVALID_ARGUMENT)

		host := mach.MachHostSelf()
		defer mach.MachPortDeallocate(mach.MachTaskSelf(), host)
		if err := mach.MachVMWire(host, task, addr, page, mach.VM_PROT_READ); err == error(mach.KERN_INVALID_HOST) {
			t.Log("only root may wire")
		} else {
			must(t, err)
			if r, err := regionAt(task, addr); err != nil || r.UserWiredCount != 1 {
				t.Errorf("%+v, %v", r, err)
			}
			must(t, mach.MachVMWire(host, task, addr, page, mach.VM_PROT_NONE))
			is(t, mach.MachVMWire(host, task, addr, page, mach.VM_PROT_NONE), mach.KERN_INVALID_ADDRESS)
		}
		must(t, mach.MachVMDeallocate(task, addr+page, page))
		is(t, mach.MachVMMsync(task, addr, 4*page, mach.VM_SYNC_CONTIGUOUS), mach.KERN_INVALID_ADDRESS)
		is(t, mach.MachVMBehaviorSet(task, addr, 4*page, mach.VM_BEHAVIOR_RANDOM), mach.KERN_INVALID_ADDRESS)
	})
}

// Intel's caches are coherent: xnu has nothing to do and says so.
func TestMachineAttribute(t *testing.T) {
	self := mach.MachTaskSelf()
	addr := allocate(t, self, page)
	v := mach.VMMachineAttributeVal(mach.MATTR_VAL_ICACHE_FLUSH)
	must(t, mach.MachVMMachineAttribute(self, addr, 0, mach.MATTR_CACHE, &v))
	is(t, mach.MachVMMachineAttribute(self, addr, page, mach.MATTR_MIGRATE, &v), mach.KERN_INVALID_ADDRESS)
}

func TestReallocate(t *testing.T) {
	self := mach.MachTaskSelf()
	addr := allocate(t, self, 2*page)
	poke(t, self, addr+page, 4)
	var to mach.VMAddress
	must(t, mach.VMReallocate(self, addr, 2*page, &to, 4*page, 0, mach.VM_REALLOCATE_DEALLOCATE_SOURCE, mach.VM_FLAGS_ANYWHERE))
	if got := peekAll(t, self, to, 4*page); got[page] != 4 {
		t.Error("the contents did not move")
	}
	if r, err := regionAt(self, addr); err == nil && r.start <= addr {
		t.Error("the source is still there")
	}
	must(t, mach.MachVMDeallocate(self, to, 4*page))
}
