package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/vm/vm_user.c mach_vm_map_external, VM_FLAGS_USER_MAP; and of a copy
// entry osfmk/vm/vm_map.c vm_map_enter_mem_object, allowed_flags.
func TestMapFlags(t *testing.T) {
	begin(t)
	const forUser = mach.VM_FLAGS_USER_MAP
	const ofCopies = mach.VM_FLAGS_ANYWHERE | mach.VM_FLAGS_OVERWRITE | mach.VM_FLAGS_RETURN_DATA_ADDR | mach.VM_FLAGS_RETURN_4K_DATA_ADDR | mach.VM_FLAGS_ALIAS_MASK
	source := alloc(t, page())
	plain, _ := entry(t, source, page(), mach.VM_PROT_DEFAULT)
	copied, _ := entry(t, source, page(), vmCopy|mach.VM_PROT_DEFAULT)
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if bit&newerFlags != 0 {
			continue
		}
		for _, object := range []mach.MachPort{none, plain, copied} {
			a := uint64(0)
			err := mach.MachVMMap(self(), &a, page(), 0, int32(mach.VM_FLAGS_ANYWHERE|bit), object, 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_DEFAULT)
			switch {
			case bit&forUser == 0, object == copied && bit&ofCopies == 0,
				object == plain && bit&(mach.VM_FLAGS_PURGABLE|mach.VM_FLAGS_SUPERPAGE_MASK) != 0,
				bit&mach.VM_FLAGS_SUPERPAGE_MASK != 0 && codeOf(err) == mach.KERN_INVALID_ARGUMENT: // see TestAllocateFlags
				want(t, "mach_vm_map", err, mach.KERN_INVALID_ARGUMENT)
			case bit&mach.VM_FLAGS_SUPERPAGE_MASK != 0 && codeOf(err) == mach.KERN_RESOURCE_SHORTAGE:
			default:
				ok(t, "mach_vm_map", err)
				deallocate(t, a, page())
			}
		}
	}
}

// xnu osfmk/vm/vm_user.c mach_vm_remap_external, VM_FLAGS_USER_REMAP.
func TestRemapFlags(t *testing.T) {
	begin(t)
	source := alloc(t, page())
	for bit := uint32(1); bit != 0; bit <<= 1 {
		for _, copied := range []mach.Boolean{0, 1} {
			a := uint64(0)
			current, most := mach.VM_PROT_READ, mach.VM_PROT_READ
			err := mach.MachVMRemap(self(), &a, page(), 0, int32(mach.VM_FLAGS_ANYWHERE|bit), self(), source, copied, &current, &most, mach.VM_INHERIT_DEFAULT)
			if bit&uint32(mach.VM_FLAGS_USER_REMAP) == 0 || bit == mach.VM_FLAGS_RESILIENT_MEDIA && copied == 0 {
				want(t, "mach_vm_remap", err, mach.KERN_INVALID_ARGUMENT)
				continue
			}
			ok(t, "mach_vm_remap", err)
			p := [2]mach.VMProt{mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL}
			if bit == mach.VM_FLAGS_RESILIENT_CODESIGN {
				p = [2]mach.VMProt{mach.VM_PROT_READ, mach.VM_PROT_READ}
			}
			equal(t, "protections", [2]mach.VMProt{current, most}, p)
			protectionIs(t, a, p[0], p[1])
			deallocate(t, a, page())
		}
	}
}

