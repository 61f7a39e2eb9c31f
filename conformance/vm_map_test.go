package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// entry makes a memory entry for memory of the test.
func entry(t testing.TB, addr, size uint64, permission mach.VMProt) (mach.MachPort, uint64) {
	t.Helper()
	var e mach.MachPort
	ok(t, "mach_make_memory_entry_64", mach.MachMakeMemoryEntry64(self(), &size, addr, permission, &e, none))
	t.Cleanup(func() { destroy(e) })
	return e, size
}

const vmCopy, vmShare = mach.VMProt(mach.MAP_MEM_VM_COPY), mach.VMProt(mach.MAP_MEM_VM_SHARE)

// xnu osfmk/vm/vm_map.c, vm_map_enter_mem_object: zero-filled memory, with
// eleven arguments that all have an effect.
func TestMapAnonymous(t *testing.T) {
	begin(t)
	a := uint64(0)
	mask := 16*page() - 1
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &a, 3*page(), mask, anywhere, none, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_NONE))
	equal(t, "address bits of the mask", a&mask, 0)
	start, size, info := region(t, a)
	if start > a || start+size < a+3*page() {
		t.Errorf("region %#x + %#x for %#x", start, size, a)
	}
	equal(t, "protection", info.Protection, mach.VM_PROT_READ)
	equal(t, "maximum protection", info.MaxProtection, mach.VM_PROT_DEFAULT)
	equal(t, "inheritance", info.Inheritance, mach.VM_INHERIT_NONE)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a, 3*page()))
	a = 0
	ok(t, "vm_map", mach.VMMap(self(), &a, 2*page(), mask, anywhere, none, 0, 0, mach.VM_PROT_NONE, mach.VM_PROT_READ, mach.VM_INHERIT_SHARE))
	equal(t, "address bits of the mask", a&mask, 0)
	_, _, info = region(t, a)
	equal(t, "protection", info.Protection, mach.VM_PROT_NONE)
	equal(t, "maximum protection", info.MaxProtection, mach.VM_PROT_READ)
	equal(t, "inheritance", info.Inheritance, mach.VM_INHERIT_SHARE)
	ok(t, "vm_deallocate", mach.VMDeallocate(self(), a, 2*page()))
}

// xnu osfmk/vm/vm_memory_entry.c, mach_make_memory_entry_internal with
// MAP_MEM_VM_SHARE: both mappings are one memory.
func TestMemoryEntryShare(t *testing.T) {
	begin(t)
	a := alloc(t, 4*page())
	fill(a, int(4*page()), 8)
	e, size := entry(t, a, 4*page(), vmShare|mach.VM_PROT_DEFAULT)
	equal(t, "size", size, 4*page())
	// Such an entry is mapped whole, whatever part was asked for (osfmk/vm/vm_map.c
	// vm_map_enter_mem_object, named_entry->is_copy).
	var b uint64
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &b, 2*page(), 0, anywhere, e, page(), 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_SHARE))
	defer deallocate(t, b, 4*page())
	equal(t, "contents", string(view(b, int(4*page()))), string(view(a, int(4*page()))))
	b += page()
	view(b, 1)[0] ^= 0xff
	equal(t, "byte through the first mapping", view(a+page(), 1)[0], view(b, 1)[0])
	view(a+page(), 2)[1] ^= 0xff
	equal(t, "byte through the second mapping", view(b, 2)[1], view(a+page(), 2)[1])
	// A private copy of the entry is another memory.
	var c uint64
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &c, 2*page(), 0, anywhere, e, page(), 1, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_COPY))
	defer deallocate(t, c, 4*page())
	equal(t, "contents of the copy", string(view(c, int(4*page()))), string(view(a, int(4*page()))))
	c += page()
	view(c, 1)[0] ^= 1
	equal(t, "the source", view(b, 1)[0], view(c, 1)[0]^1)
	// The memory outlives the first mapping.
	was := view(a+page(), 3)[2]
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a, 4*page()))
	equal(t, "byte through the mapping left", view(b, 3)[2], was)
}

