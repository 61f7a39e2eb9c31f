//go:build linux && (amd64 || arm64)

package libsystem

import "github.com/gomach/mach/cmd/internal/guest/proc"

// rwlock admits many readers or one writer; whoever waits first goes first.
type rwlock struct {
	readers map[*proc.Thread]int
	writer  *proc.Thread
	waiting []*waiter
}

func (s *syncState) rwlockAt(c *proc.Call, addr uint64) *rwlock {
	h := proc.At[handle](c, addr)
	switch {
	case h == nil:
		return nil
	case uint32(h.Sig) == rwSig:
		return s.rwlocks[h.Number]
	case uint32(h.Sig) == rwSigInit:
		return s.newRWLock(h)
	}
	return nil
}

func (s *syncState) newRWLock(h *handle) *rwlock {
	s.next++
	*h = handle{rwSig, s.next}
	l := &rwlock{readers: map[*proc.Thread]int{}}
	s.rwlocks[s.next] = l
	return l
}

// take gives the lock to a thread if it is free for it.
func (l *rwlock) take(t *proc.Thread, write bool) bool {
	if l.writer != nil || write && len(l.readers) > 0 {
		return false
	}
	if write {
		l.writer = t
	} else {
		l.readers[t]++
	}
	return true
}

func lockRW(write, try bool) func(*proc.Call) {
	return func(c *proc.Call) {
		l := of(c).sync.rwlockAt(c, c.Arg(0))
		switch {
		case l == nil:
			invalid(c)
		case l.writer == c.Thread && !try:
			c.Return(uint64(proc.EDEADLK))
		case (len(l.waiting) == 0 || l.readers[c.Thread] > 0 || try) && l.take(c.Thread, write):
		case try:
			c.Return(uint64(proc.EBUSY))
		default:
			c.Park()
			l.waiting = append(l.waiting, &waiter{call: c, write: write})
		}
	}
}

func init() {
	on("pthread_rwlock_init", func(c *proc.Call) {
		h := proc.At[handle](c, c.Arg(0))
		if h == nil {
			invalid(c)
			return
		}
		of(c).sync.newRWLock(h)
	})
	on("pthread_rwlock_destroy", func(c *proc.Call) {
		if of(c).sync.rwlockAt(c, c.Arg(0)) == nil {
			invalid(c)
			return
		}
		h := proc.At[handle](c, c.Arg(0))
		delete(of(c).sync.rwlocks, h.Number)
		*h = handle{}
	})
	on("pthread_rwlock_rdlock", lockRW(false, false))
	on("pthread_rwlock_wrlock", lockRW(true, false))
	on("pthread_rwlock_tryrdlock", lockRW(false, true))
	on("pthread_rwlock_trywrlock", lockRW(true, true))
	on("pthread_rwlock_unlock", func(c *proc.Call) {
		l := of(c).sync.rwlockAt(c, c.Arg(0))
		switch {
		case l == nil:
			invalid(c)
			return
		case l.writer == c.Thread:
			l.writer = nil
		case l.readers[c.Thread] > 0:
			if l.readers[c.Thread]--; l.readers[c.Thread] == 0 {
				delete(l.readers, c.Thread)
			}
		default:
			c.Return(uint64(proc.EPERM))
			return
		}
		for len(l.waiting) > 0 && l.take(l.waiting[0].call.Thread, l.waiting[0].write) {
			w := l.waiting[0]
			l.waiting = l.waiting[1:]
			w.call.Finish(0)
		}
	})
	// os_unfair_lock: the word in guest memory is the owner's thread number.
	on("os_unfair_lock_lock os_unfair_lock_lock_with_options", func(c *proc.Call) {
		p := proc.At[uint32](c, c.Arg(0))
		switch {
		case p == nil:
			abort(c, "lock at a bad address")
		case *p == 0:
			*p = uint32(c.Thread.ID)
		case *p == uint32(c.Thread.ID):
			abort(c, "Trying to recursively lock an os_unfair_lock")
		default:
			c.Park()
			s := of(c)
			s.sync.unfair[c.Arg(0)] = append(s.sync.unfair[c.Arg(0)], c)
		}
	})
	on("os_unfair_lock_trylock", func(c *proc.Call) {
		if p := proc.At[uint32](c, c.Arg(0)); p != nil && *p == 0 {
			*p = uint32(c.Thread.ID)
			c.Return(1)
		}
	})
	on("os_unfair_lock_unlock", func(c *proc.Call) {
		p := proc.At[uint32](c, c.Arg(0))
		if p == nil || *p != uint32(c.Thread.ID) {
			abort(c, "Unlock of an os_unfair_lock not owned by current thread")
			return
		}
		*p = 0
		s := of(c)
		if w := s.sync.unfair[c.Arg(0)]; len(w) > 0 {
			if s.sync.unfair[c.Arg(0)] = w[1:]; len(w) == 1 {
				delete(s.sync.unfair, c.Arg(0))
			}
			*p = uint32(w[0].Thread.ID)
			w[0].Finish(0)
		}
	})
}
