package task

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrTooLong says that a string did not end where it had to.
var ErrTooLong = errors.New("task: string does not end within the limit")

// CString reads a NUL-terminated string of at most limit bytes. It reads no page
// that the string does not reach. A longer string comes back cut, with
// [ErrTooLong].
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) CString(addr uint64, limit int) (string, error) { return cString(t, addr, limit) }

func cString(r MemoryReader, addr uint64, limit int) (string, error) {
	const step, page = 256, 4096 // every system's pages are a multiple of 4 KiB
	var s []byte
	for len(s) < limit {
		at := addr + uint64(len(s))
		n := min(limit-len(s), step, int(page-at%page))
		s = append(s, make([]byte, n)...)
		last := s[len(s)-n:]
		if _, err := r.ReadMemory(last, at); err != nil {
			return string(s[:len(s)-n]), err
		}
		for i, c := range last {
			if c == 0 {
				return string(s[:len(s)-n+i]), nil
			}
		}
	}
	return string(s), fmt.Errorf("%w of %d bytes, at %#x", ErrTooLong, limit, addr)
}

// Pointer reads a pointer of a 64-bit task. On arm64e it may be signed: see
// [Registers.StripPointer].
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) Pointer(addr uint64) (uint64, error) { return t.Uint64(addr) }

// Uint64 reads a number.
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) Uint64(addr uint64) (uint64, error) {
	var b [8]byte
	_, err := t.ReadMemory(b[:], addr)
	return binary.LittleEndian.Uint64(b[:]), err
}

// Uint32 reads a number.
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) Uint32(addr uint64) (uint32, error) {
	var b [4]byte
	_, err := t.ReadMemory(b[:], addr)
	return binary.LittleEndian.Uint32(b[:]), err
}

// PutUint64 writes a number.
//
// Mach calls: mach_vm_write.
func (t *Task) PutUint64(addr, v uint64) error {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	_, err := t.WriteMemory(b[:], addr)
	return err
}