// xnu osfmk/vm/vm_memory_entry.c, MAP_MEM_VM_COPY: a snapshot.
func TestMemoryEntryCopy(t *testing.T) {
	begin(t)
	a := alloc(t, 2*page())
	fill(a, int(2*page()), 8)
	e, _ := entry(t, a, 2*page(), vmCopy|mach.VM_PROT_DEFAULT)
	view(a, 1)[0] ^= 0xff
	var b uint64
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &b, 2*page(), 0, anywhere, e, 0, 1, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_COPY))
	filled(t, "the snapshot", view(b, int(2*page())), 8)
	view(b, 2)[1]++
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), b, 2*page()))
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &b, 2*page(), 0, anywhere, e, 0, 1, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_COPY))
	filled(t, "the snapshot mapped again", view(b, int(2*page())), 8)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), b, 2*page()))
}

// xnu osfmk/vm/vm_memory_entry.c, MAP_MEM_NAMED_CREATE: new memory without an
// address.
func TestMemoryEntryCreate(t *testing.T) {
	begin(t)
	size := 2 * page()
	var e mach.MachPort
	ok(t, "mach_make_memory_entry_64", mach.MachMakeMemoryEntry64(self(), &size, 0, mach.VMProt(mach.MAP_MEM_NAMED_CREATE)|mach.VM_PROT_DEFAULT, &e, none))
	defer mach.MachPortDeallocate(self(), e)
	var kind mach.IPCInfoObjectType
	var x uint64
	ok(t, "mach_port_kobject", mach.MachPortKobject(self(), e, &kind, &x))
	equal(t, "kind of object", kind, mach.IPC_OTYPE_NAMED_ENTRY)
	var a, b uint64
	for _, p := range []*uint64{&a, &b} {
		ok(t, "mach_vm_map", mach.MachVMMap(self(), p, size, 0, anywhere, e, 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_SHARE))
		defer mach.MachVMDeallocate(self(), *p, size)
	}
	equal(t, "first byte", view(a, 1)[0], 0)
	fill(a, int(size), 7)
	filled(t, "through the other mapping", view(b, int(size)), 7)
	// An entry through a message is the same memory.
	p := newPort(t)
	ok(t, "mach_msg", sendRight(p, e, mach.MACH_MSG_TYPE_COPY_SEND))
	got, _ := receiveRight(t, p)
	equal(t, "name", got, e)
	dropSend(t, got)
	var n uint64 = page()
	var old mach.MachPort
	ok(t, "mach_make_memory_entry", mach.MachMakeMemoryEntry(self(), &n, 0, mach.VMProt(mach.MAP_MEM_NAMED_CREATE)|mach.VM_PROT_DEFAULT, &old, none))
	dropSend(t, old)
	h := host(t)
	ok(t, "mach_memory_object_memory_entry_64", mach.MachMemoryObjectMemoryEntry64(h, 1, page(), mach.VM_PROT_DEFAULT, none, &old))
	dropSend(t, old)
	ok(t, "mach_memory_object_memory_entry", mach.MachMemoryObjectMemoryEntry(h, 1, page(), mach.VM_PROT_DEFAULT, none, &old))
	dropSend(t, old)
	want(t, "mach_memory_object_memory_entry_64", mach.MachMemoryObjectMemoryEntry64(h, 1, ^uint64(0), mach.VM_PROT_DEFAULT, none, &old), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/vm/vm_memory_entry.c: errors.
func TestMemoryEntryErrors(t *testing.T) {
	begin(t)
	a := alloc(t, 2*page())
	fill(a, int(2*page()), 1)
	var e mach.MachPort
	try := func(addr, size uint64, p mach.VMProt, codes ...mach.KernReturn) {
		t.Helper()
		want(t, "mach_make_memory_entry_64", mach.MachMakeMemoryEntry64(self(), &size, addr, p, &e, none), codes...)
	}
	try(absentAddress(t), page(), vmShare|mach.VM_PROT_READ, mach.KERN_INVALID_ADDRESS)
	try(absentAddress(t), page(), vmCopy|mach.VM_PROT_READ, mach.KERN_INVALID_ADDRESS)
	try(a, page(), 0x100|mach.VM_PROT_READ, mach.KERN_INVALID_VALUE)
	try(a, 0, vmShare|mach.VM_PROT_READ, mach.KERN_INVALID_ARGUMENT)
	protect(t, a, page(), 1, mach.VM_PROT_READ)
	try(a, page(), vmShare|mach.VM_PROT_DEFAULT, mach.KERN_PROTECTION_FAILURE)
	// The entry bounds what its mappings may do.
	e, _ = entry(t, a+page(), page(), vmShare|mach.VM_PROT_READ)
	var b uint64
	want(t, "mach_vm_map", mach.MachVMMap(self(), &b, page(), 0, mach.VM_FLAGS_ANYWHERE, e, 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_SHARE), mach.KERN_INVALID_RIGHT)
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &b, page(), 0, anywhere, e, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_READ, mach.VM_INHERIT_SHARE))
	want(t, "mach_vm_protect", mach.MachVMProtect(self(), b, page(), 0, mach.VM_PROT_DEFAULT), mach.KERN_PROTECTION_FAILURE)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), b, page()))
	state := int32(0)
	want(t, "mach_memory_entry_purgable_control", mach.MachMemoryEntryPurgableControl(e, mach.VM_PURGABLE_GET_STATE, &state), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_memory_entry_purgable_control", mach.MachMemoryEntryPurgableControl(host(t), mach.VM_PURGABLE_GET_STATE, &state), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/vm/vm_map.c, vm_map_enter_mem_object: errors.
func TestMapErrors(t *testing.T) {
	begin(t)
	a := alloc(t, page())
	m := func(addr, size uint64, flags int32, object mach.MachPort, codes ...mach.KernReturn) {
		t.Helper()
		want(t, "mach_vm_map", mach.MachVMMap(self(), &addr, size, 0, flags, object, 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL, mach.VM_INHERIT_COPY), codes...)
	}
	m(a, page(), mach.VM_FLAGS_FIXED, none, mach.KERN_NO_SPACE)
	m(0, 0, mach.VM_FLAGS_ANYWHERE, none, mach.KERN_INVALID_ARGUMENT)
	m(0, page(), mach.VM_FLAGS_ANYWHERE|1<<21, none, mach.KERN_INVALID_ARGUMENT)
	m(1<<60, page(), mach.VM_FLAGS_FIXED, none, mach.KERN_INVALID_ADDRESS)
	m(0, page(), mach.VM_FLAGS_ANYWHERE, sendPort(t), mach.KERN_INVALID_OBJECT)
	m(0, end(t)-1<<20, mach.VM_FLAGS_ANYWHERE, none, mach.KERN_NO_SPACE)
	var b uint64
	want(t, "mach_vm_map", mach.MachVMMap(self(), &b, page(), 0, mach.VM_FLAGS_ANYWHERE, none, 0, 0, 0x100, mach.VM_PROT_ALL, mach.VM_INHERIT_COPY), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_map", mach.MachVMMap(self(), &b, page(), 0, mach.VM_FLAGS_ANYWHERE, none, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_ALL, 77), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/vm/vm_map.c, vm_map_remap.
func TestRemap(t *testing.T) {
	begin(t)
	a := alloc(t, 4*page())
	fill(a, int(4*page()), 8)
	mask := 8*page() - 1
	var b uint64
	var current, maximum mach.VMProt
	ok(t, "mach_vm_remap", mach.MachVMRemap(self(), &b, 2*page(), mask, mach.VM_FLAGS_ANYWHERE, self(), a+page(), 0, &current, &maximum, mach.VM_INHERIT_NONE))
	equal(t, "address bits of the mask", b&mask, 0)
	equal(t, "protection", current, mach.VM_PROT_DEFAULT)
	equal(t, "maximum protection", maximum, mach.VM_PROT_ALL)
	equal(t, "contents", string(view(b, int(2*page()))), string(view(a+page(), int(2*page()))))
	view(b, 1)[0] ^= 0xff
	equal(t, "byte through the first mapping", view(a+page(), 1)[0], view(b, 1)[0])
	_, _, info := region(t, b)
	equal(t, "inheritance", info.Inheritance, mach.VM_INHERIT_NONE)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), b, 2*page()))

	ok(t, "vm_remap", mach.VMRemap(self(), &b, 2*page(), mask, mach.VM_FLAGS_ANYWHERE, self(), a+page(), 1, &current, &maximum, mach.VM_INHERIT_COPY))
	equal(t, "contents of the copy", string(view(b, int(2*page()))), string(view(a+page(), int(2*page()))))
	view(b, 1)[0] ^= 0xff
	equal(t, "the source", view(a+page(), 1)[0], view(b, 1)[0]^0xff)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), b, 2*page()))

	protect(t, a, page(), 0, mach.VM_PROT_READ)
	ok(t, "mach_vm_remap", mach.MachVMRemap(self(), &b, page(), 0, mach.VM_FLAGS_ANYWHERE, self(), a, 0, &current, &maximum, mach.VM_INHERIT_SHARE))
	equal(t, "protection", current, mach.VM_PROT_READ)
	protectionIs(t, b, mach.VM_PROT_READ, mach.VM_PROT_ALL)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), b, page()))
}

