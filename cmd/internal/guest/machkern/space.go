//go:build linux && (amd64 || arm64)

package machkern

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

// space is the guest's address space as the kernel changes it. Unlike userMemory it reads and
// writes whatever is mapped.
type space struct{ p *proc.Process }

// pieces calls f with the parts of a range that lie in one region each. They must leave no
// hole and allow the access.
func (s space) pieces(addr, size uint64, access cpu.Prot) error {
	end := addr + size
	if end < addr {
		return badAddress(addr)
	}
	for at := addr; at < end; {
		r, ok := s.p.Space.Lookup(at)
		if !ok || r.Start > at {
			return badAddress(at)
		}
		if access&^r.Prot != 0 {
			return fs.ErrPermission
		}
		at = r.End
	}
	return nil
}

func (s space) ReadAt(p []byte, addr uint64) (int, error) {
	b, err := s.p.Space.Bytes(addr, uint64(len(p)), 0)
	if err != nil {
		return 0, badAddress(addr)
	}
	return move(p, b, addr)
}

func (s space) WriteAt(p []byte, addr uint64) (int, error) {
	b, err := s.p.Space.Bytes(addr, uint64(len(p)), 0)
	if err != nil {
		return 0, badAddress(addr)
	}
	n, err := move(b, p, addr)
	codeChanged(s.p.Space, addr, uint64(n))
	return n, err
}

// WriteAtChecked writes only where the protection lets the guest itself.
func (s space) WriteAtChecked(p []byte, addr uint64) (int, error) {
	if err := s.pieces(addr, uint64(len(p)), cpu.ProtWrite); err != nil {
		return 0, err
	}
	return s.WriteAt(p, addr)
}

func (s space) PageSize() uint64 { return s.p.Arch.PageSize }

// Bounds: below are the image's page zero, where nothing can be mapped, and above what the
// emulator does not place.
func (s space) Bounds() (lo, hi uint64) {
	lo = s.PageSize()
	if s.p.Main != nil {
		for i := range s.p.Main.File.Segments {
			if g := &s.p.Main.File.Segments[i]; g.Zero() {
				lo = max(lo, g.Addr+g.Size)
			}
		}
	}
	return lo, mem.Limit
}

func (s space) Regions(addr uint64) iter.Seq2[core.Region, error] {
	return func(yield func(core.Region, error) bool) {
		for {
			r, ok := s.p.Space.Lookup(addr)
			if !ok {
				return
			}
			c := core.Region{
				Start: r.Start, End: r.End, Prot: mach.VMProt(r.Prot), MaxProt: mach.VMProt(r.Max), Shared: r.Shared,
			}
			s.ofImage(&c)
			if !yield(c, nil) {
				return
			}
			addr = r.End
		}
	}
}

func (s space) Map(m core.Mapping) (uint64, error) {
	r := mem.Request{
		Address: m.Addr, Size: m.Size, Align: m.Mask + 1, Fixed: m.Fixed, Overwrite: m.Overwrite,
		Prot: cpu.Prot(m.Prot & 7), Max: 7, Inherit: uint32(mach.VM_INHERIT_DEFAULT), Shared: m.Shared, Offset: int64(m.Offset), Join: m.File == nil,
	}
	if m.File != nil {
		r.File = int(m.File.Fd()) + 1
	}
	addr, err := s.p.Space.Map(r)
	return addr, translate(err)
}

// Freeze implements core.Freezer.
func (s space) Freeze(f func() error) error {
	s.p.Sync(s.p.Hold)
	defer s.p.Sync(s.p.Release)
	return f()
}

func (s space) Unmap(addr, size uint64) error { return translate(s.p.Space.Unmap(addr, size)) }

func (s space) Protect(addr, size uint64, prot mach.VMProt) error {
	return translate(s.p.Space.Protect(addr, size, cpu.Prot(prot&7), false))
}

// translate gives an error of the space the meaning that the kernel looks for.
func translate(err error) error {
	switch {
	case errors.Is(err, mem.ErrInUse):
		return fs.ErrExist
	case errors.Is(err, mem.ErrNoSpace):
		return core.ErrNoSpace
	case errors.Is(err, mem.ErrDenied):
		return fs.ErrPermission
	}
	return err
}

// Advise: only what gives memory back means anything here.
func (s space) Advise(addr, size uint64, a core.Advice) error {
	if err := s.pieces(addr, size, 0); err != nil {
		return err
	}
	switch a {
	case core.AdviceDontNeed, core.AdviceFree:
		s.p.Space.Discard(addr, size)
	case core.AdviceWillNeed:
		// A hint: memory that cannot be read has no pages to be brought in.
		unix.Syscall(unix.SYS_MADVISE, uintptr(addr), uintptr(size), unix.MADV_POPULATE_READ)
	}
	return nil
}

func (s space) Sync(addr, size uint64, f mach.VMSync) error {
	if err := s.pieces(addr, size, 0); err != nil {
		return err
	}
	flags := uintptr(unix.MS_ASYNC)
	if f&mach.VM_SYNC_SYNCHRONOUS != 0 {
		flags = unix.MS_SYNC
	}
	if _, _, e := unix.Syscall(unix.SYS_MSYNC, uintptr(addr), uintptr(size), flags); e != 0 {
		return fmt.Errorf("msync: %w", e)
	}
	return nil
}

// Lock keeps pages in memory as far as the runner may.
func (s space) Lock(addr, size uint64, lock bool) error {
	if err := s.pieces(addr, size, 0); err != nil {
		return err
	}
	call := uintptr(unix.SYS_MUNLOCK)
	if lock {
		call = unix.SYS_MLOCK
	}
	_, _, _ = unix.Syscall(call, uintptr(addr), uintptr(size), 0)
	return nil
}

// ofImage says of a region of the program's image which file it came from.
func (s space) ofImage(r *core.Region) {
	main := s.p.Main
	if main == nil || !main.Contains(r.Start) {
		return
	}
	var st unix.Stat_t
	if unix.Stat(s.p.Path, &st) == nil {
		r.Path, r.Device, r.Inode, r.Offset = s.p.Path, st.Dev, st.Ino, r.Start-main.Base
	}
}
