package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// makeEntry calls mach_make_memory_entry_64 and checks that a failure leaves
// size and handle alone: a MIG reply with an error carries nothing else.
func makeEntry(t *testing.T, offset, size uint64, permission mach.VMProt, parent mach.MachPort) (mach.MachPort, uint64, error) {
	t.Helper()
	got, e := size, mach.MachPort(0xdead)
	err := mach.MachMakeMemoryEntry64(self(), &got, offset, permission, &e, parent)
	if err != nil {
		if got != size || e != 0xdead {
			t.Errorf("after %v the size is %d, was %d; the handle is %#x", err, got, size, e)
		}
		return none, got, err
	}
	if e != none {
		t.Cleanup(func() { mach.MachPortDeallocate(self(), e) })
	}
	return e, got, nil
}

// xnu osfmk/vm/vm_sanitize.c vm_sanitize_memory_entry_perm,
// osfmk/vm/vm_memory_entry.c mach_make_memory_entry_internal.
func TestMemoryEntryPermission(t *testing.T) {
	begin(t)
	a := alloc(t, 2*page())
	for bit := uint32(1); bit != 0; bit <<= 1 {
		e, size, err := makeEntry(t, a, 2*page(), mach.VMProt(bit)|mach.VM_PROT_DEFAULT, none)
		switch {
		case bit&mach.MAP_MEM_FLAGS_MASK&^mach.MAP_MEM_FLAGS_USER != 0:
			want(t, "mach_make_memory_entry_64", err, mach.KERN_INVALID_VALUE)
		case bit == mach.MAP_MEM_ONLY: // wants a parent
			want(t, "mach_make_memory_entry_64", err, mach.KERN_INVALID_ARGUMENT)
		case bit == uint32(mach.VM_PROT_EXECUTE): // allocated memory has not that much
			want(t, "mach_make_memory_entry_64", err, mach.KERN_PROTECTION_FAILURE)
		default: // of protections beyond these nothing is asked
			ok(t, "mach_make_memory_entry_64", err)
			equal(t, "size", size, 2*page())
			equal(t, "kind", kindOf(t, e), mach.IPC_OTYPE_NAMED_ENTRY)
		}
	}
}

