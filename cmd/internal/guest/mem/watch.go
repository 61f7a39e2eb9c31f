//go:build linux && (amd64 || arm64)

package mem

import (
	"slices"
)

// watchPage is the grain in which memory is hidden: the processor's smallest page.
const watchPage = 4096

// watching is which memory the processor must not see, so that each access to it is a
// fault. It costs nothing elsewhere, and nothing at all while it is empty.
type watching struct {
	hidden []Range // whole pages, sorted, disjoint
	lifted bool    // they can be seen for the moment
	met    bool    // Touch refused an access for this reason alone
}

// Watch hides the pages of these ranges from the processor, instead of those before.
// Only on the processor's goroutine.
func (s *Space) Watch(ranges []Range) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.watching
	w.hidden = w.hidden[:0]
	for _, r := range ranges {
		end := r.End
		if end > ^uint64(watchPage-1) {
			end = ^uint64(watchPage - 1)
		} else {
			end = (end + watchPage - 1) &^ (watchPage - 1)
		}
		if start := r.Start &^ (watchPage - 1); start < end {
			w.hidden = append(w.hidden, Range{start, end})
		}
	}
	slices.SortFunc(w.hidden, func(a, b Range) int {
		if a.Start < b.Start {
			return -1
		}
		return 1
	})
	kept := w.hidden[:0]
	for _, r := range w.hidden {
		if n := len(kept); n > 0 && r.Start <= kept[n-1].End {
			kept[n-1].End = max(kept[n-1].End, r.End)
			continue
		}
		kept = append(kept, r)
	}
	w.hidden = kept
	s.hideWatched()
}

// MetWatch says whether the processor's last fault was an access that the guest may
// do, to memory that is hidden.
func (s *Space) MetWatch() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	met := s.watching.met
	s.watching.met = false
	return met
}

// LiftWatch shows what is hidden, until a function returns. Only on the processor's
// goroutine.
func (s *Space) LiftWatch(f func()) {
	s.lift(true)
	defer func() {
		s.lift(false)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hideWatched()
	}()
	f()
}

func (s *Space) lift(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watching.lifted = on
}

func (s *Space) hideWatched() {
	for _, r := range s.watching.hidden {
		s.hide(r.Start, r.End)
	}
}

// refuses says whether an access goes to memory that is hidden now.
func (w *watching) refuses(address, size uint64) bool {
	if len(w.hidden) == 0 || w.lifted {
		return false
	}
	for _, r := range w.hidden {
		if address < r.End && r.Start < address+size {
			return true
		}
	}
	return false
}

// clip makes a range around an address smaller, so that it has no memory that is
// hidden; if the address is hidden itself, it becomes its page.
func (w *watching) clip(start, end, at uint64) (uint64, uint64) {
	for _, r := range w.hidden {
		switch {
		case at < r.Start:
			end = min(end, r.Start)
		case at >= r.End:
			start = max(start, r.End)
		default:
			page := at &^ (watchPage - 1)
			start, end = max(start, page), min(end, page+watchPage)
		}
	}
	return start, end
}
