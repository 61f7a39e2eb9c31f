//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"
	"io/fs"
	"iter"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// space is a process's memory. The own process's mappings are changed by
// plain system calls, another's by system calls run inside it.
type space struct {
	t  *task
	mu sync.Mutex // one change at a time, so that a mapping can be trimmed

	walk cursor
}

func newSpace(t *task) *space { return &space{t: t} }

func (s *space) ReadAt(p []byte, addr uint64) (int, error)  { return s.t.p.ReadAt(p, addr) }
func (s *space) WriteAt(p []byte, addr uint64) (int, error) { return s.t.p.WriteAt(p, addr) }

// WriteAtChecked writes only where the protection lets the process itself.
func (s *space) WriteAtChecked(p []byte, addr uint64) (int, error) {
	return s.t.p.WriteAtChecked(p, addr)
}

func (s *space) PageSize() uint64 { return uint64(linux.PageSize()) }

func (s *space) Bounds() (lo, hi uint64) { return linux.Bounds() }

// Regions asks for one mapping at a time: each answer is true at its moment.
func (s *space) Regions(addr uint64) iter.Seq2[core.Region, error] {
	return func(yield func(core.Region, error) bool) {
		for {
			r, found, err := s.RegionAt(addr, true)
			if err != nil {
				yield(r, err)
				return
			}
			if !found || !yield(r, nil) {
				return
			}
			addr = r.End
		}
	}
}

// RegionAt implements core.Finder.
func (s *space) RegionAt(addr uint64, named bool) (core.Region, bool, error) {
	if !s.t.Self() {
		// The own process's mappings are asked for one by one: whoever changes
		// one and asks then, is to see it.
		if r, ok := s.walk.next(s.t.p, addr); ok {
			return r, true, nil
		}
	}
	m, found, err := s.t.p.MappingAtUnnamed(addr)
	if err == nil && found && named {
		// Naming costs; only memory without a file has a name that matters
		// before somebody wants to open it.
		if m.Inode == 0 {
			m, found, err = s.t.p.MappingAt(addr)
		}
	}
	if err != nil || !found || m.Start >= 1<<63 { // [vsyscall] is the kernel's
		return core.Region{}, false, err
	}
	r := regionOf(&m)
	s.walk.told(&r)
	return r, true, nil
}

func regionOf(m *linux.Mapping) core.Region {
	return core.Region{
		Start: m.Start, End: m.End, Prot: protOf(m.Perm), MaxProt: mach.VM_PROT_ALL,
		Shared: m.Perm&linux.PermShared != 0, Offset: m.Offset,
		Device: unix.Mkdev(m.Major, m.Minor), Inode: m.Inode, Path: string(m.Path),
	}
}

func protOf(p linux.Perm) (prot mach.VMProt) {
	if p&linux.PermRead != 0 {
		prot |= mach.VM_PROT_READ
	}
	if p&linux.PermWrite != 0 {
		prot |= mach.VM_PROT_WRITE
	}
	if p&linux.PermExec != 0 {
		prot |= mach.VM_PROT_EXECUTE
	}
	return prot
}

func linuxProt(p mach.VMProt) int {
	prot := 0
	if p&mach.VM_PROT_READ != 0 {
		prot |= unix.PROT_READ
	}
	if p&mach.VM_PROT_WRITE != 0 {
		prot |= unix.PROT_WRITE
	}
	if p&mach.VM_PROT_EXECUTE != 0 {
		prot |= unix.PROT_EXEC
	}
	return prot
}

// call runs a system call in the process. An error is the call's errno or
// says why it could not be run.
func (s *space) call(number uintptr, args ...uint64) (uint64, error) {
	s.walk.stop() // what it has read may not hold any more
	if !s.t.Self() {
		tr, err := s.t.trace()
		if err != nil {
			return 0, err
		}
		return tr.Syscall(0, number, args...)
	}
	var a [6]uintptr
	for i, v := range args {
		a[i] = uintptr(v)
	}
	r, _, errno := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return 0, errno
	}
	return uint64(r), nil
}

// Map makes a mapping.
func (s *space) Map(m core.Mapping) (addr uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	flags, fd := unix.MAP_PRIVATE, ^uint64(0)
	if m.Shared {
		flags = unix.MAP_SHARED
	}
	if m.File == nil {
		flags |= unix.MAP_ANONYMOUS
	} else {
		var done func()
		if fd, done, err = s.lend(m); err != nil {
			return 0, err
		}
		defer done()
	}
	if m.Fixed {
		if m.Overwrite {
			flags |= unix.MAP_FIXED
		} else {
			flags |= unix.MAP_FIXED_NOREPLACE
		}
		addr, err = s.call(unix.SYS_MMAP, m.Addr, m.Size, uint64(linuxProt(m.Prot)), uint64(flags), fd, m.Offset)
		if err == unix.EEXIST {
			return 0, fs.ErrExist
		}
		return addr, err
	}
	if m.Mask < s.PageSize() {
		return s.call(unix.SYS_MMAP, m.Addr, m.Size, uint64(linuxProt(m.Prot)), uint64(flags), fd, m.Offset)
	}
	return s.mapAligned(m, flags, fd)
}

