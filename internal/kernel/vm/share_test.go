//go:build linux && (amd64 || arm64)

package vm_test

import (
	"bytes"
	"testing"

	"github.com/gomach/mach"
)

const rw = mach.VM_PROT_READ | mach.VM_PROT_WRITE

// entry makes a memory entry that goes with the test.
func entry(t *testing.T, task mach.MachPort, size, offset uint64, permission mach.VMProt) (mach.MachPort, uint64) {
	t.Helper()
	var e mach.MachPort
	must(t, mach.MachMakeMemoryEntry64(task, &size, offset, permission, &e, mach.MACH_PORT_NULL))
	t.Cleanup(func() { mach.MachPortDeallocate(mach.MachTaskSelf(), e) })
	return e, size
}

func mapEntry(t *testing.T, task, e mach.MachPort, size, offset uint64, copied bool) uint64 {
	t.Helper()
	var addr mach.MachVMAddress
	must(t, mach.MachVMMap(task, &addr, size, 0, mach.VM_FLAGS_ANYWHERE, e, offset, mach.BooleanOf(copied), rw, rw, mach.VM_INHERIT_DEFAULT))
	t.Cleanup(func() { mach.MachVMDeallocate(task, addr, size) })
	return addr
}

// TestMemoryIsShared makes an entry of memory that holds something already,
// maps it elsewhere, and sees changes go both ways.
func TestMemoryIsShared(t *testing.T) {
	self := mach.MachTaskSelf()
	x := start(t, 0)
	for _, share := range []mach.VMProt{0, mach.MAP_MEM_VM_SHARE} {
		addr := allocate(t, self, 2*page)
		poke(t, self, addr+page, 1, 2, 3)
		e, size := entry(t, self, 2*page, addr, rw|share)
		if size != 2*page {
			t.Errorf("size %d", size)
		}
		there := mapEntry(t, x.task, e, size, 0, false)
		here := mapEntry(t, self, e, page, page, false)
		if share != 0 { // mapped whole (vm_map_enter_mem_object)
			here += page
		}
		private := mapEntry(t, self, e, size, 0, true)
		if got := peekAll(t, x.task, there+page, 3); !bytes.Equal(got, []byte{1, 2, 3}) {
			t.Errorf("the other task sees %v", got)
		}
		poke(t, x.task, there+page, 77)
		if peek(t, addr+page) != 77 || peek(t, here) != 77 {
			t.Error("a change elsewhere is not seen here")
		}
		poke(t, self, private+page, 5)
		if peek(t, addr+page) != 77 {
			t.Error("a change of a copy is seen")
		}
	}
}

// The other task's memory, shared while its thread writes it all the time.
func TestMemoryOfARunningTaskIsShared(t *testing.T) {
	x := start(t, 0)
	self := mach.MachTaskSelf()
	var addr mach.MachVMAddress
	var cur, most mach.VMProt
	must(t, mach.MachVMRemap(self, &addr, page, 0, mach.VM_FLAGS_ANYWHERE, x.task, x.word, 0, &cur, &most, mach.VM_INHERIT_DEFAULT))
	defer mach.MachVMDeallocate(self, addr, page)
	if cur != rw {
		t.Errorf("protection %v", cur)
	}
	for range 20 {
		_, _, told := x.says()
		b := peekAll(t, self, addr, 8)
		seen := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
		if seen < told || seen > told+100_000 {
			t.Fatalf("the target counts to %d, the shared page says %d", told, seen)
		}
	}
}

