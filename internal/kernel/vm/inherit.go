package vm

import "github.com/gomach/mach"

// forker is an address space that can leave a range out of a child.
type forker interface {
	Fork(addr, size uint64, keep bool) error
}

// applyInherit tells the system what a child gets, as far as it can.
func (m *vmMap) applyInherit(start, end uint64, inherit mach.VMInherit_t) {
	if f, ok := m.mem.(forker); ok {
		_ = f.Fork(start, end-start, inherit != mach.VM_INHERIT_NONE)
	}
}
