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

// request is a mapping to be made.
type request struct {
	addr, size, mask uint64
	flags            uint32
	prot, maxProt    mach.VMProt
	inherit          mach.VMInherit_t
	object           *object
	offset           uint64
	copy             bool
}

// enter makes a mapping and gives its address (xnu osfmk/vm/vm_map.c
// vm_map_enter). Sizes are rounded up to whole pages.
func (m *vmMap) enter(r request) (uint64, mach.KernReturn) {
	size := m.round(r.size)
	if size < r.size {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	if r.flags&mach.VM_FLAGS_PURGABLE != 0 && r.object == nil {
		o, err := newObject(size)
		if err != nil {
			return 0, mach.KERN_RESOURCE_SHORTAGE
		}
		o.can, o.owner, o.page = true, m.task, m.page
		r.object = o
		defer o.drop()
	}
	req := core.Mapping{Size: size, Mask: r.mask, Prot: r.prot & r.maxProt & mach.VM_PROT_ALL}
	if r.object != nil {
		req.File, req.Offset, req.Shared = r.object.file, r.offset, !r.copy
	}
	if r.flags&mach.VM_FLAGS_ANYWHERE == 0 {
		req.Addr = m.trunc(r.addr)
		if !m.within(req.Addr, req.Addr+size) {
			return 0, mach.KERN_INVALID_ADDRESS
		}
		if req.Addr&r.mask != 0 {
			return 0, mach.KERN_NO_SPACE
		}
		req.Fixed, req.Overwrite = true, r.flags&mach.VM_FLAGS_OVERWRITE != 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	addr, err := m.mem.Map(req)
	if err != nil {
		if kr := failure(err); kr != mach.KERN_INVALID_ADDRESS {
			return 0, kr
		}
		return 0, mach.KERN_NO_SPACE // whatever else: it did not fit
	}
	a := plain(addr, addr+size)
	a.maxProt, a.inherit, a.tag = r.maxProt, r.inherit, uint8(r.flags>>24)
	a.object, a.offset, a.copied, a.mach = r.object, r.offset, r.copy, true
	m.set(a)
	if r.inherit != mach.VM_INHERIT_DEFAULT {
		m.applyInherit(addr, addr+size, r.inherit)
	}
	return addr, mach.KERN_SUCCESS
}

// vmDeallocate: holes are no error, and a size of 0 succeeds.
func vmDeallocate(c *core.Ctx, m *vmMap) mach.KernReturn {
	return m.remove(c.U64(1), c.U64(2))
}

func (m *vmMap) remove(addr, size uint64) mach.KernReturn {
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	start, end, ok := m.span(addr, size)
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	// What lies beyond user addresses is not mapped.
	lo, hi := m.mem.Bounds()
	start, end = max(start, lo), min(end, hi)
	if start >= end {
		return mach.KERN_SUCCESS
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.mem.Unmap(start, end-start); err != nil {
		return failure(err)
	}
	m.forget(start, end)
	return mach.KERN_SUCCESS
}
