//go:build linux && (amd64 || arm64)

package mem

import (
	"bytes"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// journal is what brings an address space back to what it was. It is what a forked child's
// memory is made of here.
type journal struct {
	pages map[uint64][]byte // contents before they were written, by address
	table []Region          // as it was
	fresh []Range           // mapped since, to be removed
	stays []Region          // mapped since, to stay
	away  []moved           // taken away since
}

// moved is memory that has been put aside, to be moved back.
type moved struct {
	Range
	at uint64
}

// Range is a range of addresses.
type Range struct{ Start, End uint64 }

// Remember starts to keep what is about to be changed, so that Rewind can bring it back. The
// processor must be stopped.
func (s *Space) Remember() {
	s.HideData()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = &journal{pages: map[uint64][]byte{}, table: slices.Clone(s.regions)}
}

// Rewind restores what was changed since Remember but for some ranges, which others than the
// child wrote; the processor must be stopped.
func (s *Space) Rewind(except []Range) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.journal
	if j == nil {
		return
	}
	s.hide(0, limit)
	s.journal = nil
	for _, r := range j.fresh {
		s.remove(r.Start, r.End)
	}
	for _, m := range slices.Backward(j.away) {
		size := uintptr(m.End - m.Start)
		_, _, _ = unix.Syscall6(unix.SYS_MREMAP, uintptr(m.at), size, size, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, uintptr(m.Start), 0)
	}
	s.regions = j.table
	for _, r := range j.stays {
		if s.free(r.Start, r.End) {
			s.insert(r)
		}
	}
	for at, old := range j.pages {
		if s.covered(at, at+s.PageSize) {
			now := Slice(at, s.PageSize)
			for _, r := range except {
				if from, to := max(r.Start, at), min(r.End, at+s.PageSize); from < to {
					copy(old[from-at:to-at], now[from-at:to-at])
				}
			}
			Guard(func() { copy(now, old) })
		}
	}
}

// mapped notes a new region.
func (j *journal) mapped(r Region, stays bool) {
	if stays {
		j.stays = append(j.stays, r)
	} else {
		j.fresh = append(j.fresh, Range{r.Start, r.End})
	}
}

// isFresh says whether an address was mapped by the child.
func (j *journal) isFresh(at uint64) bool {
	return slices.ContainsFunc(j.fresh, func(r Range) bool { return at >= r.Start && at < r.End })
}

// drop gives the memory of a region back to the host, or puts it aside for Rewind.
func (s *Space) drop(r Region) {
	size := uintptr(r.End - r.Start)
	if j := s.journal; j != nil && !j.isFresh(r.Start) {
		at, _, e := unix.Syscall6(unix.SYS_MMAP, 0, size, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE, ^uintptr(0), 0)
		if e == 0 {
			_, _, e = unix.Syscall6(unix.SYS_MREMAP, uintptr(r.Start), size, size, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, at, 0)
		}
		if e == 0 {
			j.away = append(j.away, moved{Range{r.Start, r.End}, uint64(at)})
			return
		}
	}
	_, _, _ = unix.Syscall(unix.SYS_MUNMAP, uintptr(r.Start), size, 0)
}

// keep saves the pages of a range before they change.
func (s *Space) keep(start, end uint64) {
	j := s.journal
	if j == nil {
		return
	}
	for at := start &^ (s.PageSize - 1); at < end; at += s.PageSize {
		i := s.find(at)
		if _, ok := j.pages[at]; !ok && i < len(s.regions) && s.regions[i].Start <= at && s.regions[i].Prot&cpu.ProtWrite != 0 && !s.regions[i].Shared && !j.isFresh(at) {
			var page []byte
			if _, ok := Guard(func() { page = bytes.Clone(Slice(at, s.PageSize)) }); ok {
				j.pages[at] = page
			}
		}
	}
}
