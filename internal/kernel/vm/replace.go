package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Replace prepares a range of a task for a mapping that somebody else puts in the place of what is
// there, as mmap(2) does with MAP_FIXED: what is known of the range is forgotten. Permanent mappings
// are in the way, with KERN_NO_SPACE; they lose all access.
func Replace(t *core.Task, addr, size uint64) mach.KernReturn {
	m := mapOf(t)
	start, end, ok := m.span(addr, size)
	if !ok || start == end {
		return mach.KERN_INVALID_ARGUMENT
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if kr := m.vacate(start, end); kr != mach.KERN_SUCCESS {
		return kr
	}
	m.forget(start, end)
	return mach.KERN_SUCCESS
}
