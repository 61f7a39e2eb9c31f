package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// vmMachineAttribute: task, address, size, attribute, value (xnu
// osfmk/vm/vm_map.c vm_map_machine_attribute). No processor knows an attribute
// but MATTR_CACHE; Intel's, whose caches are coherent, has nothing to do there
// either, and xnu answers KERN_INVALID_ADDRESS for pages that are in memory
// (osfmk/i386/pmap.h). On ARM, Linux sees to the caches when it writes another
// task's code.
func vmMachineAttribute(c *core.Ctx, m *vmMap) mach.KernReturn {
	size := c.U64(2)
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	start, end, ok := m.span(c.U64(1), size)
	switch {
	case wraps(c.U64(1), size):
		return mach.KERN_INVALID_ARGUMENT
	case !ok || !m.within(start, end) || mach.VMMachineAttribute_t(c.U32(3)) != mach.MATTR_CACHE:
		return mach.KERN_INVALID_ADDRESS
	}
	if kr := m.check(start, end, mach.VM_PROT_NONE); kr != mach.KERN_SUCCESS {
		return mach.KERN_FAILURE // a hole
	}
	if !m.intel() {
		return mach.KERN_SUCCESS
	}
	for at := start; at < end; {
		n := min((end-at)/m.page, 4096)
		pages, kr := m.pages(at, int(n))
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		for _, p := range pages {
			if p&mach.VM_PAGE_QUERY_PAGE_PRESENT != 0 {
				return mach.KERN_INVALID_ADDRESS
			}
		}
		at += n * m.page
	}
	return mach.KERN_SUCCESS
}
