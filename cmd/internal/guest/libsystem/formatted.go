//go:build linux && (amd64 || arm64)

package libsystem

import (
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// printer is a printf's work: it writes to a sink, and answers false if the call is over.
type printer func(c *proc.Call, out *sink) bool

// formatted is the text of a printf with its format in one argument and the values after
// the named ones; formattedList has a va_list.
func formatted(f, named int) printer {
	return func(c *proc.Call, out *sink) bool {
		return formatArgs(c, out, f, func() varArgs { return dots(c, named) })
	}
}

func formattedList(f, values int) printer {
	return func(c *proc.Call, out *sink) bool {
		return formatArgs(c, out, f, func() varArgs { return list(c, values) })
	}
}

func formatArgs(c *proc.Call, out *sink, f int, args func() varArgs) bool {
	s, ok := cstr(c, c.Arg(f))
	if !ok {
		return false
	}
	format(c, out, s, args())
	return !c.Over()
}

// result returns how many bytes were written, which must fit an int.
func (s *sink) result(c *proc.Call) {
	if s.tooLong() {
		c.Fail(proc.EOVERFLOW)
		return
	}
	c.Return(s.n)
}

// printed writes to a stream.
func printed(fp func(c *proc.Call) uint64, text printer) func(*proc.Call) {
	return func(c *proc.Call) {
		out := &sink{limit: pieceSize, flush: func(b []byte) bool { return of(c).put(fp(c), b) }}
		if !text(c, out) {
			return
		}
		if !out.finish() {
			c.Return(eof)
			return
		}
		out.result(c)
	}
}

// bounded stores a formatted string in a buffer of n bytes and returns its whole length.
func bounded(c *proc.Call, at, n uint64, text printer) {
	var stored uint64
	bad := false
	out := &sink{limit: pieceSize}
	out.flush = func(b []byte) bool {
		k := uint64(0)
		if n > 0 {
			k = min(uint64(len(b)), n-1-stored)
		}
		if k > 0 {
			o, ok := to(c, at+stored, k)
			if !ok {
				bad = true
				return false
			}
			copy(o, b)
			stored += k
		}
		if k < uint64(len(b)) { // full: the rest is only counted
			out.flush, out.limit = nil, 0
		}
		return true
	}
	if !text(c, out) || !out.finish() || bad {
		return
	}
	if n > 0 {
		o, ok := to(c, at+stored, 1)
		if !ok {
			return
		}
		o[0] = 0
	}
	out.result(c)
}

// mostAllocated is how much asprintf allocates.
const mostAllocated = 64 << 20

// allocated stores a formatted string in a block of its own.
func allocated(text printer) func(*proc.Call) {
	return func(c *proc.Call) {
		out := &sink{limit: mostAllocated}
		if !text(c, out) {
			return
		}
		p := proc.At[uint64](c, c.Arg(0))
		switch {
		case p == nil:
			c.Return(eof)
			return
		case out.tooLong():
			c.Fail(proc.EOVERFLOW)
		case out.n > mostAllocated:
			c.Fail(proc.ENOMEM)
		default:
			*p = of(c).duplicate(c, append(out.b, 0))
			out.result(c)
			return
		}
		*p = 0
	}
}
