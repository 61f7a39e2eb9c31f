//go:build linux && (amd64 || arm64)

package cpu

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// QEMU remembers an exception of amd64 as in flight until the guest's kernel is entered for
// it. Unicorn has no such kernel, so the second division by zero of a program would become a
// double fault, and the third would halt the processor for good. No register stands for that
// memory, but the copies that uc_context_save makes have it: a number that is -1, and 0 after
// a division by zero. Its place is found once for each machine; where it is not to be found,
// nothing is changed.

// none is what stands there when no exception is in flight.
const none = -1

// findFlight finds the place: it divides by zero in a page of its own.
func (m *Machine) findFlight() error {
	if m.Arch != AMD64 {
		return nil
	}
	const size = 4096
	page, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Munmap(page) }()
	copy(page, []byte{0x31, 0xc9, 0xf7, 0xf1}) // xor ecx, ecx; div ecx
	at := uint64(uintptr(unsafe.Pointer(&page[0])))
	if err := m.Map(at, size, ProtRead|ProtExec); err != nil {
		return err
	}
	defer func() {
		m.ForgetCode(at, size)
		_ = m.Unmap(at, size)
	}()
	c, err := m.NewContext()
	if err != nil {
		return err
	}
	clean, err := m.NewContext()
	if err != nil {
		return err
	}
	defer m.Free(clean)
	c.Regs[m.Arch.PC] = at
	if _, err := m.run(c, 1); err != nil {
		return err
	}
	call(library.contextSave, m.uc, c.saved)
	before, after := m.words(clean), m.words(c)
	for i := range before {
		if before[i] == none && after[i] == 0 {
			if m.flight != 0 {
				m.flight = 0 // more than one such place: not what we know
				break
			}
			m.flight = i
		}
	}
	call(library.contextRestore, m.uc, clean.saved)
	m.Free(c)
	m.s.hooks.instruction = 0
	return nil
}

// words are the contents of a saved context.
func (m *Machine) words(c *Context) []int32 {
	return unsafe.Slice((*int32)(*(*unsafe.Pointer)(unsafe.Pointer(&c.saved))), call(library.contextSize, m.uc)/4)
}

// land forgets the exception that has just been reported.
func (m *Machine) land() {
	if m.flight == 0 {
		return
	}
	spare := Context{saved: m.spare}
	call(library.contextSave, m.uc, m.spare)
	m.words(&spare)[m.flight] = none
	call(library.contextRestore, m.uc, m.spare)
}
