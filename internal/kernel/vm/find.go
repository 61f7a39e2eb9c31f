package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// region is a mapping, cut at the borders of what Mach knows.
type region struct {
	core.Region
	attr attr
}

// lookup gives the region that contains or follows addr (xnu osfmk/vm/vm_map.c
// vm_map_lookup_entry_or_next).
func (m *vmMap) lookup(addr uint64, named bool) (region, mach.KernReturn) {
	r, found, err := m.find1(addr, named)
	if err != nil {
		return region{}, failure(err)
	}
	if !found {
		return region{}, mach.KERN_INVALID_ADDRESS
	}
	at := max(addr, r.Start)
	m.mu.Lock()
	a := m.at(at)
	m.mu.Unlock()
	out := region{r, a}
	if a.start > r.Start {
		out.Offset += a.start - r.Start
		out.Start = a.start
	}
	out.End = min(r.End, a.end)
	if a.maxProt != mach.VM_PROT_ALL {
		out.MaxProt = a.maxProt
	}
	return out, mach.KERN_SUCCESS
}

// widen joins what the system keeps apart of one entry: Linux joins neighbours
// that are alike only if their pages have not been touched, or together.
func (m *vmMap) widen(r *region) {
	if r.attr.entry == 0 || r.attr.object != nil || r.Shared || r.Inode != 0 {
		return
	}
	alike := func(n *core.Region) bool { return n.Prot == r.Prot && !n.Shared && n.Inode == 0 }
	for r.Start > r.attr.start {
		n, found, err := m.find1(r.Start-1, false)
		if err != nil || !found || n.Start >= r.Start || !alike(&n) {
			break
		}
		r.Start = max(n.Start, r.attr.start)
	}
	for r.End < r.attr.end {
		n, found, err := m.find1(r.End, false)
		if err != nil || !found || n.Start > r.End || !alike(&n) {
			break
		}
		r.End = min(n.End, r.attr.end)
	}
}

func (m *vmMap) find1(addr uint64, named bool) (core.Region, bool, error) {
	if f, ok := m.mem.(core.Finder); ok {
		return f.RegionAt(addr, named)
	}
	return m.first(addr)
}

// first is find1 for substrates that can only list. It is apart because what
// a loop over a function assigns is allocated.
func (m *vmMap) first(addr uint64) (core.Region, bool, error) {
	for r, err := range m.mem.Regions(addr) {
		return r, err == nil, err
	}
	return core.Region{}, false, nil
}

// check tells whether a range is mapped without holes, with at least the
// protection: KERN_INVALID_ADDRESS or KERN_PROTECTION_FAILURE if not.
func (m *vmMap) check(start, end uint64, prot mach.VMProt) mach.KernReturn {
	for at := start; at < end; {
		r, found, err := m.find1(at, false)
		if err != nil {
			return failure(err)
		}
		if !found || r.Start > at {
			return mach.KERN_INVALID_ADDRESS
		}
		if r.Prot&prot != prot {
			return mach.KERN_PROTECTION_FAILURE
		}
		at = r.End
	}
	return mach.KERN_SUCCESS
}

// each visits the regions of a range, cut to it. A hole ends the walk with
// KERN_INVALID_ADDRESS.
func (m *vmMap) each(start, end uint64, f func(region) mach.KernReturn) mach.KernReturn {
	for at := start; at < end; {
		r, kr := m.lookup(at, false)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		if r.Start > at {
			return mach.KERN_INVALID_ADDRESS
		}
		r.Offset += at - r.Start
		r.Start, r.End = at, min(r.End, end)
		if kr := f(r); kr != mach.KERN_SUCCESS {
			return kr
		}
		at = r.End
	}
	return mach.KERN_SUCCESS
}
