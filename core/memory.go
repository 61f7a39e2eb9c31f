package core

import (
	"fmt"
	"slices"
)

// ReadMemory copies memory of the process at an address. What lies next to each
// other in several regions is read at once. Where a part is not in the core it copies
// what lies before, and fails with [ErrNotSaved].
func (f *File) ReadMemory(p []byte, addr uint64) (int, error) {
	if f == nil || f.r == nil {
		return 0, ErrClosed
	}
	done := 0
	for done < len(p) {
		at := addr + uint64(done)
		if at < addr {
			return done, fmt.Errorf("at %#x: %w", at, ErrNotSaved)
		}
		s, ok := f.segmentAt(at)
		if !ok || at-s.address >= s.fileSize {
			return done, fmt.Errorf("at %#x: %w", at, ErrNotSaved)
		}
		into := at - s.address
		n := min(uint64(len(p)-done), s.fileSize-into)
		got, err := f.r.ReadAt(p[done:done+int(n)], int64(s.offset+into))
		done += max(0, got)
		if got < int(n) {
			return done, fmt.Errorf("core: memory at %#x: %w", addr+uint64(done), err)
		}
	}
	return done, nil
}

// segmentAt is the segment that has an address.
func (f *File) segmentAt(addr uint64) (segment, bool) {
	i, ok := slices.BinarySearchFunc(f.segments, addr, func(s segment, addr uint64) int {
		switch {
		case addr < s.address:
			return 1
		case addr-s.address >= s.size:
			return -1
		}
		return 0
	})
	if !ok {
		return segment{}, false
	}
	return f.segments[i], true
}
