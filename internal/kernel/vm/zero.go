package vm

import "github.com/gomach/mach"

// zeroCall is VM_BEHAVIOR_ZERO (xnu osfmk/vm/vm_map.c vm_map_zero,
// vm_object.c vm_object_zero_preflight): memory that may be written and not
// executed, of no file, and no copy of anything.
func (m *vmMap) zeroCall(start, end uint64) mach.KernReturn {
	return m.each(start, end, func(r region) mach.KernReturn {
		switch {
		case r.Prot&mach.VM_PROT_WRITE == 0, r.Prot&mach.VM_PROT_EXECUTE != 0:
			return mach.KERN_PROTECTION_FAILURE
		case r.attr.object != nil && r.attr.copied:
			return mach.KERN_NO_ACCESS
		case r.Inode != 0 && r.attr.object == nil:
			return mach.KERN_PROTECTION_FAILURE
		}
		return m.zero(r.Start, r.End)
	})
}

func (m *vmMap) zero(start, end uint64) mach.KernReturn {
	zeros := make([]byte, min(end-start, chunk))
	for at := start; at < end; {
		n := min(end-at, uint64(len(zeros)))
		if kr := m.write(zeros[:n], at); kr != mach.KERN_SUCCESS {
			return kr
		}
		at += n
	}
	return mach.KERN_SUCCESS
}

// reusable checks a range for the behaviors that malloc uses
// (vm_map_entry_is_reusable): memory with one of its tags must be as it was
// allocated.
func (m *vmMap) reusable(start, end uint64, need mach.VMProt) mach.KernReturn {
	return m.each(start, end, func(r region) mach.KernReturn {
		a := &r.attr
		if ofMalloc(a.tag) {
			switch {
			case r.Prot != mach.VM_PROT_DEFAULT, a.maxProt != mach.VM_PROT_ALL, a.inherit != mach.VM_INHERIT_DEFAULT,
				a.noCache, a.permanent, a.super, a.zeroWired, a.wired != 0,
				a.object != nil && (a.copied || a.object.can):
				return mach.KERN_INVALID_ADDRESS
			}
		}
		if r.Prot&need != need {
			return mach.KERN_PROTECTION_FAILURE
		}
		return mach.KERN_SUCCESS
	})
}

func ofMalloc(tag uint8) bool {
	switch mach.VMMemory(tag) {
	case mach.VM_MEMORY_MALLOC, mach.VM_MEMORY_MALLOC_SMALL, mach.VM_MEMORY_MALLOC_LARGE, mach.VM_MEMORY_REALLOC,
		mach.VM_MEMORY_MALLOC_TINY, mach.VM_MEMORY_MALLOC_LARGE_REUSABLE, mach.VM_MEMORY_MALLOC_LARGE_REUSED:
		return true
	}
	return false
}
