package main

import (
	"context"

	"github.com/gomach/mach/task"
)

// aheadPiece is a piece of memory. Its bytes stand in room from head on.
type aheadPiece struct {
	room    []byte
	at      uint64
	n       int
	skipped uint64 // bytes behind it that cannot be read, up to a page's end
	err     error  // why
	first   bool   // of its span
}

// readAhead hands pieces of memory to use, in order, while it reads the next ones. In
// each there is room before the bytes, of head bytes. What cannot be read is left out page
// by page. The context ends it, even if a page never comes in.
func readAhead(ctx context.Context, m task.MemoryReader, list []span, head int, use func(p aheadPiece) error) error {
	// The smallest page that any task has: a larger one is tried in parts.
	const page = 4096
	const piece, buffers = 1 << 20, 3
	if l, ok := m.(live); ok {
		//lint:ignore SA1012 without a context, reads cost no goroutine each: this one ends by itself
		m = l.WithContext(nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	empty, full := make(chan []byte, buffers), make(chan aheadPiece)
	for range buffers {
		empty <- make([]byte, head+piece)
	}
	go func() {
		defer close(full)
		for _, s := range list {
			first := true
			for at := s.start; at < s.end; first = false {
				var room []byte
				select {
				case room = <-empty:
				case <-ctx.Done():
					return
				}
				x := aheadPiece{room: room, at: at, first: first}
				x.n, x.err = m.ReadMemory(room[head:head+int(min(s.end-at, piece))], at)
				at += uint64(x.n)
				if x.err != nil {
					next := min(s.end, at&^(page-1)+page)
					x.skipped, at = next-at, next
				}
				select {
				case full <- x:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	for {
		select {
		case x, ok := <-full:
			if !ok {
				return ctx.Err()
			}
			if err := use(x); err != nil {
				return err
			}
			empty <- x.room
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
