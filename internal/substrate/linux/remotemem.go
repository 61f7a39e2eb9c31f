//go:build linux && (amd64 || arm64)

package linux

import "golang.org/x/sys/unix"

// The memory calls of the target, run inside it. They need not be suspended
// for it. Errors are plain errnos of the call, or an *Error if the call could
// not be run.

// Mmap maps memory in the target. Map anonymous memory, or a file that the
// target has open as fd.
func (t *Tracer) Mmap(addr, size uint64, prot, flags int, fd int, offset uint64) (uint64, error) {
	return t.Syscall(0, unix.SYS_MMAP, addr, size, uint64(prot), uint64(flags), uint64(fd), offset)
}

// Munmap unmaps a range.
func (t *Tracer) Munmap(addr, size uint64) error {
	_, err := t.Syscall(0, unix.SYS_MUNMAP, addr, size)
	return err
}

// Mprotect changes a range's protection.
func (t *Tracer) Mprotect(addr, size uint64, prot int) error {
	_, err := t.Syscall(0, unix.SYS_MPROTECT, addr, size, uint64(prot))
	return err
}

// Mremap moves or resizes a mapping.
func (t *Tracer) Mremap(old, oldSize, newSize uint64, flags int, addr uint64) (uint64, error) {
	return t.Syscall(0, unix.SYS_MREMAP, old, oldSize, newSize, uint64(flags), addr)
}

// Madvise gives advice on a range.
func (t *Tracer) Madvise(addr, size uint64, advice int) error {
	_, err := t.Syscall(0, unix.SYS_MADVISE, addr, size, uint64(advice))
	return err
}

// Msync writes a range back to its file.
func (t *Tracer) Msync(addr, size uint64, flags int) error {
	_, err := t.Syscall(0, unix.SYS_MSYNC, addr, size, uint64(flags))
	return err
}
