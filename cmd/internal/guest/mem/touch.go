//go:build linux && (amd64 || arm64)

package mem

import (
	"sort"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// Touch answers the processor's question for memory it cannot see: it shows the piece of
// the region around the address, or answers false where the guest may not do the access.
func (s *Space) Touch(address, size uint64, access cpu.Prot) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.chunks) >= mostChunks {
		s.hideAllData()
	}
	shown, watched := false, false
	s.watching.met = false
	// An access may cross the end of what is visible, so each end of it is tried.
	for _, at := range []uint64{address, address + size - 1} {
		i := s.find(at)
		if i == len(s.regions) || s.regions[i].Start > at || access&^s.regions[i].Prot != 0 {
			return false
		}
		if watched = watched || s.watching.refuses(at, 1); watched || s.visible(at) {
			continue
		}
		if !s.show(s.regions[i], at) {
			return false
		}
		shown = true
	}
	s.watching.met = watched
	return shown && !watched
}

// mostChunks bounds the pieces that the processor has: Unicorn's table has room for 1024 of
// them and stops the runner when it is full; and each new one takes time for all others.
const mostChunks = 256

// hideAllData takes all that is not code from the processor.
func (s *Space) hideAllData() {
	kept := s.chunks[:0]
	for _, c := range s.chunks {
		if c.prot&cpu.ProtExec != 0 {
			kept = append(kept, c)
			continue
		}
		_ = s.processor.Unmap(c.start, c.end-c.start)
	}
	s.chunks = kept
}

func (s *Space) findChunk(at uint64) int {
	return sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].end > at })
}

func (s *Space) visible(at uint64) bool {
	i := s.findChunk(at)
	return i < len(s.chunks) && s.chunks[i].start <= at
}

// show maps the piece of a region around an invisible address onto the processor.
func (s *Space) show(r Region, at uint64) bool {
	start := max(r.Start, at&^(chunkSize-1))
	end := min(r.End, at&^(chunkSize-1)+chunkSize)
	if s.journal != nil && r.Prot&cpu.ProtWrite != 0 {
		start = at &^ (s.PageSize - 1)
		end = start + s.PageSize
		s.keep(start, end)
	}
	i := s.findChunk(at)
	if i > 0 {
		start = max(start, s.chunks[i-1].end)
	}
	if i < len(s.chunks) {
		end = min(end, s.chunks[i].start)
	}
	start, end = s.watching.clip(start, end, at)
	if s.processor.Map(start, end-start, r.Prot) != nil {
		return false
	}
	s.chunks = append(s.chunks, chunk{})
	copy(s.chunks[i+1:], s.chunks[i:])
	s.chunks[i] = chunk{start, end, r.Prot}
	return true
}

// hide takes every piece that reaches into the range from the processor. Pieces go as a
// whole; what remains of them comes back at the next touch.
func (s *Space) hide(start, end uint64) {
	i := s.findChunk(start)
	j := i
	for j < len(s.chunks) && s.chunks[j].start < end {
		c := s.chunks[j]
		if c.prot&cpu.ProtExec != 0 {
			s.processor.ForgetCode(c.start, c.end-c.start)
		}
		_ = s.processor.Unmap(c.start, c.end-c.start)
		j++
	}
	s.chunks = append(s.chunks[:i], s.chunks[j:]...)
}

// CodeChanged tells the processor that someone else wrote to memory it may have executed.
func (s *Space) CodeChanged(address, size uint64) {
	s.Stopped(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := s.findChunk(address); i < len(s.chunks) && s.chunks[i].start < address+size; i++ {
			if s.chunks[i].prot&cpu.ProtExec != 0 {
				s.processor.ForgetCode(max(address, s.chunks[i].start), min(address+size, s.chunks[i].end)-max(address, s.chunks[i].start))
			}
		}
	})
}

// Refuse takes everything that can be written from the processor, and what is at an address,
// until it is touched again. It answers whether the address is the guest's.
func (s *Space) Refuse(address uint64) bool {
	s.HideData()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hide(address, address+1)
	return s.covered(address, address+1)
}

// HideData takes everything that can be written from the processor, until it is touched again.
func (s *Space) HideData() {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.chunks[:0]
	for _, c := range s.chunks {
		if c.prot&cpu.ProtWrite == 0 {
			kept = append(kept, c)
			continue
		}
		if c.prot&cpu.ProtExec != 0 {
			s.processor.ForgetCode(c.start, c.end-c.start)
		}
		_ = s.processor.Unmap(c.start, c.end-c.start)
	}
	s.chunks = kept
}
