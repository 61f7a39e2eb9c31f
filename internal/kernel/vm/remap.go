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
	if flags&^uint32(mach.VM_FLAGS_USER_REMAP|mach.VM_FLAGS_ALIAS_MASK) != 0 {
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
	r := request{
		addr: addr, mask: c.U64(3), flags: flags & (mach.VM_FLAGS_ANYWHERE | mach.VM_FLAGS_OVERWRITE | mach.VM_FLAGS_ALIAS_MASK),
		inherit: inherit, prot: cur, maxProt: most, size: end - start,
	}
	have, haveMost, kr := source.least(start, end)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if fresh && (have&cur != cur || haveMost&most != most) {
		return mach.KERN_PROTECTION_FAILURE
	}
	if copyPages {
		addr, kr = m.placeCopy(source, r, start, end, have)
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
	for _, w := range []struct {
		arg int
		v   uint32
	}{{8, uint32(have & cur)}, {9, uint32(haveMost & most)}} {
		if kr := c.Put32(w.arg, w.v); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	return c.Put64(1, addr)
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
func (m *vmMap) placeCopy(source *vmMap, r request, start, end uint64, have mach.VMProt) (uint64, mach.KernReturn) {
	if have&mach.VM_PROT_READ == 0 {
		return 0, mach.KERN_PROTECTION_FAILURE
	}
	final := r.prot & have
	r.prot, r.maxProt = mach.VM_PROT_DEFAULT, mach.VM_PROT_ALL
	most := r.maxProt
	if r.flags&mach.VM_FLAGS_ANYWHERE == 0 && m == source && m.trunc(r.addr) < end && start < m.trunc(r.addr)+(end-start) {
		return m.copyInPlace(r, start, end, final)
	}
	addr, kr := m.enter(r)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	if kr = source.copyTo(m, addr, start, end-start); kr == mach.KERN_SUCCESS && final != r.prot {
		kr = failure(m.mem.Protect(addr, end-start, final))
	}
	if kr != mach.KERN_SUCCESS {
		m.remove(addr, end-start)
		return 0, kr
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change(addr, addr+end-start, func(a *attr) { a.maxProt = most })
	return addr, mach.KERN_SUCCESS
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
