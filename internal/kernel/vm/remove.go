package vm

import "github.com/gomach/mach"

// remove unmaps a range (xnu osfmk/vm/vm_map.c vm_map_delete). Holes are no
// error, and what lies beyond user addresses is one.
// Permanent mappings stay, without any access.
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
	start, end = m.wholeSuperpages(start, end)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clear(start, end)
}

// clear unmaps what is not permanent in a range, and takes all access to what
// is. It wants m.mu held.
func (m *vmMap) clear(start, end uint64) mach.KernReturn {
	if kr := m.zeroWired(start, end); kr != mach.KERN_SUCCESS {
		return kr
	}
	for at := start; at < end; {
		a := m.at(at)
		if a.permanent {
			to := min(a.end, end)
			if kr := m.seal(at, to); kr != mach.KERN_SUCCESS {
				return kr
			}
			at = to
			continue
		}
		to := m.nextPermanent(at, end)
		if err := m.mem.Unmap(at, to-at); err != nil {
			return failure(err)
		}
		m.forget(at, to)
		at = to
	}
	return mach.KERN_SUCCESS
}

// vacate prepares a range for a mapping that replaces what is there. A
// permanent mapping is in the way: it loses all access, and the new one does
// not come to be (vm_map_locate_space_fixed). It wants m.mu held.
func (m *vmMap) vacate(start, end uint64) mach.KernReturn {
	if kr := m.zeroWired(start, end); kr != mach.KERN_SUCCESS {
		return kr
	}
	result := mach.KernReturn(mach.KERN_SUCCESS)
	for at := m.nextPermanent(start, end); at < end; at = m.nextPermanent(at, end) {
		to := min(m.at(at).end, end)
		if kr := m.seal(at, to); kr != mach.KERN_SUCCESS {
			return kr
		}
		result = mach.KERN_NO_SPACE
		at = to
	}
	return result
}

// nextPermanent is where the next permanent mapping from at on begins, or end.
// It wants m.mu held.
func (m *vmMap) nextPermanent(at, end uint64) uint64 {
	for i := m.find(at); i < len(m.attrs) && m.attrs[i].start < end; i++ {
		if m.attrs[i].permanent {
			return max(at, m.attrs[i].start)
		}
	}
	return end
}

// seal takes all access to a permanent mapping. It wants m.mu held.
func (m *vmMap) seal(start, end uint64) mach.KernReturn {
	if err := m.mem.Protect(start, end-start, mach.VM_PROT_NONE); err != nil {
		return failure(err)
	}
	m.change(start, end, func(a *attr) { a.maxProt = mach.VM_PROT_NONE })
	return mach.KERN_SUCCESS
}

// zeroWired zeroes what is unmapped while it is wired, where
// VM_BEHAVIOR_ZERO_WIRED_PAGES was asked for (osfmk/vm/vm_fault.c
// vm_fault_unwire): others who share the memory see it. It wants m.mu held.
func (m *vmMap) zeroWired(start, end uint64) mach.KernReturn {
	for i := m.find(start); i < len(m.attrs) && m.attrs[i].start < end; i++ {
		a := m.attrs[i]
		if !a.zeroWired || a.wired == 0 || a.object == nil || a.copied {
			continue
		}
		r, found, err := m.find1(max(a.start, start), false)
		if err != nil || !found || r.Prot&mach.VM_PROT_WRITE == 0 {
			continue
		}
		if kr := m.zero(max(a.start, start), min(a.end, end)); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	return mach.KERN_SUCCESS
}
