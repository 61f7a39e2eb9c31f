//go:build linux && (amd64 || arm64)

package cpu

import "unsafe"

// Wide reads a register of up to 32 bytes by Unicorn's number.
func (m *Machine) Wide(c *Context, id int32) [4]uint64 {
	m.load(c)
	m.s.one = [4]uint64{}
	call(library.regRead, m.uc, uintptr(id), uintptr(unsafe.Pointer(&m.s.one[0])))
	return m.s.one
}

// SetWide writes one.
func (m *Machine) SetWide(c *Context, id int32, v [4]uint64) {
	m.load(c)
	m.s.one = v
	call(library.regWrite, m.uc, uintptr(id), uintptr(unsafe.Pointer(&m.s.one[0])))
}
