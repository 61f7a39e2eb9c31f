package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// userAllocate are the flags that mach_vm_allocate takes (xnu
// osfmk/mach/vm_statistics.h VM_FLAGS_USER_ALLOCATE).
const userAllocate = mach.VM_FLAGS_USER_ALLOCATE

func vmAllocate(c *core.Ctx, m *vmMap) mach.KernReturn {
	flags := c.U32(3)
	if flags&^uint32(userAllocate) != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	addr, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if flags&mach.VM_FLAGS_ANYWHERE != 0 {
		addr = 0 // no hint (osfmk/vm/vm_kern.c mach_vm_allocate_kernel_sanitize)
	}
	size := c.U64(2)
	if size == 0 {
		return c.Put64(1, 0)
	}
	r := request{addr: addr, size: size, flags: flags, prot: mach.VM_PROT_DEFAULT, maxProt: mach.VM_PROT_ALL, inherit: mach.VM_INHERIT_DEFAULT}
	addr, kr = m.enter(r)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(1, addr)
}

// vmDeallocate: holes are no error, and a size of 0 succeeds.
func vmDeallocate(c *core.Ctx, m *vmMap) mach.KernReturn {
	return m.remove(c.U64(1), c.U64(2))
}
