package conformance_test

import (
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

func deallocate(t testing.TB, addr, size uint64) {
	t.Helper()
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), addr, size))
}

const superpage = 2 << 20

// allocateFlags says of each bit what it does to an allocation of 2 MiB. Bits
// that are not here are refused (xnu osfmk/mach/vm_statistics.h
// VM_FLAGS_USER_ALLOCATE, osfmk/vm/vm_user.c mach_vm_allocate_external).
var allocateFlags = map[uint32]func(t *testing.T, addr uint64){
	mach.VM_FLAGS_ANYWHERE:  nil,
	mach.VM_FLAGS_PURGABLE:  isPurgable,
	mach.VM_FLAGS_4GB_CHUNK: nil, // see TestChunks

	mach.VM_FLAGS_RANDOM_ADDR: nil, // see TestRandomAddress
	mach.VM_FLAGS_NO_CACHE:    nil, // a hint to the pager
	mach.VM_FLAGS_PERMANENT:   isPermanent,
	mach.VM_FLAGS_OVERWRITE:   nil, // means something with VM_FLAGS_FIXED
	mach.VM_FLAGS_TPRO:        isReadOnly,
}

// Bits that only newer systems than macOS 15 know.
const newerFlags = mach.VM_FLAGS_MTE | mach.VM_FLAGS_GUARD_OBJECT_OPTOUT

func TestAllocateFlags(t *testing.T) {
	begin(t)
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if bit&newerFlags != 0 || bit&mach.VM_FLAGS_ALIAS_MASK != 0 {
			continue
		}
		addr := uint64(0)
		err := mach.MachVMAllocate(self(), &addr, superpage, int32(mach.VM_FLAGS_ANYWHERE|bit))
		check, known := allocateFlags[bit]
		switch {
		case bit&mach.VM_FLAGS_SUPERPAGE_MASK != 0:
			isSuperpage(t, bit, addr, err)
		case !known:
			want(t, "mach_vm_allocate", err, mach.KERN_INVALID_ARGUMENT)
		default:
			ok(t, "mach_vm_allocate", err)
			if check != nil {
				check(t, addr)
			}
		}
		if err == nil {
			deallocate(t, addr, superpage)
		} else if addr != 0 {
			t.Errorf("flag %#x: the address is %#x after %v", bit, addr, err)
		}
	}
}

func isPurgable(t *testing.T, addr uint64) {
	t.Helper()
	var state int32
	ok(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), addr, mach.VM_PURGABLE_GET_STATE, &state))
	equal(t, "state", state, mach.VM_PURGABLE_NONVOLATILE)
}

// isReadOnly: the processor itself lets protected memory be written where it
// can; for all else it is read-only.
func isReadOnly(t *testing.T, addr uint64) {
	t.Helper()
	protectionIs(t, addr, mach.VM_PROT_READ, mach.VM_PROT_ALL)
}

// isPermanent: the mapping stays, without access (vm_map_delete).
func isPermanent(t *testing.T, addr uint64) {
	t.Helper()
	deallocate(t, addr, page())
	protectionIs(t, addr, mach.VM_PROT_NONE, mach.VM_PROT_NONE)
	protectionIs(t, addr+page(), mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL)
	a := addr
	want(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, page(), mach.VM_FLAGS_FIXED), mach.KERN_NO_SPACE)
}

// isSuperpage: Intel's processors have large pages of one size, which are
// wired and not inherited; others have none (vm_map_enter).
func isSuperpage(t *testing.T, bit uint32, addr uint64, err error) {
	t.Helper()
	if runtime.GOARCH != "amd64" || bit != mach.VM_FLAGS_SUPERPAGE_SIZE_ANY && bit != mach.VM_FLAGS_SUPERPAGE_SIZE_2MB {
		want(t, "mach_vm_allocate", err, mach.KERN_INVALID_ARGUMENT)
		return
	}
	if codeOf(err) == mach.KERN_RESOURCE_SHORTAGE {
		return // the limit of locked memory
	}
	ok(t, "mach_vm_allocate", err)
	equal(t, "address in a large page", addr%superpage, 0)
	_, size, info := region(t, addr)
	equal(t, "size", size, superpage)
	equal(t, "times wired", info.UserWiredCount, 1)
	equal(t, "inheritance", info.Inheritance, mach.VM_INHERIT_NONE)
	// A protection is one of whole large pages.
	protect(t, addr+page(), page(), 0, mach.VM_PROT_READ)
	protectionIs(t, addr, mach.VM_PROT_READ, mach.VM_PROT_ALL)
	protectionIs(t, addr+superpage-page(), mach.VM_PROT_READ, mach.VM_PROT_ALL)
}

