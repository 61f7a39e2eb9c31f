package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

func protect(t testing.TB, addr, size uint64, maximum mach.Boolean, p mach.VMProt) {
	t.Helper()
	ok(t, "mach_vm_protect", mach.MachVMProtect(self(), addr, size, maximum, p))
}

func protectionIs(t testing.TB, addr uint64, current, maximum mach.VMProt) {
	t.Helper()
	start, _, info := region(t, addr)
	if start > addr {
		t.Fatalf("nothing is mapped at %#x", addr)
	}
	if info.Protection != current || info.MaxProtection != maximum {
		t.Errorf("protection %d of at most %d, want %d of %d", info.Protection, info.MaxProtection, current, maximum)
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_protect: ranges grow to whole pages, and
// regions split.
func TestProtectCurrent(t *testing.T) {
	begin(t)
	a := alloc(t, 4*page())
	protect(t, a+page()+10, page(), 0, mach.VM_PROT_READ)
	protectionIs(t, a, mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL)
	protectionIs(t, a+page(), mach.VM_PROT_READ, mach.VM_PROT_ALL)
	protectionIs(t, a+2*page(), mach.VM_PROT_READ, mach.VM_PROT_ALL)
	protectionIs(t, a+3*page(), mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL)
	protect(t, a, 4*page(), 0, mach.VM_PROT_NONE)
	protectionIs(t, a, mach.VM_PROT_NONE, mach.VM_PROT_ALL)
	protect(t, a, 4*page(), 0, mach.VM_PROT_DEFAULT)
	view(a, 1)[0] = 1
	protect(t, a, 0, 0, mach.VM_PROT_NONE)
	view(a, 1)[0] = 2
}

// xnu osfmk/vm/vm_map.c, vm_map_protect with set_max: for good.
func TestProtectMaximum(t *testing.T) {
	begin(t)
	a := alloc(t, 2*page())
	protect(t, a, page(), 1, mach.VM_PROT_READ)
	protectionIs(t, a, mach.VM_PROT_READ, mach.VM_PROT_READ)
	want(t, "mach_vm_protect", mach.MachVMProtect(self(), a, page(), 0, mach.VM_PROT_DEFAULT), mach.KERN_PROTECTION_FAILURE)
	want(t, "mach_vm_protect", mach.MachVMProtect(self(), a, page(), 1, mach.VM_PROT_ALL), mach.KERN_PROTECTION_FAILURE)
	want(t, "mach_vm_protect", mach.MachVMProtect(self(), a, 2*page(), 0, mach.VM_PROT_DEFAULT), mach.KERN_PROTECTION_FAILURE)
	protectionIs(t, a+page(), mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL)
	protect(t, a, page(), 0, mach.VM_PROT_NONE)
	protect(t, a, page(), 0, mach.VM_PROT_READ)
	protect(t, a+page(), page(), 1, mach.VM_PROT_DEFAULT)
	protectionIs(t, a+page(), mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT)
}

// xnu osfmk/vm/vm_map.c, vm_map_protect and osfmk/vm/vm_user.c,
// mach_vm_protect: errors.
func TestProtectErrors(t *testing.T) {
	begin(t)
	a := alloc(t, 3*page())
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a+page(), page()))
	want(t, "mach_vm_protect", mach.MachVMProtect(self(), a, 3*page(), 0, mach.VM_PROT_READ), mach.KERN_INVALID_ADDRESS)
	protectionIs(t, a, mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL)
	want(t, "mach_vm_protect", mach.MachVMProtect(self(), a, page(), 0, 0x800), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_protect", mach.MachVMProtect(self(), a, ^uint64(0), 0, mach.VM_PROT_READ), mach.KERN_INVALID_ARGUMENT, mach.KERN_INVALID_ADDRESS)
}

// xnu osfmk/vm/vm_map.c, vm_map_protect with VM_PROT_COPY: the pages become
// the task's own, whatever their maximum.
func TestProtectCopy(t *testing.T) {
	begin(t)
	a := alloc(t, page())
	fill(a, int(page()), 6)
	protect(t, a, page(), 1, mach.VM_PROT_READ)
	protect(t, a, page(), 0, mach.VM_PROT_DEFAULT|mach.VM_PROT_COPY)
	filled(t, "the page", view(a, int(page())), 6)
	view(a, 1)[0] = 1
}

// xnu osfmk/vm/vm_map.c, vm_map_inherit.
func TestInherit(t *testing.T) {
	begin(t)
	a := alloc(t, 3*page())
	for _, i := range []mach.VMInherit_t{mach.VM_INHERIT_SHARE, mach.VM_INHERIT_NONE, mach.VM_INHERIT_COPY} {
		ok(t, "mach_vm_inherit", mach.MachVMInherit(self(), a+page(), page(), i))
		_, _, info := region(t, a+page())
		equal(t, "inheritance", info.Inheritance, i)
		_, _, info = region(t, a)
		equal(t, "inheritance before", info.Inheritance, mach.VM_INHERIT_DEFAULT)
	}
	ok(t, "mach_vm_inherit", mach.MachVMInherit(self(), a, 0, mach.VM_INHERIT_NONE))
	want(t, "mach_vm_inherit", mach.MachVMInherit(self(), a, page(), 9), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_inherit", mach.MachVMInherit(self(), a, ^uint64(0), mach.VM_INHERIT_NONE), mach.KERN_INVALID_ARGUMENT)
	// What is beyond the map is left out (VM_MAP_RANGE_CHECK).
	ok(t, "mach_vm_inherit", mach.MachVMInherit(self(), 1<<60, page(), mach.VM_INHERIT_NONE))
}

// xnu osfmk/vm/vm_map.c, vm_map_behavior_set.
func TestBehavior(t *testing.T) {
	begin(t)
	a := alloc(t, 3*page())
	for _, b := range []mach.VMBehavior{mach.VM_BEHAVIOR_RANDOM, mach.VM_BEHAVIOR_SEQUENTIAL, mach.VM_BEHAVIOR_DEFAULT} {
		ok(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), a+page(), page(), b))
		_, _, info := region(t, a+page())
		equal(t, "behavior", info.Behavior, b)
	}
	fill(a, int(3*page()), 1)
	for _, b := range []mach.VMBehavior{mach.VM_BEHAVIOR_WILLNEED, mach.VM_BEHAVIOR_DONTNEED} {
		ok(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), a, 3*page(), b))
		if b == mach.VM_BEHAVIOR_WILLNEED {
			filled(t, "memory", view(a, int(3*page())), 1)
		}
	}
	want(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), a, page(), 99), mach.KERN_INVALID_ARGUMENT)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a+page(), page()))
	want(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), a, 3*page(), mach.VM_BEHAVIOR_RANDOM), mach.KERN_INVALID_ADDRESS)
	want(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), 1<<60, page(), mach.VM_BEHAVIOR_RANDOM), mach.KERN_NO_SPACE)
}

