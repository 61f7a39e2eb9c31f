package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// vmProtect follows xnu osfmk/vm/vm_map.c vm_map_protect. Arguments: task,
// address, size, set_maximum, protection.
func vmProtect(c *core.Ctx, m *vmMap) mach.KernReturn {
	size, prot := c.U64(2), mach.VMProt(c.I32(4))
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	// vm_sanitize_prot: VM_PROT_UEXEC is of virtual machines of Intel's.
	// VM_PROT_COPY is an order.
	if prot&^(mach.VM_PROT_ALL|mach.VM_PROT_COPY) != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	start, end, ok := m.span(c.U64(1), size)
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	copyPages := prot&mach.VM_PROT_COPY != 0
	prot &= mach.VM_PROT_ALL
	lo, hi := m.mem.Bounds()
	if start >= hi || end <= lo {
		return mach.KERN_INVALID_ADDRESS
	}
	if start, end = m.wholeSuperpages(start, end); copyPages {
		if kr := m.mayCopy(start, end); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	var pieces []region
	intel := m.intel()
	kr := m.each(start, end, func(r region) mach.KernReturn {
		most := r.MaxProt
		if copyPages {
			most |= mach.VM_PROT_WRITE // a copy may always become writable
		}
		if c.Bool(3) && intel {
			most |= mach.VM_PROT_EXECUTE // no code signing is enforced there
		}
		if prot&most != prot {
			return mach.KERN_PROTECTION_FAILURE
		}
		if m.deniesWX(prot) {
			return mach.KERN_PROTECTION_FAILURE
		}
		pieces = append(pieces, r)
		return mach.KERN_SUCCESS
	})
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	for _, r := range pieces {
		if copyPages && r.Shared {
			if kr := m.unshare(&r); kr != mach.KERN_SUCCESS {
				return kr
			}
		}
		want := prot
		if c.Bool(3) {
			want = prot & r.Prot
		}
		if want != r.Prot {
			if err := m.mem.Protect(r.Start, r.End-r.Start, want); err != nil {
				return mach.KERN_PROTECTION_FAILURE
			}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case c.Bool(3):
		m.change(start, end, func(a *attr) { a.maxProt = prot })
	case copyPages:
		m.change(start, end, func(a *attr) { a.maxProt |= prot })
	}
	return mach.KERN_SUCCESS
}

// mayCopy tells whether a range can be replaced by a copy of itself. A
// permanent mapping cannot, unless it is code, for the sake of breakpoints: it
// loses all access (vm_map_remap with vmkf_remap_prot_copy).
func (m *vmMap) mayCopy(start, end uint64) mach.KernReturn {
	m.mu.Lock()
	defer m.mu.Unlock()
	result := mach.KernReturn(mach.KERN_SUCCESS)
	for at := m.nextPermanent(start, end); at < end; at = m.nextPermanent(at, end) {
		to := min(m.at(at).end, end)
		if r, found, err := m.find1(at, false); err == nil && found && r.Prot&mach.VM_PROT_EXECUTE == 0 {
			if kr := m.seal(at, to); kr != mach.KERN_SUCCESS {
				return kr
			}
			result = mach.KERN_NO_SPACE
		}
		at = to
	}
	return result
}

// unshare puts a private copy in the place of a shared mapping. Private
// mappings of Linux are copied on write anyway.
func (m *vmMap) unshare(r *region) mach.KernReturn {
	size := r.End - r.Start
	b := make([]byte, size)
	err := m.freeze(func() error {
		if _, err := m.mem.ReadAt(b, r.Start); err != nil {
			return err
		}
		_, err := m.mem.Map(core.Mapping{
			Addr: r.Start, Size: size, Fixed: true, Overwrite: true, Prot: r.Prot | mach.VM_PROT_WRITE,
		})
		if err == nil {
			_, err = m.mem.WriteAt(b, r.Start)
		}
		return err
	})
	if err != nil {
		return failure(err)
	}
	r.Prot |= mach.VM_PROT_WRITE
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.at(r.Start)
	a.start, a.end, a.object, a.offset, a.copied = r.Start, r.End, nil, 0, true
	m.set(a)
	return mach.KERN_SUCCESS
}

// freeze runs f while the task's threads stand still, if they can be made to.
func (m *vmMap) freeze(f func() error) error {
	if x, ok := m.mem.(core.Freezer); ok {
		return x.Freeze(f)
	}
	return f()
}

// vmInherit: task, address, size, inheritance. Holes are skipped.
func vmInherit(c *core.Ctx, m *vmMap) mach.KernReturn {
	size, inherit := c.U64(2), mach.VMInherit_t(c.U32(3))
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	start, end, ok := m.span(c.U64(1), size)
	if !ok || uint32(inherit) > uint32(mach.VM_INHERIT_LAST_VALID) {
		return mach.KERN_INVALID_ARGUMENT
	}
	lo, hi := m.mem.Bounds()
	if start, end = max(start, lo), min(end, hi); start >= end {
		return mach.KERN_SUCCESS
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change(start, end, func(a *attr) { a.inherit = inherit })
	m.applyInherit(start, end, inherit)
	return mach.KERN_SUCCESS
}