// osfmk/vm/vm_memory_entry.c, routine by routine.
func TestMemoryEntryArguments(t *testing.T) {
	begin(t)
	const rw = mach.VM_PROT_DEFAULT
	create, only := mach.VMProt(mach.MAP_MEM_NAMED_CREATE), mach.VMProt(mach.MAP_MEM_ONLY)
	data, data4K := mach.VMProt(mach.MAP_MEM_USE_DATA_ADDR), mach.VMProt(mach.MAP_MEM_4K_DATA_ADDR)
	a := alloc(t, 4*page())
	readOnly := alloc(t, page())
	protect(t, readOnly, page(), 0, mach.VM_PROT_READ)
	plain, _ := entry(t, a, 4*page(), rw)
	copied, _ := entry(t, a, page(), vmCopy|rw)
	shared, _ := entry(t, a, page(), vmShare|rw)
	reader := created(t, 2*page(), mach.VM_PROT_READ)
	for _, c := range []struct {
		what         string
		offset, size uint64
		permission   mach.VMProt
		parent       mach.MachPort
		code         mach.KernReturn
		got          uint64
	}{
		{"nothing", a, 0, rw, none, mach.KERN_INVALID_ARGUMENT, 0},
		{"nothing, copied", a, 0, rw | vmCopy, none, mach.KERN_INVALID_ARGUMENT, 0},
		{"no end", a, ^uint64(0), rw, none, mach.KERN_INVALID_ARGUMENT, 0},
		{"no end, copied", a, ^uint64(0), rw | vmCopy, none, mach.KERN_INVALID_ARGUMENT, 0},
		{"no end, created", 1, ^uint64(0), rw | create, none, mach.KERN_INVALID_ARGUMENT, 0},
		{"absent memory", absentAddress(t), page(), rw, none, mach.KERN_INVALID_ADDRESS, 0},
		{"absent memory, copied", absentAddress(t), page(), rw | vmCopy, none, mach.KERN_INVALID_ADDRESS, 0},
		{"read-only memory", readOnly, page(), rw, none, mach.KERN_PROTECTION_FAILURE, 0},
		{"read-only memory as a mask", readOnly, page(), rw | mach.VM_PROT_IS_MASK, none, 0, page()},
		{"no protection of it", readOnly, page(), mach.VM_PROT_WRITE | mach.VM_PROT_IS_MASK, none, mach.KERN_PROTECTION_FAILURE, 0},
		{"pages that it reaches into", a + 1, page(), rw, none, 0, 2 * page()},
		{"data", a + 0x1100, page(), rw | data, none, 0, 2*page() - 0x1100%page()},
		{"data at 4 KiB", a + 0x1100, page(), rw | data4K, none, 0, 2*page() - 0x1100%page()&^0xfff},
		{"created", 0, page() + 1, rw | create, none, 0, 2 * page()},
		{"created over a page's end", 1, page(), rw | create, none, 0, 2 * page()},
		{"created with data", 0, page(), rw | create | data, none, mach.KERN_INVALID_ARGUMENT, 0},
		{"created too large", 0, 1 << 60, rw | create, none, mach.KERN_FAILURE, 0},
		{"created purgable", 0, page(), rw | create | mach.VMProt(mach.MAP_MEM_PURGABLE), none, 0, page()},
		{"created purgable, read-only", 0, page(), mach.VM_PROT_READ | create | mach.VMProt(mach.MAP_MEM_PURGABLE), none, mach.KERN_INVALID_ARGUMENT, 0},
		{"of a copy", a, page(), rw, copied, mach.KERN_INVALID_ARGUMENT, 0},
		{"a copy of a copy", a, page(), rw | vmCopy, copied, mach.KERN_INVALID_ARGUMENT, 0},
		{"created, with a copy", 0, page(), rw | create, copied, mach.KERN_INVALID_ARGUMENT, 0},
		{"of a share", a, page(), rw, shared, mach.KERN_INVALID_ARGUMENT, 0},
		{"of an entry", page(), page(), rw, plain, 0, page()},
		{"of an entry, pages that it reaches into", page() + 1, page(), rw, plain, 0, 2 * page()},
		{"of an entry, data", page() + 1, 1, rw | data, plain, 0, page() - 1},
		{"of an entry, too much", 0, 5 * page(), rw, plain, mach.KERN_INVALID_ARGUMENT, 0},
		{"of an entry, no end", page(), ^uint64(0), rw, plain, mach.KERN_INVALID_ARGUMENT, 0},
		{"of an entry, more than it may", 0, page(), rw, reader, mach.KERN_PROTECTION_FAILURE, 0},
		{"of an entry, as a mask", 0, page(), rw | mach.VM_PROT_IS_MASK, reader, 0, page()},
		{"a port that is no entry", a, page(), rw, sendPort(t), 0, page()},
		{"only the mode", 0, page(), rw | only, plain, 0, page()},
		{"only the mode, of a reader", 0, page(), 1<<24 | only, reader, mach.KERN_INVALID_RIGHT, 0},
		{"only the mode, of nothing", 0, page(), rw | only, none, mach.KERN_INVALID_ARGUMENT, 0},
		{"only the mode, of data", 0, page(), rw | only | data, plain, mach.KERN_INVALID_ARGUMENT, 0},
	} {
		_, size, err := makeEntry(t, c.offset, c.size, c.permission, c.parent)
		if c.code != 0 {
			if codeOf(err) != c.code {
				t.Errorf("%s: %v, want %v", c.what, err, c.code)
			}
			continue
		}
		if err != nil || size != c.got {
			t.Errorf("%s: %d bytes, %v; want %d", c.what, size, err, c.got)
		}
	}
	e, size, err := makeEntry(t, 0, 0, rw|create, none)
	ok(t, "mach_make_memory_entry_64", err)
	equal(t, "handle of nothing", e, none)
	equal(t, "size of nothing", size, 0)
}

