package core

import (
	"bytes"
	"context"
)

const (
	chunk = 256 << 10
	grain = 4096 // of holes: the smallest page
)

// piece is a part of the core: bytes, and zeros behind them.
type piece struct {
	p      []byte
	zeros  uint64
	memory bool   // the bytes are memory, in which zeros are looked for
	done   uint64 // bytes of memory so far, of all
	total  uint64
}

// pipe is between who reads and who writes. Buffers go round.
type pipe struct {
	full  chan piece
	empty chan []byte
	made  int    // buffers, at most cap(empty)
	zeros uint64 // bytes that were written as zeros
}

func newPipe(buffer uint64) *pipe {
	if buffer == 0 {
		buffer = defaultBuffer
	}
	n := int(min(max(buffer/chunk, 2), 1<<16))
	return &pipe{full: make(chan piece, n+16), empty: make(chan []byte, n)}
}

// buffer is one of chunk bytes; it waits if all are on the way.
func (p *pipe) buffer(ctx context.Context) ([]byte, error) {
	select {
	case b := <-p.empty:
		return b[:chunk], nil
	default:
	}
	if p.made < cap(p.empty) {
		p.made++
		return make([]byte, chunk), nil
	}
	select {
	case b := <-p.empty:
		return b[:chunk], nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *pipe) send(ctx context.Context, x piece) error {
	select {
	case p.full <- x:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// drain writes what comes, until the reader closes the pipe or the context ends.
func (p *pipe) drain(ctx context.Context, to sink, progress func(done, total uint64)) error {
	for x := range p.full {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var err error
		if x.memory {
			err = p.writeMemory(to, x.p)
		} else if len(x.p) > 0 {
			err = to.write(x.p)
		}
		if err == nil && x.zeros > 0 {
			p.zeros += x.zeros
			err = to.zeros(x.zeros)
		}
		if err != nil {
			return err
		}
		if cap(x.p) == chunk {
			p.empty <- x.p // there is room for all
		}
		if progress != nil && x.total > 0 {
			progress(x.done, x.total)
		}
	}
	return nil
}

// writeMemory writes runs of pages, and holes for pages of zeros.
func (p *pipe) writeMemory(to sink, b []byte) error {
	for len(b) > 0 {
		n := run(b, false)
		if n > 0 {
			if err := to.write(b[:n]); err != nil {
				return err
			}
			b = b[n:]
		}
		if n = run(b, true); n > 0 {
			p.zeros += uint64(n)
			if err := to.zeros(uint64(n)); err != nil {
				return err
			}
			b = b[n:]
		}
	}
	return nil
}

// run is how many bytes at the beginning of p are in pages of zeros, or in others.
func run(p []byte, zero bool) int {
	n := 0
	for n < len(p) {
		page := p[n:min(len(p), n+grain)]
		if bytes.Equal(page, noughts[:len(page)]) != zero {
			break
		}
		n += len(page)
	}
	return n
}