// xnu osfmk/vm/vm_map.c, vm_map_enter: sizes and other flags beside
// VM_FLAGS_SUPERPAGE_MASK.
func TestSuperpageArguments(t *testing.T) {
	begin(t)
	a := uint64(0)
	allocate := func(size uint64, flags uint32) error {
		return mach.MachVMAllocate(self(), &a, size, int32(mach.VM_FLAGS_ANYWHERE|flags))
	}
	want(t, "mach_vm_allocate", allocate(superpage+page(), mach.VM_FLAGS_SUPERPAGE_SIZE_2MB), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_allocate", allocate(superpage, mach.VM_FLAGS_SUPERPAGE_SIZE_ANY|mach.VM_FLAGS_PURGABLE), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_allocate", allocate(superpage, mach.VM_FLAGS_SUPERPAGE_MASK), mach.KERN_INVALID_ARGUMENT)
	e := created(t, superpage, mach.VM_PROT_DEFAULT)
	want(t, "mach_vm_map", mach.MachVMMap(self(), &a, superpage, 0, mach.VM_FLAGS_ANYWHERE|mach.VM_FLAGS_SUPERPAGE_SIZE_2MB, e, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_READ, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_ARGUMENT)
	equal(t, "address", a, 0)
	if runtime.GOARCH != "amd64" {
		return
	}
	err := allocate(1, mach.VM_FLAGS_SUPERPAGE_SIZE_ANY)
	if codeOf(err) == mach.KERN_RESOURCE_SHORTAGE {
		return
	}
	ok(t, "mach_vm_allocate", err)
	_, size, _ := region(t, a)
	equal(t, "size of a byte in large pages", size, superpage)
	deallocate(t, a+page(), 1) // takes the whole large page
	unmapped(t, a)
	unmapped(t, a+superpage-page())
}

// created makes a memory entry of new memory.
func created(t testing.TB, size uint64, p mach.VMProt) mach.MachPort {
	t.Helper()
	e, got := entry(t, 0, size, mach.VMProt(mach.MAP_MEM_NAMED_CREATE)|p)
	equal(t, "size", got, size)
	return e
}

// xnu osfmk/vm/vm_map.c, vm_map_random_address_for_size.
func TestRandomAddress(t *testing.T) {
	begin(t)
	lowest, highest := ^uint64(0), uint64(0)
	for range 8 {
		a := uint64(0)
		ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, page(), anywhere|mach.VM_FLAGS_RANDOM_ADDR))
		defer deallocate(t, a, page())
		lowest, highest = min(lowest, a), max(highest, a)
	}
	if highest-lowest < 1<<30 {
		t.Errorf("8 random addresses lie between %#x and %#x", lowest, highest)
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_locate_space_anywhere: the hint of mach_vm_map
// is the lowest address that will do; mach_vm_allocate takes none
// (osfmk/vm/vm_kern.c mach_vm_allocate_kernel_sanitize).
func TestHints(t *testing.T) {
	begin(t)
	m := func(a *uint64, mask uint64) error {
		return mach.MachVMMap(self(), a, page(), mask, anywhere, none, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_READ, mach.VM_INHERIT_DEFAULT)
	}
	taken := alloc(t, 16*page())
	for _, hint := range []uint64{taken, taken + 5*page() + 3, taken + 64<<20} {
		for _, mask := range []uint64{0, 64*page() - 1, 4 * page()} {
			a := hint
			ok(t, "mach_vm_map", m(&a, mask))
			if a < hint&^(page()-1) || a&mask != 0 || a%page() != 0 {
				t.Errorf("the hint %#x with the mask %#x gives %#x", hint, mask, a)
			}
			deallocate(t, a, page())
		}
	}
	for _, hint := range []uint64{0xdeadbeefdeadbeef, 0xffffffffffffff00} {
		a := hint
		want(t, "mach_vm_map", m(&a, 0), mach.KERN_NO_SPACE)
		equal(t, "address", a, hint)
		ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, page(), anywhere))
		deallocate(t, a, page())
	}
}

// xnu osfmk/vm/vm_map.c: vm_map_delete, vm_map_locate_space_fixed,
// vm_map_remap; XNU's tests/permanent.c asserts the first four.
func TestPermanent(t *testing.T) {
	begin(t)
	permanent := func() uint64 {
		var a uint64
		ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, 2*page(), mach.VM_FLAGS_ANYWHERE|mach.VM_FLAGS_PERMANENT))
		view(a, 1)[0] = 42
		protect(t, a, 2*page(), 1, mach.VM_PROT_READ)
		return a
	}
	gone := func(a uint64) {
		t.Helper()
		protectionIs(t, a, mach.VM_PROT_NONE, mach.VM_PROT_NONE)
		want(t, "mach_vm_protect", mach.MachVMProtect(self(), a, page(), 0, mach.VM_PROT_READ), mach.KERN_PROTECTION_FAILURE)
	}
	fixed := int32(mach.VM_FLAGS_FIXED | mach.VM_FLAGS_OVERWRITE)

	a := permanent()
	b := a
	want(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &b, 2*page(), fixed), mach.KERN_NO_SPACE)
	gone(a)
	a = permanent()
	want(t, "mach_vm_protect", mach.MachVMProtect(self(), a, 2*page(), 1, mach.VM_PROT_COPY|mach.VM_PROT_DEFAULT), mach.KERN_NO_SPACE)
	gone(a)
	a = permanent()
	b = a
	source := alloc(t, 2*page())
	var current, most mach.VMProt
	want(t, "mach_vm_remap", mach.MachVMRemap(self(), &b, 2*page(), 0, fixed, self(), source, 0, &current, &most, mach.VM_INHERIT_DEFAULT), mach.KERN_NO_SPACE)
	gone(a)
	a = permanent()
	deallocate(t, a, 2*page())
	gone(a)
	gone(a + page())
	deallocate(t, a, 2*page()) // once more
	// A part of it, and what lies beside it.
	var c uint64
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &c, 3*page(), mach.VM_FLAGS_ANYWHERE))
	b = c + page()
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &b, page(), fixed|mach.VM_FLAGS_PERMANENT))
	deallocate(t, c, 3*page())
	unmapped(t, c)
	unmapped(t, c+2*page())
	gone(b)
	// Reading and writing it is as with other memory.
	a = permanent()
	equal(t, "byte", view(a, 1)[0], 42)
}