// xnu osfmk/vm/vm_user.c, mach_vm_remap_new_external: protections are input.
func TestRemapNew(t *testing.T) {
	begin(t)
	a := alloc(t, 2*page())
	fill(a, int(2*page()), 8)
	for _, remap := range []func(b *uint64, current, maximum *mach.VMProt) error{
		func(b *uint64, current, maximum *mach.VMProt) error {
			return mach.MachVMRemapNew(self(), b, page(), 4*page()-1, mach.VM_FLAGS_ANYWHERE, self(), a+page(), 0, current, maximum, mach.VM_INHERIT_SHARE)
		},
		func(b *uint64, current, maximum *mach.VMProt) error {
			return mach.VMRemapNew(self(), b, page(), 4*page()-1, mach.VM_FLAGS_ANYWHERE, self(), a+page(), 0, current, maximum, mach.VM_INHERIT_SHARE)
		},
	} {
		var b uint64
		current, maximum := mach.VM_PROT_READ, mach.VM_PROT_DEFAULT
		ok(t, "mach_vm_remap_new", remap(&b, &current, &maximum))
		equal(t, "address bits of the mask", b&(4*page()-1), 0)
		equal(t, "protection", current, mach.VM_PROT_READ)
		equal(t, "maximum protection", maximum, mach.VM_PROT_DEFAULT)
		protectionIs(t, b, mach.VM_PROT_READ, mach.VM_PROT_DEFAULT)
		equal(t, "contents", string(view(b, int(page()))), string(view(a+page(), int(page()))))
		ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), b, page()))
		current, maximum = mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL
		want(t, "mach_vm_remap_new", remap(&b, &current, &maximum), mach.KERN_PROTECTION_FAILURE)
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_remap: errors.
func TestRemapErrors(t *testing.T) {
	begin(t)
	a := alloc(t, 2*page())
	var current, maximum mach.VMProt
	r := func(dst, size uint64, flags int32, src uint64, codes ...mach.KernReturn) {
		t.Helper()
		want(t, "mach_vm_remap", mach.MachVMRemap(self(), &dst, size, 0, flags, self(), src, 0, &current, &maximum, mach.VM_INHERIT_COPY), codes...)
	}
	r(0, page(), mach.VM_FLAGS_ANYWHERE, absentAddress(t), mach.KERN_INVALID_ADDRESS)
	r(a+page(), page(), mach.VM_FLAGS_FIXED, a, mach.KERN_NO_SPACE)
	r(0, 0, mach.VM_FLAGS_ANYWHERE, a, mach.KERN_INVALID_ARGUMENT)
	r(0, page(), mach.VM_FLAGS_ANYWHERE|1<<21, a, mach.KERN_INVALID_ARGUMENT)
}
