//go:build linux && (amd64 || arm64)

package mem

import (
	"bytes"

	"github.com/gomach/mach/internal/guest/cpu"
)

// Remember starts to keep the contents of every page that is about to be written, so that
// Rewind can bring them back. It is what a forked child's memory is made of here. The
// processor must be stopped.
func (s *Space) Remember() {
	s.HideData()
	s.mu.Lock()
	s.journal = map[uint64][]byte{}
	s.mu.Unlock()
}

// Range is a range of addresses.
type Range struct{ Start, End uint64 }

// Rewind restores what was written since Remember but for some ranges, which others than the
// child wrote; the processor must be stopped.
func (s *Space) Rewind(except []Range) {
	s.HideData()
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, old := range s.journal {
		if s.covered(at, at+s.PageSize) {
			now := Slice(at, s.PageSize)
			for _, r := range except {
				if from, to := max(r.Start, at), min(r.End, at+s.PageSize); from < to {
					copy(old[from-at:to-at], now[from-at:to-at])
				}
			}
			copy(now, old)
		}
	}
	s.journal = nil
}

// keep saves the pages of a range before they change.
func (s *Space) keep(start, end uint64) {
	if s.journal == nil {
		return
	}
	for at := start &^ (s.PageSize - 1); at < end; at += s.PageSize {
		i := s.find(at)
		if _, ok := s.journal[at]; !ok && i < len(s.regions) && s.regions[i].Start <= at && s.regions[i].Prot&cpu.ProtWrite != 0 && !s.regions[i].Shared {
			s.journal[at] = bytes.Clone(Slice(at, s.PageSize))
		}
	}
}
