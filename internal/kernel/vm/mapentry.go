package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// vmMapCall: task, address, size, mask, flags, object, offset, copy, cur and
// max protection, inheritance (xnu osfmk/vm/vm_map.c vm_map_enter_mem_object).
func vmMapCall(c *core.Ctx, m *vmMap) mach.KernReturn {
	flags := c.U32(4)
	if flags&^uint32(mach.VM_FLAGS_USER_MAP) != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	cur, most := mach.VMProt(c.I32(8)), mach.VMProt(c.I32(9))
	inherit := mach.VMInherit_t(c.U32(10))
	if (cur|most)&^(mach.VM_PROT_ALL|mach.VM_PROT_IS_MASK) != 0 || uint32(inherit) > uint32(mach.VM_INHERIT_LAST_VALID) {
		return mach.KERN_INVALID_ARGUMENT
	}
	if cur&^most&mach.VM_PROT_ALL != 0 { // vm_sanitize_err_compat_cur_and_max_prots_vm_map
		cur &= most
	}
	p := placement{offset: c.U64(6), curMask: cur&mach.VM_PROT_IS_MASK != 0, maxMask: most&mach.VM_PROT_IS_MASK != 0}
	cur, most = cur&^mach.VM_PROT_IS_MASK, most&^mach.VM_PROT_IS_MASK
	addr, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	size := c.U64(2)
	if flags&mach.VM_FLAGS_ANYWHERE == 0 && wraps(m.trunc(addr), size) || size == 0 || m.round(size) == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	e, null := entryArg(c, 5)
	if !null && wraps(p.offset, m.round(size)) {
		return mach.KERN_INVALID_ARGUMENT
	}
	if cur&mach.VM_PROT_EXECUTE != 0 && !m.intel() {
		cur |= mach.VM_PROT_READ
	}
	p.request = request{
		addr: addr, size: size, mask: c.U64(3), flags: flags, prot: cur, maxProt: most, inherit: inherit, copy: c.Bool(7),
	}
	switch {
	case null:
		p.copy = false
		addr, kr = m.enter(p.request)
	case e == nil:
		return mach.KERN_INVALID_OBJECT
	default:
		addr, kr = m.mapEntry(e, p)
	}
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(1, addr)
}

// placement is how an entry is to be mapped.
type placement struct {
	request
	offset           uint64 // in the entry
	curMask, maxMask bool   // VM_PROT_IS_MASK: the entry may take protections away
}

const dataAddr = mach.VM_FLAGS_RETURN_DATA_ADDR | mach.VM_FLAGS_RETURN_4K_DATA_ADDR

// mapEntry maps a part of an entry, or all of one that is a copy.
func (m *vmMap) mapEntry(e *memEntry, p placement) (uint64, mach.KernReturn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	wantsData := p.has(dataAddr)
	if wantsData {
		if wraps(p.offset, e.data) || wraps(p.offset+e.data, m.round(p.size)) || m.round(p.offset+e.data+m.round(p.size)) == 0 {
			return 0, mach.KERN_INVALID_ARGUMENT
		}
		p.offset += e.data
	}
	if p.maxMask {
		p.maxProt &= e.prot
	}
	if p.curMask {
		p.prot &= e.prot
	}
	if (p.prot|p.maxProt)&^e.prot != 0 {
		return 0, mach.KERN_INVALID_RIGHT
	}
	if e.size < p.offset+p.size {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	var inPage uint64 // of the data in the first page
	if wantsData {
		if inPage = p.offset & (m.page - 1); p.has(mach.VM_FLAGS_RETURN_4K_DATA_ADDR) {
			inPage &^= 0xfff
		}
	}
	if e.copied {
		const allowed = mach.VM_FLAGS_ANYWHERE | mach.VM_FLAGS_OVERWRITE | dataAddr | mach.VM_FLAGS_ALIAS_MASK
		if p.flags&^uint32(allowed) != 0 {
			return 0, mach.KERN_INVALID_ARGUMENT
		}
		p.offset, p.size = 0, e.size // it can only be mapped whole
	} else if wantsData {
		p.offset -= inPage
		p.size += inPage
	}
	if p.offset&(m.page-1) != 0 {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	pieces := e.cut(p.offset, m.round(p.size))
	if len(pieces) == 0 {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	if !e.copied {
		pieces[0].tag = 0 // an object has none
	}
	addr, kr := m.placeEntry(p.request, pieces)
	drop(pieces)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	return addr + inPage, mach.KERN_SUCCESS
}

// placeEntry is place, with the short way for what is one piece. The request's
// protection counts, not the source's.
func (m *vmMap) placeEntry(r request, pieces []piece) (uint64, mach.KernReturn) {
	if len(pieces) > 1 {
		for i := range pieces {
			pieces[i].prot, pieces[i].most = mach.VM_PROT_ALL, mach.VM_PROT_ALL
		}
		return m.place(r, pieces)
	}
	p := pieces[0]
	r.object, r.offset, r.size = p.object, p.offset, p.size
	r.private = p.private && !r.copy
	if r.flags>>24 == 0 {
		r.flags |= uint32(p.tag) << 24
	}
	return m.enter(r)
}