// xnu osfmk/vm/vm_map.c, vm_map_willneed: the pages are brought in, those of fresh
// memory too (tests/vm/test_madvise.c); what cannot be read stays out.
func TestWillNeed(t *testing.T) {
	begin(t)
	a := alloc(t, 4*page())
	present := func(i int) bool {
		t.Helper()
		var d, r int32
		ok(t, "mach_vm_page_query", mach.MachVMPageQuery(self(), a+uint64(i)*page(), &d, &r))
		return d&mach.VM_PAGE_QUERY_PAGE_PRESENT != 0
	}
	for i := range 4 {
		equal(t, "present before", present(i), false)
	}
	ok(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), a+page(), 2*page(), mach.VM_BEHAVIOR_WILLNEED))
	for i, want := range []bool{false, true, true, false} {
		equal(t, "present", present(i), want)
	}
	for i, b := range view(a, int(4*page())) {
		if b != 0 {
			t.Fatalf("byte %d of fresh memory is %d", i, b)
		}
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_msync.
func TestMsync(t *testing.T) {
	begin(t)
	a := alloc(t, 3*page())
	fill(a, int(3*page()), 4)
	for _, f := range []mach.VMSync{mach.VM_SYNC_SYNCHRONOUS, mach.VM_SYNC_ASYNCHRONOUS, mach.VM_SYNC_SYNCHRONOUS | mach.VM_SYNC_CONTIGUOUS, 0} {
		ok(t, "mach_vm_msync", mach.MachVMMsync(self(), a, 3*page(), f))
	}
	filled(t, "memory", view(a, int(3*page())), 4)
	want(t, "mach_vm_msync", mach.MachVMMsync(self(), a, page(), mach.VM_SYNC_SYNCHRONOUS|mach.VM_SYNC_ASYNCHRONOUS), mach.KERN_INVALID_ARGUMENT)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a+page(), page()))
	want(t, "mach_vm_msync", mach.MachVMMsync(self(), a, 3*page(), mach.VM_SYNC_SYNCHRONOUS|mach.VM_SYNC_CONTIGUOUS), mach.KERN_INVALID_ADDRESS)
	ok(t, "mach_vm_msync", mach.MachVMMsync(self(), a, 3*page(), mach.VM_SYNC_SYNCHRONOUS))
}