// xnu osfmk/vm/vm_sanitize.c vm_sanitize_prot: bits beyond read, write and
// execute are VM_PROT_COPY for mach_vm_protect, VM_PROT_IS_MASK for
// mach_vm_map, and none for mach_vm_remap_new.
func TestProtectionBits(t *testing.T) {
	begin(t)
	a := alloc(t, page())
	for bit := mach.VMProt(8); bit != 0; bit <<= 1 {
		err := mach.MachVMProtect(self(), a, page(), 0, mach.VM_PROT_READ|bit)
		if bit == mach.VM_PROT_COPY {
			ok(t, "mach_vm_protect", err)
		} else {
			want(t, "mach_vm_protect", err, mach.KERN_INVALID_ARGUMENT)
		}
		var b uint64
		for _, p := range [][2]mach.VMProt{{mach.VM_PROT_READ | bit, mach.VM_PROT_READ}, {mach.VM_PROT_READ, mach.VM_PROT_READ | bit}} {
			err := mach.MachVMMap(self(), &b, page(), 0, anywhere, none, 0, 0, p[0], p[1], mach.VM_INHERIT_DEFAULT)
			if bit == mach.VM_PROT_IS_MASK {
				ok(t, "mach_vm_map", err)
				deallocate(t, b, page())
			} else {
				want(t, "mach_vm_map", err, mach.KERN_INVALID_ARGUMENT)
			}
			current, most := p[0], p[1]
			want(t, "mach_vm_remap_new", mach.MachVMRemapNew(self(), &b, page(), 0, mach.VM_FLAGS_ANYWHERE, self(), a, 0, &current, &most, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_ARGUMENT)
			equal(t, "protections", [2]mach.VMProt{current, most}, p)
		}
	}
	// Less than the current protection as the maximum: mach_vm_map takes what
	// both have (vm_sanitize_error_compat.c), mach_vm_remap_new does not.
	var b uint64
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &b, page(), 0, anywhere, none, 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_READ, mach.VM_INHERIT_DEFAULT))
	protectionIs(t, b, mach.VM_PROT_READ, mach.VM_PROT_READ)
	deallocate(t, b, page())
	current, most := mach.VM_PROT_DEFAULT, mach.VM_PROT_READ
	want(t, "mach_vm_remap_new", mach.MachVMRemapNew(self(), &b, page(), 0, mach.VM_FLAGS_ANYWHERE, self(), a, 0, &current, &most, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/vm/vm_map.c, vm_map_msync: bits that it does not know are nothing
// to it.
func TestSyncBits(t *testing.T) {
	begin(t)
	a := alloc(t, 3*page())
	sync := func(flags mach.VMSync, size uint64) error { return mach.MachVMMsync(self(), a, size, flags) }
	for bit := mach.VMSync(1); bit != 0; bit <<= 1 {
		ok(t, "mach_vm_msync", sync(bit, 3*page()))
	}
	both := mach.VM_SYNC_ASYNCHRONOUS | mach.VM_SYNC_SYNCHRONOUS
	want(t, "mach_vm_msync", sync(both, page()), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_msync", sync(both, 0), mach.KERN_INVALID_ARGUMENT)
	ok(t, "mach_vm_msync", sync(0, 0))
	want(t, "mach_vm_msync", sync(0, ^uint64(0)), mach.KERN_INVALID_ADDRESS)
	deallocate(t, a+page(), page())
	for bit := mach.VMSync(1); bit != 0; bit <<= 1 {
		if bit == mach.VM_SYNC_CONTIGUOUS {
			want(t, "mach_vm_msync", sync(bit, 3*page()), mach.KERN_INVALID_ADDRESS)
		} else {
			ok(t, "mach_vm_msync", sync(bit, 3*page()))
		}
	}
}

// xnu osfmk/vm/vm_map.c: vm_map_behavior_set, vm_map_reuse_pages,
// vm_map_reusable_pages, vm_map_can_reuse, vm_map_zero.
func TestBehaviors(t *testing.T) {
	begin(t)
	a := alloc(t, 2*page())
	readOnly := alloc(t, page())
	protect(t, readOnly, page(), 0, mach.VM_PROT_READ)
	var malloc uint64
	tag := int32(mach.VM_MEMORY_MALLOC_LARGE)
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &malloc, page(), mach.VM_FLAGS_ANYWHERE|tag<<24))
	defer deallocate(t, malloc, page())
	ok(t, "mach_vm_inherit", mach.MachVMInherit(self(), malloc, page(), mach.VM_INHERIT_NONE)) // no longer as malloc made it
	hole := alloc(t, 2*page())
	deallocate(t, hole+page(), page())
	needsWrite := map[mach.VMBehavior]bool{mach.VM_BEHAVIOR_ZERO: true, mach.VM_BEHAVIOR_ZERO_WIRED_PAGES: true, mach.VM_BEHAVIOR_REUSABLE: true}
	ofMalloc := map[mach.VMBehavior]bool{mach.VM_BEHAVIOR_REUSABLE: true, mach.VM_BEHAVIOR_REUSE: true, mach.VM_BEHAVIOR_CAN_REUSE: true}
	for b := mach.VMBehavior(-1); b <= mach.VM_BEHAVIOR_LAST_VALID+1; b++ {
		set := func(addr, size uint64) error { return mach.MachVMBehaviorSet(self(), addr, size, b) }
		if b < 0 || b > mach.VM_BEHAVIOR_LAST_VALID || b == mach.VM_BEHAVIOR_PAGEOUT { // the last of debug kernels only
			want(t, "mach_vm_behavior_set", set(a, page()), mach.KERN_INVALID_ARGUMENT)
			continue
		}
		ok(t, "mach_vm_behavior_set", set(a, 2*page()))
		ok(t, "mach_vm_behavior_set", set(a, 0))
		want(t, "mach_vm_behavior_set", set(a, ^uint64(0)), mach.KERN_INVALID_ARGUMENT)
		want(t, "mach_vm_behavior_set", set(1<<60, page()), mach.KERN_NO_SPACE)
		want(t, "mach_vm_behavior_set", set(hole, 2*page()), mach.KERN_INVALID_ADDRESS)
		if needsWrite[b] {
			want(t, "mach_vm_behavior_set", set(readOnly, page()), mach.KERN_PROTECTION_FAILURE)
		} else {
			ok(t, "mach_vm_behavior_set", set(readOnly, page()))
		}
		if ofMalloc[b] {
			want(t, "mach_vm_behavior_set", set(malloc, page()), mach.KERN_INVALID_ADDRESS)
		} else {
			ok(t, "mach_vm_behavior_set", set(malloc, page()))
		}
	}
}

// xnu osfmk/vm/vm_map.c vm_map_zero.
func TestZero(t *testing.T) {
	begin(t)
	a := alloc(t, 3*page())
	fill(a, int(3*page()), 1)
	ok(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), a+page(), page(), mach.VM_BEHAVIOR_ZERO))
	equal(t, "zeroed memory", string(view(a+page(), int(page()))), string(make([]byte, page())))
	if view(a, 1)[0] == 0 || view(a+2*page(), 2)[1] == 0 {
		t.Error("memory beside it was zeroed too")
	}
}

