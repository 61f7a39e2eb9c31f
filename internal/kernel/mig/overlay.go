package mig

import (
	"errors"

	"github.com/gomach/mach/internal/kernel/core"
)

// overlay is the caller's memory with buffers at addresses that no task has:
// what a handler takes for a pointer argument is a field of a message.
type overlay struct {
	under   core.Memory
	buffers [12][]byte // by argument index
}

// Addresses of buffers are the kernel's half of the address space, a gigabyte
// apart.
const (
	overlayBase  = 0xffff_f000_0000_0000
	overlayShift = 30
)

func bufferAddress(i int) uint64 { return overlayBase + uint64(i)<<overlayShift }

var errNoBuffer = errors.New("mig: no such memory")

func (o *overlay) find(addr uint64, n int) ([]byte, error) {
	i := (addr - overlayBase) >> overlayShift
	off := addr - overlayBase - i<<overlayShift
	if i >= uint64(len(o.buffers)) || off > uint64(len(o.buffers[i])) || uint64(n) > uint64(len(o.buffers[i]))-off {
		return nil, errNoBuffer
	}
	return o.buffers[i][off:][:n], nil
}

func (o *overlay) ReadAt(p []byte, addr uint64) (int, error) {
	if addr < overlayBase {
		return o.under.ReadAt(p, addr)
	}
	b, err := o.find(addr, len(p))
	if err != nil {
		return 0, err
	}
	return copy(p, b), nil
}

func (o *overlay) WriteAt(p []byte, addr uint64) (int, error) {
	if addr < overlayBase {
		return o.under.WriteAt(p, addr)
	}
	b, err := o.find(addr, len(p))
	if err != nil {
		return 0, err
	}
	return copy(b, p), nil
}