// xnu osfmk/vm/vm_memory_entry.c mach_make_memory_entry_share:
// MAP_MEM_NAMED_REUSE gives the parent again if it covers the same memory.
func TestMemoryEntryReuse(t *testing.T) {
	begin(t)
	reuse := mach.VM_PROT_DEFAULT | mach.VMProt(mach.MAP_MEM_NAMED_REUSE)
	e := created(t, 2*page(), mach.VM_PROT_DEFAULT)
	var a uint64
	ok(t, "mach_vm_map", mach.MachVMMap(self(), &a, 2*page(), 0, anywhere, e, 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_DEFAULT))
	defer deallocate(t, a, 2*page())
	same, size, err := makeEntry(t, a, 2*page(), reuse, e)
	ok(t, "mach_make_memory_entry_64", err)
	equal(t, "handle", same, e)
	equal(t, "size", size, 2*page())
	for _, c := range []struct{ offset, size uint64 }{{a, page()}, {a + page(), page()}} {
		other, _, err := makeEntry(t, c.offset, c.size, reuse, e)
		ok(t, "mach_make_memory_entry_64", err)
		if other == e {
			t.Errorf("the entry of %d bytes serves for %d at %d", 2*page(), c.size, c.offset-a)
		}
	}
	other, _, err := makeEntry(t, alloc(t, 2*page()), 2*page(), reuse, e)
	ok(t, "mach_make_memory_entry_64", err)
	if other == e {
		t.Error("the entry serves for other memory")
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_enter_mem_object.
func TestMapEntryArguments(t *testing.T) {
	begin(t)
	const r, rw = mach.VM_PROT_READ, mach.VM_PROT_DEFAULT
	const mask = mach.VM_PROT_IS_MASK
	a := alloc(t, 4*page())
	plain, _ := entry(t, a, 4*page(), rw)
	reader := created(t, 2*page(), r)
	data, _ := entry(t, a+0x100, page(), rw|mach.VMProt(mach.MAP_MEM_USE_DATA_ADDR))
	for _, c := range []struct {
		what         string
		e            mach.MachPort
		offset, size uint64
		flags        int32
		copied       mach.Boolean
		cur, most    mach.VMProt
		code         mach.KernReturn
		inPage, got  uint64
	}{
		{"a part", plain, page(), page(), 0, 0, rw, rw, 0, 0, page()},
		{"a byte", plain, page(), 1, 0, 0, rw, rw, 0, 0, page()},
		{"no whole page before it", plain, 0x40, page(), 0, 0, rw, rw, mach.KERN_INVALID_ARGUMENT, 0, 0},
		{"the same, copied", plain, 0x40, page(), 0, 1, rw, rw, mach.KERN_INVALID_ARGUMENT, 0, 0},
		{"nothing", plain, 0, 0, 0, 0, rw, rw, mach.KERN_INVALID_ARGUMENT, 0, 0},
		{"too much", plain, page(), 4 * page(), 0, 0, rw, rw, mach.KERN_INVALID_ARGUMENT, 0, 0},
		{"no end", plain, ^uint64(0), page(), 0, 0, rw, rw, mach.KERN_INVALID_ARGUMENT, 0, 0},
		{"no end, of data", data, ^uint64(0), page(), mach.VM_FLAGS_RETURN_DATA_ADDR, 1, rw, rw, mach.KERN_INVALID_ARGUMENT, 0, 0},
		{"data", data, 0, page() - 0x100, mach.VM_FLAGS_RETURN_DATA_ADDR, 0, rw, rw, 0, 0x100, page()},
		{"data, two pages", data, 0, page(), mach.VM_FLAGS_RETURN_DATA_ADDR, 0, rw, rw, 0, 0x100, 2 * page()},
		{"data, further on", data, 0x40, 0x40, mach.VM_FLAGS_RETURN_DATA_ADDR, 1, rw, rw, 0, 0x140, page()},
		{"data, not asked for", data, 0, page(), 0, 0, rw, rw, 0, 0, page()},
		{"data at 4 KiB", data, 0, page(), mach.VM_FLAGS_RETURN_4K_DATA_ADDR, 0, rw, rw, mach.KERN_INVALID_ARGUMENT, 0, 0},
		{"more than it may", reader, 0, page(), 0, 0, rw, rw, mach.KERN_INVALID_RIGHT, 0, 0},
		{"more than it may, copied", reader, 0, page(), 0, 1, rw, rw, mach.KERN_INVALID_RIGHT, 0, 0},
		{"a larger maximum", reader, 0, page(), 0, 0, r, rw, mach.KERN_INVALID_RIGHT, 0, 0},
		{"masks", reader, 0, page(), 0, 0, rw | mask, rw | mask, 0, 0, page()},
		{"a port that is no entry", sendPort(t), 0, page(), 0, 0, r, r, mach.KERN_INVALID_OBJECT, 0, 0},
		{"executable and writable", none, 0, page(), 0, 0, 7, 7, wx(), 0, page()},
	} {
		at := uint64(0)
		err := mach.MachVMMap(self(), &at, c.size, 0, anywhere|c.flags, c.e, c.offset, c.copied, c.cur, c.most, mach.VM_INHERIT_DEFAULT)
		if c.code != 0 {
			if codeOf(err) != c.code || at != 0 {
				t.Errorf("%s: at %#x, %v, want %v", c.what, at, err, c.code)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		start, size, _ := region(t, at)
		if at-start != c.inPage || size != c.got {
			t.Errorf("%s: %d bytes, the data at %#x; want %d, %#x", c.what, size, at-start, c.got, c.inPage)
		}
		deallocate(t, start, size)
	}
}