// xnu osfmk/vm/vm_fault.c vm_fault_unwire: what is unmapped while it is wired
// is zeroed, if that was asked for, and who shares it sees that. Whoever
// unwires it before takes the wish back (vm_map_unwire_nested).
func TestZeroWiredPages(t *testing.T) {
	begin(t)
	host := privileged(t)
	for _, unwire := range []bool{false, true} {
		a := alloc(t, page())
		fill(a, int(page()), 1)
		e, _ := entry(t, a, page(), mach.VM_PROT_DEFAULT)
		var other uint64
		ok(t, "mach_vm_map", mach.MachVMMap(self(), &other, page(), 0, anywhere, e, 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_DEFAULT))
		defer deallocate(t, other, page())
		ok(t, "mach_vm_wire", mach.MachVMWire(host, self(), a, page(), mach.VM_PROT_READ))
		ok(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), a, page(), mach.VM_BEHAVIOR_ZERO_WIRED_PAGES))
		filled(t, "the memory", view(other, int(page())), 1)
		if unwire {
			ok(t, "mach_vm_wire", mach.MachVMWire(host, self(), a, page(), mach.VM_PROT_NONE))
		}
		deallocate(t, a, page())
		if unwire {
			filled(t, "the memory", view(other, int(page())), 1)
		} else {
			equal(t, "the memory", string(view(other, int(page()))), string(make([]byte, page())))
		}
	}
}
