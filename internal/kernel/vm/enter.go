package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// request is a mapping to be made.
type request struct {
	addr, size, mask uint64
	flags            uint32
	prot, maxProt    mach.VMProt
	inherit          mach.VMInherit_t
	object           *object
	offset           uint64
	copy             bool
	private          bool // of a file that is mapped privately: as it is now or later
}

func (r *request) has(flag uint32) bool { return r.flags&flag != 0 }

// enter makes a mapping and gives its address (xnu osfmk/vm/vm_map.c
// vm_map_enter). Sizes are rounded up to whole pages.
func (m *vmMap) enter(r request) (uint64, mach.KernReturn) {
	size := m.round(r.size)
	if size < r.size {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	r.size = size
	if kr := m.options(&r); kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	size = r.size
	if r.has(mach.VM_FLAGS_PURGABLE) && r.object == nil {
		o, err := newObject(size)
		if err != nil {
			return 0, mach.KERN_RESOURCE_SHORTAGE
		}
		o.can, o.owner, o.page = true, m.task, m.page
		r.object = o
		defer o.drop()
	}
	req := core.Mapping{Size: size, Mask: r.mask, Prot: r.prot & r.maxProt & mach.VM_PROT_ALL}
	if !r.has(mach.VM_FLAGS_ANYWHERE) {
		req.Addr = m.trunc(r.addr)
		if req.Addr&r.mask != 0 {
			return 0, mach.KERN_NO_SPACE
		}
		if !m.within(req.Addr, req.Addr+size) {
			return 0, mach.KERN_INVALID_ADDRESS
		}
		req.Fixed, req.Overwrite = true, r.has(mach.VM_FLAGS_OVERWRITE)
	}
	if r.object != nil {
		done, kr := r.back()
		if kr != mach.KERN_SUCCESS {
			return 0, kr
		}
		defer done()
		req.File, req.Offset, req.Shared = r.object.file, r.offset, !r.copy && !r.private
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if req.Overwrite {
		if kr := m.vacate(req.Addr, req.Addr+size); kr != mach.KERN_SUCCESS {
			return 0, kr
		}
	}
	addr, err := m.put(req, &r)
	if err != nil {
		if kr := failure(err); kr != mach.KERN_INVALID_ADDRESS {
			return 0, kr
		}
		return 0, mach.KERN_NO_SPACE // whatever else: it did not fit
	}
	m.note(addr, &r)
	if r.inherit != mach.VM_INHERIT_DEFAULT {
		m.applyInherit(addr, addr+size, r.inherit)
	}
	if r.has(mach.VM_FLAGS_SUPERPAGE_MASK) {
		if kr := m.superpages(addr, addr+size); kr != mach.KERN_SUCCESS {
			return 0, kr
		}
	}
	return addr, mach.KERN_SUCCESS
}

// put finds addresses for a mapping and makes it. It wants m.mu held.
func (m *vmMap) put(req core.Mapping, r *request) (uint64, error) {
	switch {
	case req.Fixed:
		return m.mem.Map(req)
	case r.has(mach.VM_FLAGS_RANDOM_ADDR):
		return m.random(req)
	case r.addr != 0 || r.mask&(r.mask+1) != 0:
		return m.above(req, r.addr)
	}
	return m.mem.Map(req)
}
