//go:build linux && (amd64 || arm64)

package libsystem

import (
	"time"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// syncState has the locks of a guest. A lock in guest memory holds the number of its entry
// here; a statically initialised one gets its entry at first use.
type syncState struct {
	next    uint64
	mutexes map[uint64]*mutex
	conds   map[uint64]*cond
	rwlocks map[uint64]*rwlock
	ended   map[uint64]uint64       // results of threads that nobody has joined yet
	unfair  map[uint64][]*proc.Call // waiters by address
}

func (s *syncState) init() {
	s.mutexes, s.conds, s.rwlocks = map[uint64]*mutex{}, map[uint64]*cond{}, map[uint64]*rwlock{}
	s.ended, s.unfair = map[uint64]uint64{}, map[uint64][]*proc.Call{}
}

// Signatures at the start of pthread objects (libpthread src/types_internal.h).
const (
	mutexSig      = 0x4d555458
	mutexSigInit  = 0x32aaaba7
	mutexErrInit  = 0x32aaaba1
	mutexRecInit  = 0x32aaaba2
	mutexFirstFit = 0x32aaaba3
	condSig       = 0x434f4e44
	condSigInit   = 0x3cb0b1bb
	rwSig         = 0x52574c4b
	rwSigInit     = 0x2da8b3b4
	onceSigInit   = 0x30b1bcba
	onceSigDone   = 0x4f4e4345
	attrMutexSig  = 0x4d545841
	attrCondSig   = 0x434e4441
)

const (
	mutexNormal = iota
	mutexErrorCheck
	mutexRecursive
)

type mutex struct {
	kind    int
	owner   *proc.Thread
	count   int
	waiting []*waiter
}

// waiter is a call that waits for a lock.
type waiter struct {
	call  *proc.Call
	mutex *mutex // of a condition wait
	timer *time.Timer
	gone  bool
	write bool
}

type cond struct{ waiting []*waiter }

// handle is how a pthread object looks in guest memory.
type handle struct{ Sig, Number uint64 }

func (s *syncState) mutexAt(c *proc.Call, addr uint64) *mutex {
	h := proc.At[handle](c, addr)
	if h == nil {
		return nil
	}
	kind := mutexNormal
	switch uint32(h.Sig) {
	case mutexSig:
		return s.mutexes[h.Number]
	case mutexErrInit:
		kind = mutexErrorCheck
	case mutexRecInit:
		kind = mutexRecursive
	case mutexSigInit, mutexFirstFit:
	default:
		return nil
	}
	return s.newMutex(h, kind)
}

func (s *syncState) newMutex(h *handle, kind int) *mutex {
	s.next++
	*h = handle{mutexSig, s.next}
	m := &mutex{kind: kind}
	s.mutexes[s.next] = m
	return m
}

func (s *syncState) condAt(c *proc.Call, addr uint64) *cond {
	h := proc.At[handle](c, addr)
	switch {
	case h == nil:
		return nil
	case uint32(h.Sig) == condSig:
		return s.conds[h.Number]
	case uint32(h.Sig) == condSigInit:
		return s.newCond(h)
	}
	return nil
}

func (s *syncState) newCond(h *handle) *cond {
	s.next++
	*h = handle{condSig, s.next}
	v := &cond{}
	s.conds[s.next] = v
	return v
}

// lock gives the mutex to the call's thread, or makes it wait.
func (m *mutex) lock(c *proc.Call) {
	switch {
	case m.owner == nil:
		m.owner, m.count = c.Thread, 1
	case m.owner == c.Thread && m.kind == mutexRecursive:
		m.count++
	case m.owner == c.Thread && m.kind == mutexErrorCheck:
		c.Return(uint64(proc.EDEADLK))
	default:
		c.Park()
		m.waiting = append(m.waiting, &waiter{call: c})
	}
}

func (m *mutex) unlock(t *proc.Thread) proc.Errno {
	if m.owner != t {
		return proc.EPERM
	}
	if m.count--; m.count > 0 {
		return 0
	}
	m.owner = nil
	if len(m.waiting) > 0 {
		w := m.waiting[0]
		m.waiting = m.waiting[1:]
		m.owner, m.count = w.call.Thread, 1
		w.call.Finish(w.call.Result())
	}
	return 0
}

// acquire continues a thread that has been woken from a condition: it needs the mutex.
func (w *waiter) acquire(result uint64) {
	w.gone = true
	if w.timer != nil {
		w.timer.Stop()
	}
	w.call.Return(result)
	if w.mutex.owner == nil {
		w.mutex.owner, w.mutex.count = w.call.Thread, 1
		w.call.Finish(result)
		return
	}
	w.mutex.waiting = append(w.mutex.waiting, w)
}

func (v *cond) wake(n int) {
	for len(v.waiting) > 0 && n != 0 {
		w := v.waiting[0]
		v.waiting = v.waiting[1:]
		if !w.gone {
			w.acquire(0)
			n--
		}
	}
}

// wait releases the mutex and waits; a negative timeout is none.
func (v *cond) wait(c *proc.Call, m *mutex, timeout time.Duration) {
	if e := m.unlock(c.Thread); e != 0 {
		c.Return(uint64(e))
		return
	}
	c.Park()
	w := &waiter{call: c, mutex: m}
	v.waiting = append(v.waiting, w)
	if timeout >= 0 {
		w.timer = time.AfterFunc(timeout, func() {
			c.Process.Post(func() {
				if w.gone {
					return
				}
				for i, o := range v.waiting {
					if o == w {
						v.waiting = append(v.waiting[:i], v.waiting[i+1:]...)
						break
					}
				}
				w.acquire(uint64(proc.ETIMEDOUT))
			})
		})
	}
}

func invalid(c *proc.Call) { c.Return(uint64(proc.EINVAL)) }

func withMutex(f func(c *proc.Call, m *mutex)) func(*proc.Call) {
	return func(c *proc.Call) {
		m := of(c).sync.mutexAt(c, c.Arg(0))
		if m == nil {
			invalid(c)
			return
		}
		f(c, m)
	}
}

func withCond(f func(c *proc.Call, v *cond)) func(*proc.Call) {
	return func(c *proc.Call) {
		v := of(c).sync.condAt(c, c.Arg(0))
		if v == nil {
			invalid(c)
			return
		}
		f(c, v)
	}
}

// condWait is the wait family; timeout reads the third argument.
func condWait(timeout func(c *proc.Call) (time.Duration, bool)) func(*proc.Call) {
	return withCond(func(c *proc.Call, v *cond) {
		m := of(c).sync.mutexAt(c, c.Arg(1))
		d, ok := timeout(c)
		if m == nil || !ok {
			invalid(c)
			return
		}
		v.wait(c, m, d)
	})
}

// timespec is Darwin's and Linux's 64-bit one.
type timespec struct{ Sec, Nsec int64 }

func init() {
	on("pthread_mutexattr_init", func(c *proc.Call) { out(c, 0, [2]uint64{attrMutexSig}) })
	on("pthread_mutexattr_destroy pthread_condattr_destroy pthread_condattr_init pthread_mutexattr_setpshared pthread_mutexattr_setprotocol pthread_mutexattr_setpolicy_np pthread_condattr_setpshared pthread_rwlockattr_init pthread_rwlockattr_destroy", func(c *proc.Call) {})
	on("pthread_mutexattr_settype", func(c *proc.Call) {
		if c.Arg(1) > 2 {
			invalid(c)
			return
		}
		out(c, 0, [2]uint64{attrMutexSig, c.Arg(1)})
	})
	on("pthread_mutexattr_gettype", func(c *proc.Call) {
		if a := proc.Read[[2]uint64](c, c.Arg(0)); a != nil {
			out(c, 1, uint32(a[1]))
		}
	})
	on("pthread_mutex_init", func(c *proc.Call) {
		kind := mutexNormal
		if c.Arg(1) != 0 {
			if a := proc.Read[[2]uint64](c, c.Arg(1)); a != nil && a[0] == attrMutexSig {
				kind = int(a[1])
			}
		}
		h := proc.At[handle](c, c.Arg(0))
		if h == nil {
			invalid(c)
			return
		}
		of(c).sync.newMutex(h, kind)
	})
	on("pthread_mutex_destroy", func(c *proc.Call) {
		s := of(c)
		m := s.sync.mutexAt(c, c.Arg(0))
		switch h := proc.At[handle](c, c.Arg(0)); {
		case m == nil:
			invalid(c)
		case m.owner != nil:
			c.Return(uint64(proc.EBUSY))
		default:
			delete(s.sync.mutexes, h.Number)
			*h = handle{}
		}
	})
	on("pthread_mutex_lock", withMutex(func(c *proc.Call, m *mutex) { m.lock(c) }))
	on("pthread_mutex_trylock", withMutex(func(c *proc.Call, m *mutex) {
		if m.owner != nil && !(m.owner == c.Thread && m.kind == mutexRecursive) {
			c.Return(uint64(proc.EBUSY))
			return
		}
		m.lock(c)
	}))
	on("pthread_mutex_unlock", withMutex(func(c *proc.Call, m *mutex) { c.Return(uint64(m.unlock(c.Thread))) }))
	on("pthread_cond_init", func(c *proc.Call) {
		h := proc.At[handle](c, c.Arg(0))
		if h == nil {
			invalid(c)
			return
		}
		of(c).sync.newCond(h)
	})
	on("pthread_cond_destroy", withCond(func(c *proc.Call, v *cond) {
		h := proc.At[handle](c, c.Arg(0))
		delete(of(c).sync.conds, h.Number)
		*h = handle{}
	}))
	on("pthread_cond_signal", withCond(func(c *proc.Call, v *cond) { v.wake(1) }))
	on("pthread_cond_broadcast", withCond(func(c *proc.Call, v *cond) { v.wake(-1) }))
	on("pthread_cond_wait", condWait(func(c *proc.Call) (time.Duration, bool) { return -1, true }))
	on("pthread_cond_timedwait_relative_np", condWait(func(c *proc.Call) (time.Duration, bool) {
		ts := proc.Read[timespec](c, c.Arg(2))
		if ts == nil {
			return 0, false
		}
		return max(duration(*ts), 0), true
	}))
	on("pthread_cond_timedwait", condWait(func(c *proc.Call) (time.Duration, bool) {
		ts := proc.Read[timespec](c, c.Arg(2))
		if ts == nil || ts.Nsec < 0 || ts.Nsec >= 1e9 {
			return 0, false
		}
		return max(time.Until(time.Unix(ts.Sec, ts.Nsec)), 0), true
	}))
	onAsync("pthread_once", func(c *proc.Call) {
		s := of(c)
		h := proc.At[handle](c, c.Arg(0))
		if h == nil {
			invalid(c)
			return
		}
		s.once(c, h)
	})
}

// once runs a function unless it has run; a second caller waits for the first.
func (s *State) once(c *proc.Call, h *handle) {
	for {
		s.mu.Lock()
		switch uint32(h.Sig) {
		case onceSigDone:
			s.mu.Unlock()
			return
		case onceSigInit:
			h.Sig = 1
			s.mu.Unlock()
			c.Guest(c.Arg(1))
			s.mu.Lock()
			h.Sig = onceSigDone
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

// duration converts a timespec; what does not fit is as long as possible.
func duration(t timespec) time.Duration {
	if t.Sec > 1<<32 {
		return 1 << 62
	}
	return time.Duration(t.Sec)*time.Second + time.Duration(t.Nsec)
}