func TestRemap(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		addr := allocate(t, task, 3*page)
		poke(t, task, addr+page, 4)
		must(t, mach.MachVMProtect(task, addr+page, page, 0, mach.VM_PROT_READ))
		var shared, copied mach.MachVMAddress
		var cur, most mach.VMProt
		must(t, mach.MachVMRemap(task, &shared, 3*page, 0, mach.VM_FLAGS_ANYWHERE, task, addr, 0, &cur, &most, mach.VM_INHERIT_DEFAULT))
		if cur != mach.VM_PROT_READ || most != mach.VM_PROT_ALL {
			t.Errorf("protections %v, %v", cur, most)
		}
		must(t, mach.MachVMRemap(task, &copied, 3*page, 0, mach.VM_FLAGS_ANYWHERE, task, addr, 1, &cur, &most, mach.VM_INHERIT_DEFAULT))
		poke(t, task, addr, 9)
		if got := peekAll(t, task, shared, 1); got[0] != 9 {
			t.Error("a change is not seen in the shared mapping")
		}
		if got := peekAll(t, task, copied, page+1); got[0] != 0 || got[page] != 4 {
			t.Error("the copy is not what was there")
		}
		if r, err := regionAt(task, shared+page); err != nil || r.Protection != mach.VM_PROT_READ || r.Shared == 0 {
			t.Errorf("%+v, %v", r, err)
		}
		cur, most = rw, rw
		is(t, mach.MachVMRemapNew(task, &shared, 3*page, 0, mach.VM_FLAGS_ANYWHERE, task, addr, 0, &cur, &most, mach.VM_INHERIT_DEFAULT), mach.KERN_PROTECTION_FAILURE)
		// A copy may be given more than its source (vm_map_remap_extract).
		var writable mach.MachVMAddress
		must(t, mach.MachVMRemapNew(task, &writable, 3*page, 0, mach.VM_FLAGS_ANYWHERE, task, addr, 1, &cur, &most, mach.VM_INHERIT_DEFAULT))
		if r, err := regionAt(task, writable+page); err != nil || r.Protection != rw || r.MaxProtection != rw || cur != rw || most != rw {
			t.Errorf("%+v, %v; %v, %v", r, err, cur, most)
		}
		must(t, mach.MachVMDeallocate(task, writable, 3*page))
		cur, most = mach.VM_PROT_READ, mach.VM_PROT_ALL
		is(t, mach.MachVMRemapNew(task, &copied, page, 0, mach.VM_FLAGS_ANYWHERE, task, addr, 1, &cur, &most, mach.VM_INHERIT_DEFAULT), mach.KERN_PROTECTION_FAILURE)
		cur, most = mach.VM_PROT_READ, rw
		var data mach.MachVMAddress
		must(t, mach.MachVMRemapNew(task, &data, 10, 0, mach.VM_FLAGS_ANYWHERE, task, addr+page+3, 1, &cur, &most, mach.VM_INHERIT_DEFAULT))
		if data%page != 3 || cur != mach.VM_PROT_READ || most != rw {
			t.Errorf("%#x, %v, %v", data, cur, most)
		}
		for _, a := range []uint64{shared, copied} {
			must(t, mach.MachVMDeallocate(task, a, 3*page))
		}
		must(t, mach.MachVMDeallocate(task, data, 10))
		must(t, mach.MachVMDeallocate(task, addr+page, page))
		is(t, mach.MachVMRemap(task, &shared, 3*page, 0, mach.VM_FLAGS_ANYWHERE, task, addr, 0, &cur, &most, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_ADDRESS)
		is(t, mach.MachVMRemap(task, &shared, 0, 0, mach.VM_FLAGS_ANYWHERE, task, addr, 0, &cur, &most, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_ARGUMENT)
	})
}

