//go:build linux && (amd64 || arm64)

package linux

import "sync/atomic"

// registerCache holds the general registers of a suspended process's threads.
// Whoever asks for those of one thread mostly asks for all of them, one by
// one, and the way to the tracer's thread and back costs some 20 times as
// much as reading the registers there.
//
// It is dropped before anything changes: a thread goes on, is found stopped
// or ended, or has registers written.
type registerCache struct {
	all   atomic.Pointer[map[int]Registers]
	asked int // since the last drop; the tracer's thread only
}

func (c *registerCache) get(tid int) (Registers, bool) {
	all := c.all.Load()
	if all == nil {
		return Registers{}, false
	}
	r, ok := (*all)[tid]
	return r, ok
}

func (c *registerCache) drop() {
	c.all.Store(nil)
	c.asked = 0
}

// fill reads the registers of all stopped threads, at the second question.
func (c *registerCache) fill(t *Tracer) {
	if c.asked++; c.asked != 2 {
		return
	}
	all := make(map[int]Registers, len(t.threads))
	for tid, x := range t.threads {
		var r Registers
		if x.stopped && (&Stopped{t, x}).Registers(&r) == nil {
			all[tid] = r
		}
	}
	c.all.Store(&all)
}
