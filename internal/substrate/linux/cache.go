//go:build linux && (amd64 || arm64)

package linux

import "sync/atomic"

// registerCache holds the general registers of a suspended process's threads,
// and who they are. Whoever asks for those of one thread mostly asks for all
// of them, one by one, and the way to the tracer's thread and back costs some
// 20 times as much as reading the registers there; reading the time a thread
// began costs as much again.
//
// It is dropped before anything changes: a thread goes on, is found stopped
// or ended, or has registers written.
type registerCache struct {
	all   atomic.Pointer[map[int]cached]
	asked int // since the last drop; the tracer's thread only

	// standing: the process is suspended, so asking may fill the cache.
	standing atomic.Bool
}

// cached is a stopped thread.
type cached struct {
	registers Registers
	native    bool   // it has registers of that form
	start     uint64 // see Stopped.StartTime
}

func (c *registerCache) get(tid int) (x cached, ok bool) {
	if all := c.all.Load(); all != nil {
		x, ok = (*all)[tid]
	}
	return x, ok
}

func (c *registerCache) drop() {
	if c.asked > 0 {
		c.all.Store(nil)
		c.asked = 0
	}
}

// fill looks at all stopped threads, at the second question.
func (c *registerCache) fill(t *Tracer) {
	if c.asked++; c.asked != 2 {
		return
	}
	all := make(map[int]cached, len(t.threads))
	for tid, x := range t.threads {
		if !x.stopped {
			continue
		}
		s := &Stopped{t, x}
		var n cached
		var err error
		if n.start, err = s.StartTime(); err != nil {
			continue
		}
		n.native = s.Registers(&n.registers) == nil
		all[tid] = n
	}
	c.all.Store(&all)
}

// Standing tells who a thread of a suspended process is and what it has in its
// general registers. ok is false if the process is not suspended, the thread
// is not stopped, or its registers have another form: then ask in other ways.
func (t *Tracer) Standing(tid int) (r Registers, start uint64, ok bool) {
	if !t.cache.standing.Load() {
		return r, 0, false
	}
	if x, known := t.cache.get(tid); known {
		return x.registers, x.start, x.native && !t.p.Exited()
	}
	_ = t.do(func() error {
		x := t.threads[tid]
		if !t.suspended || x == nil || !x.stopped {
			return nil
		}
		t.cache.fill(t)
		var err error
		s := &Stopped{t, x}
		if start, err = s.StartTime(); err == nil {
			err = s.Registers(&r)
		}
		ok = err == nil
		return nil
	})
	return r, start, ok
}
