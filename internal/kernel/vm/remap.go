package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// vmRemap and vmRemapNew: target task, address, size, mask, flags, source
// task, source address, copy, cur and max protection (out; for the new form
// also in), inheritance. See xnu osfmk/vm/{vm_user.c,vm_map.c}.
func vmRemap(c *core.Ctx, m *vmMap) mach.KernReturn    { return remap(c, m, false) }
func vmRemapNew(c *core.Ctx, m *vmMap) mach.KernReturn { return remap(c, m, true) }

func remap(c *core.Ctx, m *vmMap, fresh bool) mach.KernReturn {
	flags := c.U32(4)
	if flags&^uint32(mach.VM_FLAGS_USER_REMAP) != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	copyPages := c.Bool(7)
	cur, most := mach.VMProt(mach.VM_PROT_ALL), mach.VMProt(mach.VM_PROT_ALL)
	rank := core.Control
	if fresh {
		var kr mach.KernReturn
		if cur, most, kr = wanted(c); kr != mach.KERN_SUCCESS {
			return kr
		}
		if copyPages || most&^mach.VM_PROT_READ == 0 {
			rank = core.Read
		}
		flags |= mach.VM_FLAGS_RETURN_DATA_ADDR
	}
	inherit := mach.VMInherit_t(c.U32(10))
	if uint32(inherit) > uint32(mach.VM_INHERIT_LAST_VALID) {
		return mach.KERN_INVALID_ARGUMENT
	}
	source, _ := mapArg(c, 5, rank)
	if source == nil {
		return mach.KERN_INVALID_ARGUMENT
	}
	addr, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	from, size := c.U64(6), c.U64(2)
	start, end, ok := source.span(from, size)
	if !ok || size == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	if flags&mach.VM_FLAGS_RETURN_DATA_ADDR == 0 {
		end = start + source.round(size) // as many pages as the size alone has
	}
	if flags&mach.VM_FLAGS_RESILIENT_MEDIA != 0 && !copyPages {
		return mach.KERN_INVALID_ARGUMENT
	}
	r := request{
		addr: addr, mask: c.U64(3), flags: flags & (mach.VM_FLAGS_ANYWHERE | mach.VM_FLAGS_OVERWRITE | mach.VM_FLAGS_RANDOM_ADDR),
		inherit: inherit, prot: cur, maxProt: most, size: end - start,
	}
	have, haveMost, kr := source.least(start, end)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	switch { // vm_map_remap_extract, required_cur_prot and required_max_prot
	case fresh && copyPages && haveMost&mach.VM_PROT_READ == 0, fresh && !copyPages && (have&cur != cur || haveMost&most != most):
		return mach.KERN_PROTECTION_FAILURE
	}
	if copyPages {
		addr, kr = m.placeCopy(source, r, start, end, fresh)
	} else {
		var pieces []piece
		if pieces, kr = source.share(start, end, false); kr == mach.KERN_SUCCESS {
			addr, kr = m.place(r, pieces)
			drop(pieces)
		}
	}
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if flags&mach.VM_FLAGS_RETURN_DATA_ADDR != 0 {
		addr += from - start
	}
	if !fresh {
		cur, most = have, haveMost
	}
	if flags&mach.VM_FLAGS_RESILIENT_CODESIGN != 0 {
		if cur, most, kr = m.readOnly(m.trunc(addr), m.trunc(addr)+(end-start)); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	for _, w := range []struct {
		arg int
		v   uint32
	}{{8, uint32(cur)}, {9, uint32(most)}} {
		if kr := c.Put32(w.arg, w.v); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	return c.Put64(1, addr)
}

// readOnly makes a fresh mapping one that can only be read: what nobody has to
// sign (VM_FLAGS_RESILIENT_CODESIGN).
func (m *vmMap) readOnly(start, end uint64) (cur, most mach.VMProt, kr mach.KernReturn) {
	const prot = mach.VM_PROT_READ
	start, end = m.trunc(start), m.round(end)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.mem.Protect(start, end-start, prot); err != nil {
		return 0, 0, failure(err)
	}
	m.change(start, end, func(a *attr) { a.maxProt = prot })
	return prot, prot, mach.KERN_SUCCESS
}

// wanted reads the protections of the new form: the maximum is not both
// writable and executable, and covers the current one.
func wanted(c *core.Ctx) (cur, most mach.VMProt, kr mach.KernReturn) {
	a, kr := c.Get32(8)
	if kr != mach.KERN_SUCCESS {
		return 0, 0, kr
	}
	b, kr := c.Get32(9)
	if kr != mach.KERN_SUCCESS {
		return 0, 0, kr
	}
	cur, most = mach.VMProt(a), mach.VMProt(b)
	switch {
	case cur&^mach.VM_PROT_ALL != 0, most&^mach.VM_PROT_ALL != 0, cur&^most != 0:
		return 0, 0, mach.KERN_INVALID_ARGUMENT
	case most&mach.VM_PROT_WRITE != 0 && most&mach.VM_PROT_EXECUTE != 0:
		return 0, 0, mach.KERN_PROTECTION_FAILURE
	}
	return cur, most, mach.KERN_SUCCESS
}

// least gives the protections that all of a range has.
func (m *vmMap) least(start, end uint64) (prot, most mach.VMProt, kr mach.KernReturn) {
	prot, most = mach.VM_PROT_ALL, mach.VM_PROT_ALL
	kr = m.each(start, end, func(r region) mach.KernReturn {
		prot &= r.Prot
		most &= r.MaxProt
		return mach.KERN_SUCCESS
	})
	return prot, most, kr
}

// placeCopy makes private memory with the source's contents.
func (m *vmMap) placeCopy(source *vmMap, r request, start, end uint64, fresh bool) (uint64, mach.KernReturn) {
	if kr := source.check(start, end, mach.VM_PROT_READ); kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	whole := r
	whole.prot, whole.maxProt = mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL
	if !r.has(mach.VM_FLAGS_ANYWHERE) && m == source && m.trunc(r.addr) < end && start < m.trunc(r.addr)+(end-start) {
		prot, _, kr := source.least(start, end)
		if kr != mach.KERN_SUCCESS {
			return 0, kr
		}
		return m.copyInPlace(whole, start, end, r.prot&prot)
	}
	addr, kr := m.enter(whole)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	kr = source.each(start, end, func(x region) mach.KernReturn {
		part := r
		part.addr, part.size, part.mask = addr+(x.Start-start), x.End-x.Start, 0
		part.flags = uint32(x.attr.tag)<<24 | mach.VM_FLAGS_OVERWRITE
		if !fresh {
			part.prot, part.maxProt = x.Prot, x.MaxProt
		}
		return m.copyRegion(source, part, &x)
	})
	if kr != mach.KERN_SUCCESS {
		m.remove(addr, end-start)
		return 0, kr
	}
	return addr, mach.KERN_SUCCESS
}

// copyRegion fills a part of fresh memory with a copy of a region: by mapping
// the object that is there privately, or byte by byte.
func (m *vmMap) copyRegion(source *vmMap, part request, x *region) mach.KernReturn {
	if o := x.attr.object; o != nil && !x.attr.copied {
		part.object, part.offset, part.copy = o, x.attr.offset+(x.Start-x.attr.start), true
		_, kr := m.enter(part)
		return kr
	}
	if kr := source.copySparse(m, part.addr, x.Start, part.size); kr != mach.KERN_SUCCESS {
		return kr
	}
	if part.prot != mach.VM_PROT_DEFAULT {
		if err := m.mem.Protect(part.addr, part.size, part.prot); err != nil {
			return failure(err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change(part.addr, part.addr+part.size, func(a *attr) { a.maxProt, a.tag = part.maxProt, x.attr.tag })
	return mach.KERN_SUCCESS
}

// copyInPlace copies a range over itself, or a part of itself.
func (m *vmMap) copyInPlace(r request, start, end uint64, final mach.VMProt) (uint64, mach.KernReturn) {
	b := make([]byte, end-start)
	if _, err := m.mem.ReadAt(b, start); err != nil {
		return 0, mach.KERN_MEMORY_ERROR
	}
	addr, kr := m.enter(r)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	if kr := m.write(b, addr); kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	return addr, failure(m.mem.Protect(addr, end-start, final))
}

// vmReallocate: task, source, its size, destination, its size, mask, options,
// flags. Apple has not published it: what it does is taken from the comments
// of <mach/vm_statistics.h>.
func vmReallocate(c *core.Ctx, m *vmMap) mach.KernReturn {
	src, size, want := c.U64(1), c.U64(2), c.U64(4)
	options, flags := c.U32(6), c.U32(7)
	if options&^uint32(mach.VM_REALLOCATE_ZERO_FILL_SOURCE) != 0 || flags&^uint32(mach.VM_FLAGS_USER_ALLOCATE) != 0 || size == 0 || want == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	start, end, ok := m.span(src, size)
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	prot, most, kr := m.least(start, end)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if prot&mach.VM_PROT_READ == 0 {
		return mach.KERN_PROTECTION_FAILURE
	}
	addr, kr := c.Get64(3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	addr, kr = m.enter(request{
		addr: addr, size: want, mask: c.U64(5), flags: flags, prot: mach.VM_PROT_DEFAULT, maxProt: most, inherit: mach.VM_INHERIT_DEFAULT,
	})
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	n := min(end-start, m.round(want))
	if kr = m.copyTo(m, addr, start, n); kr == mach.KERN_SUCCESS {
		kr = failure(m.mem.Protect(addr, m.round(want), prot))
	}
	if kr != mach.KERN_SUCCESS {
		m.remove(addr, want)
		return kr
	}
	if options&mach.VM_REALLOCATE_ZERO_FILL_SOURCE != 0 {
		_, kr = m.enter(request{
			addr: start, size: end - start, flags: mach.VM_FLAGS_OVERWRITE, prot: prot, maxProt: most, inherit: mach.VM_INHERIT_DEFAULT,
		})
	} else {
		kr = m.remove(start, end-start)
	}
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(3, addr)
}
