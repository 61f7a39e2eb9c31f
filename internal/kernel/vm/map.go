package vm

import (
	"sync"

	"github.com/gomach/mach/internal/kernel/core"
)

// vmMap is a task's address space.
type vmMap struct {
	task *core.Task
	mem  core.AddressSpace
	page uint64

	mu    sync.Mutex
	attrs []attr // in order of address, without overlap
	last  uint64 // the last entry's number
}

type mapKey struct{}

func mapOf(t *core.Task) *vmMap {
	return t.State(mapKey{}, func() any {
		mem := t.Sub.Memory()
		return &vmMap{task: t, mem: mem, page: mem.PageSize()}
	}).(*vmMap)
}

func (m *vmMap) trunc(addr uint64) uint64 { return addr &^ (m.page - 1) }
func (m *vmMap) round(addr uint64) uint64 { return (addr + m.page - 1) &^ (m.page - 1) }

// wraps tells whether a range reaches beyond the highest address there is.
func wraps(addr, size uint64) bool { return addr+size < addr }

// span extends a range to whole pages. It fails if the end lies beyond the
// highest address there is (xnu osfmk/vm/vm_sanitize.c vm_sanitize_addr_size).
func (m *vmMap) span(addr, size uint64) (start, end uint64, ok bool) {
	if wraps(addr, size) {
		return 0, 0, false
	}
	start, end = m.trunc(addr), m.round(addr+size)
	return start, end, end > start || size == 0 && end == start
}

// within tells whether a range is one of user addresses.
func (m *vmMap) within(start, end uint64) bool {
	lo, hi := m.mem.Bounds()
	return start >= lo && end <= hi && start < end
}
