//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"sync"
)

// stream is a FILE. The guest's FILE is an opaque block, but for the first fields, which
// putc's inline form in Apple's header looks at: they stay such that it calls __swbuf.
//
// Threads of the guest may share one: the lock guards all fields but fd, which stays. It is
// not held while the host reads or writes.
type stream struct {
	fd int

	mu   sync.Mutex
	out  []byte
	in   []byte
	mode int // of buffering: fully, by line, not at all
	eof  bool
	err  bool
}

// locked runs a function under the lock.
func (f *stream) locked(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// clone is the same stream for a forked child.
func (f *stream) clone() *stream {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &stream{fd: f.fd, in: bytes.Clone(f.in), out: bytes.Clone(f.out), mode: f.mode, eof: f.eof, err: f.err}
}

// fails marks an error.
func (f *stream) fails() { f.locked(func() { f.err = true }) }

// take moves input to b, and says how much.
func (f *stream) take(b []byte) (n int) {
	f.locked(func() {
		n = copy(b, f.in)
		f.in = f.in[n:]
	})
	return n
}

// takeThrough takes the input to a byte and with it, or all there is.
func (f *stream) takeThrough(end byte) (b []byte, found bool) {
	f.locked(func() {
		n := bytes.IndexByte(f.in, end) + 1
		if found = n > 0; !found {
			n = len(f.in)
		}
		b = bytes.Clone(f.in[:n])
		f.in = f.in[n:]
	})
	return b, found
}

// putBack makes a byte the next one to be read.
func (f *stream) putBack(c byte) {
	f.locked(func() {
		f.in = append([]byte{c}, f.in...)
		f.eof = false
	})
}