func TestMemoryEntries(t *testing.T) {
	self := mach.MachTaskSelf()
	created, size := entry(t, self, page+1, 0, rw|mach.MAP_MEM_NAMED_CREATE)
	if size != 2*page {
		t.Errorf("size %d", size)
	}
	a, b := mapEntry(t, self, created, size, 0, false), mapEntry(t, self, created, size, 0, false)
	poke(t, self, a, 3)
	if peek(t, b) != 3 {
		t.Error("two mappings of an entry differ")
	}
	// A part of an entry.
	part := uint64(page)
	var child mach.MachPort
	must(t, mach.MachMakeMemoryEntry64(self, &part, page, mach.VM_PROT_READ, &child, created))
	defer mach.MachPortDeallocate(self, child)
	poke(t, self, a+page, 8)
	var addr mach.MachVMAddress
	is(t, mach.MachVMMap(self, &addr, page, 0, mach.VM_FLAGS_ANYWHERE, child, 0, 0, rw, rw, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_RIGHT)
	is(t, mach.MachVMMap(self, &addr, 2*page, 0, mach.VM_FLAGS_ANYWHERE, child, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_READ, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_ARGUMENT)
	must(t, mach.MachVMMap(self, &addr, page, 0, mach.VM_FLAGS_ANYWHERE, child, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_READ, mach.VM_INHERIT_DEFAULT))
	if peek(t, addr) != 8 {
		t.Error("the part is another part")
	}
	must(t, mach.MachVMDeallocate(self, addr, page))
	part = 3 * page
	is(t, mach.MachMakeMemoryEntry64(self, &part, 0, mach.VM_PROT_READ, &child, created), mach.KERN_INVALID_ARGUMENT)
	if part != 3*page {
		t.Error("the size changes on failure")
	}
	// A copy of the moment.
	poke(t, self, a, 6)
	snap, _ := entry(t, self, page, a, rw|mach.MAP_MEM_VM_COPY)
	poke(t, self, a, 7)
	if got := peek(t, mapEntry(t, self, snap, page, 0, false)); got != 6 {
		t.Errorf("the copy says %d", got)
	}
	// What does not go.
	none := uint64(0)
	is(t, mach.MachMakeMemoryEntry64(self, &none, a, rw, &child, 0), mach.KERN_INVALID_ARGUMENT)
	readOnly := allocate(t, self, page)
	must(t, mach.MachVMProtect(self, readOnly, page, 0, mach.VM_PROT_READ))
	one := page
	is(t, mach.MachMakeMemoryEntry64(self, &one, readOnly, rw, &child, 0), mach.KERN_PROTECTION_FAILURE)
	one = page
	is(t, mach.MachMakeMemoryEntry64(self, &one, 8<<40, rw, &child, 0), mach.KERN_INVALID_ADDRESS)
	is(t, mach.MachVMMap(self, &addr, page, 0, mach.VM_FLAGS_ANYWHERE, self, 0, 0, rw, rw, mach.VM_INHERIT_DEFAULT), mach.KERN_INVALID_OBJECT)
}

func TestPurgable(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		var addr mach.MachVMAddress
		must(t, mach.MachVMAllocate(task, &addr, 2*page, mach.VM_FLAGS_ANYWHERE|mach.VM_FLAGS_PURGABLE))
		defer mach.MachVMDeallocate(task, addr, 2*page)
		poke(t, task, addr+page, 5)
		state := int32(mach.VM_PURGABLE_VOLATILE)
		must(t, mach.MachVMPurgableControl(task, addr, mach.VM_PURGABLE_SET_STATE, &state))
		if state != mach.VM_PURGABLE_NONVOLATILE {
			t.Errorf("it was %d", state)
		}
		must(t, mach.MachVMPurgableControl(task, addr, mach.VM_PURGABLE_PURGE_ALL, &state))
		must(t, mach.MachVMPurgableControl(task, addr+page, mach.VM_PURGABLE_GET_STATE, &state))
		if state != mach.VM_PURGABLE_EMPTY {
			t.Errorf("it is %d", state)
		}
		state = mach.VM_PURGABLE_NONVOLATILE
		must(t, mach.MachVMPurgableControl(task, addr, mach.VM_PURGABLE_SET_STATE, &state))
		if state != mach.VM_PURGABLE_EMPTY {
			t.Errorf("it was %d", state)
		}
		if got := peekAll(t, task, addr+page, 1); got[0] != 0 {
			t.Error("the contents stayed")
		}
		plain := allocate(t, task, page)
		is(t, mach.MachVMPurgableControl(task, plain, mach.VM_PURGABLE_GET_STATE, &state), mach.KERN_INVALID_ARGUMENT)
		is(t, mach.MachVMPurgableControl(task, addr, 9, &state), mach.KERN_INVALID_ARGUMENT)
		is(t, mach.MachVMPurgableControl(task, 8, mach.VM_PURGABLE_GET_STATE, &state), mach.KERN_INVALID_ADDRESS)
	})
}