// xnu osfmk/vm/vm_map.c, vm_map_purgable_control, and vm_object.c,
// vm_object_purgable_control.
func TestPurgable(t *testing.T) {
	begin(t)
	var a uint64
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, 2*page(), anywhere+mach.VM_FLAGS_PURGABLE))
	defer mach.MachVMDeallocate(self(), a, 2*page())
	fill(a, int(2*page()), 3)
	state := int32(99)
	control := func(c mach.VMPurgable, set, old int32) {
		t.Helper()
		state = set
		ok(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), a, c, &state))
		equal(t, "state", state&3, old)
	}
	control(mach.VM_PURGABLE_GET_STATE, 99, mach.VM_PURGABLE_NONVOLATILE)
	control(mach.VM_PURGABLE_SET_STATE, mach.VM_PURGABLE_VOLATILE, mach.VM_PURGABLE_NONVOLATILE)
	control(mach.VM_PURGABLE_GET_STATE, 99, mach.VM_PURGABLE_VOLATILE)
	control(mach.VM_PURGABLE_SET_STATE, mach.VM_PURGABLE_EMPTY, mach.VM_PURGABLE_VOLATILE)
	control(mach.VM_PURGABLE_SET_STATE, mach.VM_PURGABLE_NONVOLATILE, mach.VM_PURGABLE_EMPTY)
	equal(t, "a byte of what was emptied", view(a, 10)[9], 0)
	plain := alloc(t, page())
	fill(plain, 1, 1)
	want(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), plain, mach.VM_PURGABLE_GET_STATE, &state), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), a, 77, &state), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), absentAddress(t), mach.VM_PURGABLE_GET_STATE, &state), mach.KERN_INVALID_ADDRESS)
	ok(t, "vm_purgable_control", mach.VMPurgableControl(self(), a, mach.VM_PURGABLE_GET_STATE, &state))
	protect(t, a, 2*page(), 0, mach.VM_PROT_READ)
	state = mach.VM_PURGABLE_VOLATILE
	want(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), a, mach.VM_PURGABLE_SET_STATE, &state), mach.KERN_PROTECTION_FAILURE)
}

// absentAddress is the address of memory that has just been unmapped.
func absentAddress(t testing.TB) uint64 {
	t.Helper()
	var a uint64
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, 64*page(), anywhere))
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a, 64*page()))
	return a + 32*page()
}
