//go:build linux && (amd64 || arm64)

package machkern

import (
	"fmt"
	"io/fs"
	"runtime/debug"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// userMemory is the guest's memory as its pointer arguments mean it: what the guest itself
// could read and write.
type userMemory struct{ p *proc.Process }

func (m userMemory) ReadAt(p []byte, addr uint64) (int, error) {
	b, err := m.p.Space.Bytes(addr, uint64(len(p)), cpu.ProtRead)
	if err != nil {
		return 0, badAddress(addr)
	}
	return move(p, b, addr)
}

func (m userMemory) WriteAt(p []byte, addr uint64) (int, error) {
	b, err := m.p.Space.Bytes(addr, uint64(len(p)), cpu.ProtWrite)
	if err != nil {
		return 0, badAddress(addr)
	}
	n, err := move(b, p, addr)
	codeChanged(m.p.Space, addr, uint64(n))
	return n, err
}

// codeChanged drops translations of what was written, if it can be executed.
func codeChanged(s *mem.Space, addr, size uint64) {
	for end := addr + size; addr < end; {
		r, ok := s.Lookup(addr)
		if !ok || r.Start >= end {
			return
		}
		if r.Prot&cpu.ProtExec != 0 {
			s.CodeChanged(addr, min(end, r.End)-addr)
		}
		addr = r.End
	}
}

// move copies between the kernel and guest memory, which another thread may unmap meanwhile,
// or which may be a file that has shrunk. The race detector does not see it: a guest's memory
// is the guest's to guard.
//
//go:norace
func move(dst, src []byte, addr uint64) (n int, err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if r := recover(); r != nil {
			n, err = 0, badAddress(addr)
		}
	}()
	return copy(dst, src), nil
}

type addressError uint64

func badAddress(addr uint64) error { return addressError(addr) }

func (a addressError) Error() string   { return fmt.Sprintf("no memory at %#x", uint64(a)) }
func (a addressError) Is(t error) bool { return t == fs.ErrInvalid }
