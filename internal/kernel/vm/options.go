package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// superpage is the size of the large pages that Intel's processors have
// (xnu osfmk/mach/vm_param.h SUPERPAGE_SIZE).
const superpage = 2 << 20

// mostAnonymous is the largest memory object (osfmk/mach/vm_param.h
// ANON_MAX_SIZE) with pages of 4 KiB.
const mostAnonymous = 0xffffffff << 12

// options checks what was asked for, and changes it where a flag says so, in
// the order of xnu osfmk/vm/vm_map.c vm_map_enter.
//
// VM_FLAGS_NO_CACHE, VM_FLAGS_MTE and VM_FLAGS_GUARD_OBJECT_OPTOUT change
// nothing that could be seen here: the support table says why.
func (m *vmMap) options(r *request) mach.KernReturn {
	if r.has(mach.VM_FLAGS_SUPERPAGE_MASK) {
		if kr := m.wantSuperpages(r); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	if m.deniesWX(r.prot) {
		return mach.KERN_PROTECTION_FAILURE
	}
	if r.has(mach.VM_FLAGS_TPRO) {
		const need = mach.VM_PROT_READ | mach.VM_PROT_WRITE
		if r.maxProt&need != need || r.prot&mach.VM_PROT_READ == 0 {
			return mach.KERN_PROTECTION_FAILURE
		}
		r.prot = mach.VM_PROT_READ
	}
	if r.has(mach.VM_FLAGS_PURGABLE) {
		switch {
		case r.size > mostAnonymous, r.object != nil && (r.offset != 0 || r.object.size != r.size || !r.object.can):
			return mach.KERN_INVALID_ARGUMENT
		case r.has(mach.VM_FLAGS_SUPERPAGE_MASK):
			return mach.KERN_INVALID_ARGUMENT
		}
	}
	return mach.KERN_SUCCESS
}

// intel tells whether the task runs on Intel's processors.
func (m *vmMap) intel() bool { return m.task.Sub.CPU() != mach.CPU_TYPE_ARM64 }

// deniesWX tells whether memory must not be writable and executable at once:
// on ARM, where the signatures of code are enforced.
func (m *vmMap) deniesWX(prot mach.VMProt) bool {
	const both = mach.VM_PROT_WRITE | mach.VM_PROT_EXECUTE
	return prot&both == both && !m.intel()
}

// wantSuperpages: there is one size of them, on Intel's processors only.
func (m *vmMap) wantSuperpages(r *request) mach.KernReturn {
	if r.object != nil || !m.intel() {
		return mach.KERN_INVALID_ARGUMENT
	}
	switch r.flags & mach.VM_FLAGS_SUPERPAGE_MASK {
	case mach.VM_FLAGS_SUPERPAGE_SIZE_ANY:
		size := (r.size + superpage - 1) &^ (superpage - 1)
		if size < r.size {
			return mach.KERN_INVALID_ARGUMENT
		}
		r.size = size
	case mach.VM_FLAGS_SUPERPAGE_SIZE_2MB:
		if r.size%superpage != 0 {
			return mach.KERN_INVALID_ARGUMENT
		}
	default:
		return mach.KERN_INVALID_ARGUMENT
	}
	r.mask, r.inherit = superpage-1, mach.VM_INHERIT_NONE
	return mach.KERN_SUCCESS
}

// superpages wires memory that was asked for in large pages, which are never
// paged out. It wants m.mu held.
func (m *vmMap) superpages(start, end uint64) mach.KernReturn {
	_ = m.mem.Advise(start, end-start, core.AdviceHuge) // a hint: Linux may do without
	if err := m.mem.Lock(start, end-start, true); err != nil {
		if kr := m.clear(start, end); kr != mach.KERN_SUCCESS {
			return kr
		}
		return mach.KERN_RESOURCE_SHORTAGE
	}
	m.change(start, end, func(a *attr) { a.wired++ })
	return mach.KERN_SUCCESS
}

// wholeSuperpages extends a range to the large pages that it reaches into.
func (m *vmMap) wholeSuperpages(start, end uint64) (uint64, uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.at(start); a.super {
		start &^= superpage - 1
	}
	if a := m.at(end - 1); a.super {
		end = (end + superpage - 1) &^ (superpage - 1)
	}
	return start, end
}
