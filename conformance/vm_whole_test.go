package conformance_test

import (
	"bytes"
	"testing"

	"github.com/gomach/mach"
)

// Memory that the kernel places is within the task's addresses, each call takes
// it, and what is deallocated is gone: nothing is mapped there, and the place can
// be had again (mach_vm_deallocate.html; xnu osfmk/vm/vm_map.c). A kernel that
// believes addresses to end earlier answers success and does nothing.
func TestWholeLifeOfMemory(t *testing.T) {
	begin(t)
	var a uint64
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, 4*page(), anywhere))
	if last := end(t); a+4*page() > last {
		t.Errorf("memory at %#x, addresses end at %#x", a, last)
	}
	fill(a, int(4*page()), 3)
	ok(t, "mach_vm_protect", mach.MachVMProtect(self(), a, page(), 0, mach.VM_PROT_READ))
	var disposition, references int32
	ok(t, "mach_vm_page_query", mach.MachVMPageQuery(self(), a, &disposition, &references))
	if disposition&mach.VM_PAGE_QUERY_PAGE_PRESENT == 0 {
		t.Errorf("a page that was written is not present: %#x", disposition)
	}
	var copied uint64
	var now, most mach.VMProt
	ok(t, "mach_vm_remap", mach.MachVMRemap(self(), &copied, page(), 0, mach.VM_FLAGS_ANYWHERE, self(), a+page(), 0, &now, &most, mach.VM_INHERIT_NONE))
	if !bytes.Equal(view(copied, int(page())), view(a+page(), int(page()))) {
		t.Error("the remapped page has other bytes")
	}
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), copied, page()))
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a, 4*page()))
	for i := range uint64(4) {
		unmapped(t, a+i*page())
	}
	b := a
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &b, 4*page(), mach.VM_FLAGS_FIXED|tagged))
	equal(t, "address", b, a)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), b, 4*page()))
}
