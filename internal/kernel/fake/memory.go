package fake

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// PageSize is that of a fake task.
const PageSize = 4096

const (
	lowest  = 0x1000
	highest = 1 << 47
)

var errNotMapped = errors.New("address not mapped")

// Memory is an address space: mappings in order of address, without overlap.
// Protections are kept and reported, and do not stop a read or write.
type Memory struct {
	// KeepUnmapped makes Unmap succeed and do nothing.
	KeepUnmapped bool

	mu   sync.Mutex
	maps []mapping
	next uint64 // where the next search for room begins
}

type mapping struct {
	start uint64
	bytes []byte
	prot  mach.VMProt
}

func (m *mapping) end() uint64 { return m.start + uint64(len(m.bytes)) }

// NewMemory makes an empty address space.
func NewMemory() *Memory { return &Memory{next: 1 << 40} }

// at finds the first mapping that ends behind addr.
func (m *Memory) at(addr uint64) int {
	i, _ := slices.BinarySearchFunc(m.maps, addr, func(x mapping, addr uint64) int {
		if x.end() <= addr {
			return -1
		}
		return 1
	})
	return i
}

// each calls f for the parts of mappings that n bytes at addr are made of. It
// stops at a gap and returns the number of bytes before it.
func (m *Memory) each(addr uint64, n int, f func(at int, b []byte)) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	done := 0
	for i := m.at(addr); done < n; i++ {
		at := addr + uint64(done)
		if i >= len(m.maps) || m.maps[i].start > at {
			return done, errNotMapped
		}
		b := m.maps[i].bytes[at-m.maps[i].start:]
		b = b[:min(len(b), n-done)]
		f(done, b)
		done += len(b)
	}
	return done, nil
}

// ReadAt implements core.Memory.
func (m *Memory) ReadAt(p []byte, addr uint64) (int, error) {
	return m.each(addr, len(p), func(at int, b []byte) { copy(p[at:], b) })
}

// WriteAt implements core.Memory.
func (m *Memory) WriteAt(p []byte, addr uint64) (int, error) {
	return m.each(addr, len(p), func(at int, b []byte) { copy(b, p[at:]) })
}

// PageSize implements core.AddressSpace, as the methods below do.
func (m *Memory) PageSize() uint64        { return PageSize }
func (m *Memory) Bounds() (lo, hi uint64) { return lowest, highest }

func (m *Memory) free(start, end uint64) bool {
	i := m.at(start)
	return i >= len(m.maps) || m.maps[i].start >= end
}

// split makes a mapping that addr lies in two, and returns the place in the
// list of what begins at addr or behind it.
func (m *Memory) split(addr uint64) int {
	i := m.at(addr)
	if i >= len(m.maps) || m.maps[i].start >= addr {
		return i
	}
	head, tail := m.maps[i], m.maps[i]
	n := addr - head.start
	head.bytes = head.bytes[:n:n]
	tail.start, tail.bytes = addr, tail.bytes[n:]
	m.maps[i] = head
	m.maps = slices.Insert(m.maps, i+1, tail)
	return i + 1
}

// cut removes a range.
func (m *Memory) cut(start, end uint64) {
	i := m.split(start)
	m.maps = slices.Delete(m.maps, i, m.split(end))
}

// Map makes zeroed memory, at most 64 MiB at once; files cannot be mapped.
func (m *Memory) Map(r core.Mapping) (uint64, error) {
	switch {
	case r.File != nil:
		return 0, errors.ErrUnsupported
	case r.Size > 64<<20:
		return 0, core.ErrNoSpace
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	addr := r.Addr
	switch {
	case r.Fixed && r.Overwrite:
		m.cut(addr, addr+r.Size)
	case r.Fixed && !m.free(addr, addr+r.Size):
		return 0, fmt.Errorf("%#x: %w", addr, fs.ErrExist)
	case !r.Fixed:
		addr = (m.next + r.Mask) &^ r.Mask
		if addr+r.Size > highest || addr+r.Size < addr {
			return 0, core.ErrNoSpace
		}
		m.next = addr + r.Size
	}
	m.maps = slices.Insert(m.maps, m.at(addr), mapping{addr, make([]byte, r.Size), r.Prot})
	return addr, nil
}

// Unmap removes what is mapped in a range.
func (m *Memory) Unmap(addr, size uint64) error {
	if m.KeepUnmapped {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut(addr, addr+size)
	return nil
}

// Regions walks the mappings.
func (m *Memory) Regions(addr uint64) iter.Seq2[core.Region, error] {
	return func(yield func(core.Region, error) bool) {
		m.mu.Lock()
		list := slices.Clone(m.maps[m.at(addr):])
		m.mu.Unlock()
		for _, x := range list {
			if !yield(core.Region{Start: x.start, End: x.end(), Prot: x.prot, MaxProt: mach.VM_PROT_ALL}, nil) {
				return
			}
		}
	}
}

// Protect notes a protection; it fails where something is not mapped.
func (m *Memory) Protect(addr, size uint64, prot mach.VMProt) error {
	if _, err := m.each(addr, int(size), func(int, []byte) {}); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.split(addr)
	for end := m.split(addr + size); i < end; i++ {
		m.maps[i].prot = prot
	}
	return nil
}

// Advise, Sync and Lock have nothing to do.
func (m *Memory) Advise(addr, size uint64, a core.Advice) error   { return nil }
func (m *Memory) Sync(addr, size uint64, flags mach.VMSync) error { return nil }
func (m *Memory) Lock(addr, size uint64, lock bool) error         { return nil }

// Pages says that what is mapped is present.
func (m *Memory) Pages(addr uint64, n int) ([]uint32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]uint32, n)
	for i := range out {
		if m.free(addr+uint64(i)*PageSize, addr+uint64(i+1)*PageSize) {
			continue
		}
		out[i] = uint32(mach.VM_PAGE_QUERY_PAGE_PRESENT)
	}
	return out, nil
}
