//go:build linux && (amd64 || arm64)

package libsystem

import "math"

// sink takes what printf writes: the first bytes up to a limit, or all of them in pieces.
type sink struct {
	n     uint64 // bytes so far, with those that were not kept
	b     []byte
	limit int                 // of b
	flush func(b []byte) bool // where set, takes b whenever it is full
	bad   bool                // flush has failed
}

// pieceSize is how much is given to flush at once.
const pieceSize = 8192

// tooLong: printf's result is an int; what is longer fails with EOVERFLOW.
func (s *sink) tooLong() bool { return s.n > math.MaxInt32 }

func (s *sink) text(t string) {
	s.n += uint64(len(t))
	for len(t) > 0 && !s.bad {
		k := min(len(t), s.limit-len(s.b))
		s.b = append(s.b, t[:k]...)
		if t = t[k:]; len(t) > 0 && !s.empty() {
			return
		}
	}
}

func (s *sink) fill(c byte, n int) {
	if n <= 0 {
		return
	}
	s.n += uint64(n)
	for n > 0 && !s.bad {
		k := min(n, s.limit-len(s.b))
		for range k {
			s.b = append(s.b, c)
		}
		if n -= k; n > 0 && !s.empty() {
			return
		}
	}
}

// empty makes room; false if there is none to be made.
func (s *sink) empty() bool {
	if s.flush == nil {
		return false
	}
	if !s.flush(s.b) {
		s.bad = true
	}
	s.b = s.b[:0]
	return true
}

// finish gives the rest to flush; false if something has failed.
func (s *sink) finish() bool {
	if s.flush != nil && !s.bad && len(s.b) > 0 {
		s.empty()
	}
	return !s.bad
}