// mapAligned reserves more than is needed, puts the mapping where it fits,
// and gives the rest back.
func (s *space) mapAligned(m core.Mapping, flags int, fd uint64) (uint64, error) {
	room := m.Size + m.Mask + 1
	if room < m.Size {
		return 0, unix.ENOMEM
	}
	base, err := s.call(unix.SYS_MMAP, 0, room, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE, ^uint64(0), 0)
	if err != nil {
		return 0, err
	}
	at := base
	if at&m.Mask != 0 {
		at = (base | m.Mask) + 1
	}
	page := s.PageSize()
	at = (at + page - 1) &^ (page - 1)
	addr, err := s.call(unix.SYS_MMAP, at, m.Size, uint64(linuxProt(m.Prot)), uint64(flags|unix.MAP_FIXED), fd, m.Offset)
	if err != nil {
		s.call(unix.SYS_MUNMAP, base, room)
		return 0, err
	}
	end := at + (m.Size+page-1)&^(page-1)
	if at > base {
		s.call(unix.SYS_MUNMAP, base, at-base)
	}
	if end < base+room {
		s.call(unix.SYS_MUNMAP, end, base+room-end)
	}
	return addr, nil
}

func (s *space) Unmap(addr, size uint64) error {
	_, err := s.call(unix.SYS_MUNMAP, addr, size)
	return err
}

func (s *space) Protect(addr, size uint64, prot mach.VMProt) error {
	_, err := s.call(unix.SYS_MPROTECT, addr, size, uint64(linuxProt(prot)))
	return err
}

var advices = map[core.Advice]int{
	core.AdviceNormal: unix.MADV_NORMAL, core.AdviceRandom: unix.MADV_RANDOM,
	core.AdviceSequential: unix.MADV_SEQUENTIAL, core.AdviceWillNeed: unix.MADV_WILLNEED,
	core.AdviceDontNeed: unix.MADV_DONTNEED, core.AdviceFree: unix.MADV_FREE,
	core.AdviceReuse: unix.MADV_NORMAL, core.AdviceHuge: unix.MADV_HUGEPAGE,
}

func (s *space) Advise(addr, size uint64, a core.Advice) error {
	n, ok := advices[a]
	if !ok {
		return errors.ErrUnsupported
	}
	if a == core.AdviceWillNeed {
		// MADV_WILLNEED makes no pages of anonymous memory.
		if _, err := s.call(unix.SYS_MADVISE, addr, size, unix.MADV_POPULATE_READ); err == nil {
			return nil
		} // an older Linux, or memory that cannot be read
	}
	_, err := s.call(unix.SYS_MADVISE, addr, size, uint64(n))
	return err
}

func (s *space) Sync(addr, size uint64, f mach.VMSync) error {
	flags := 0
	switch {
	case f&mach.VM_SYNC_SYNCHRONOUS != 0:
		flags |= unix.MS_SYNC
	case f&mach.VM_SYNC_ASYNCHRONOUS != 0:
		flags |= unix.MS_ASYNC
	}
	if f&mach.VM_SYNC_INVALIDATE != 0 {
		flags |= unix.MS_INVALIDATE
	}
	_, err := s.call(unix.SYS_MSYNC, addr, size, uint64(flags))
	return err
}

func (s *space) Lock(addr, size uint64, lock bool) error {
	number := uintptr(unix.SYS_MUNLOCK)
	if lock {
		number = unix.SYS_MLOCK
	}
	_, err := s.call(number, addr, size)
	return err
}

// Pages reports page by page what the pagemap knows.
func (s *space) Pages(addr uint64, n int) ([]uint32, error) {
	entries := make([]linux.Page, n)
	got, err := s.t.p.Pages(entries, addr)
	if err != nil {
		return nil, err
	}
	out := make([]uint32, n)
	for i, e := range entries[:got] {
		switch {
		case e.Present():
			out[i] = mach.VM_PAGE_QUERY_PAGE_PRESENT | mach.VM_PAGE_QUERY_PAGE_REF
			if e.FileOrShared() {
				out[i] |= mach.VM_PAGE_QUERY_PAGE_EXTERNAL
			} else {
				out[i] |= mach.VM_PAGE_QUERY_PAGE_DIRTY
			}
		case e.Swapped():
			out[i] = mach.VM_PAGE_QUERY_PAGE_PAGED_OUT
		}
	}
	return out, nil
}
