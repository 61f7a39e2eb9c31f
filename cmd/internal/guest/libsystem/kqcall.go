//go:build linux && (amd64 || arm64)

package libsystem

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// kevent is the struct of kevent; that of kevent64 is an event.
type kevent struct {
	Ident  uint64
	Filter int16
	Flags  uint16
	Fflags uint32
	Data   int64
	Udata  uint64
}

const (
	keventImmediate   = 0x1 // KEVENT_FLAG_IMMEDIATE
	keventErrorEvents = 0x2 // KEVENT_FLAG_ERROR_EVENTS
	mostEvents        = 1 << 16
)

// keventCall is a call of kevent or kevent64.
type keventCall struct {
	c                 *proc.Call
	k                 *kqueue
	wide              bool // kevent64
	changes, events   uint64
	nChanges, nEvents int
	flags             uint32
	timeout           uint64
}

func init() {
	on("kqueue", func(c *proc.Call) {
		k, err := newKqueue(of(c))
		if err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		addFile(c, &file{host: k.epoll, kq: k, slow: true}, false)
	})
	on("kevent", func(c *proc.Call) {
		(&keventCall{c: c, changes: c.Arg(1), nChanges: c.Int(2), events: c.Arg(3), nEvents: c.Int(4), timeout: c.Arg(5)}).do()
	})
	on("kevent64", func(c *proc.Call) {
		(&keventCall{c: c, wide: true, changes: c.Arg(1), nChanges: c.Int(2), events: c.Arg(3), nEvents: c.Int(4), flags: c.Uint32(5), timeout: c.Arg(6)}).do()
	})
}

// get reads a change; what only the system sets does not count.
func (q *keventCall) get(i int) (e event, ok bool) {
	if q.wide {
		p := proc.Read[event](q.c, q.changes+uint64(unsafe.Sizeof(e))*uint64(i))
		if p == nil {
			return e, false
		}
		e = *p
	} else {
		p := proc.Read[kevent](q.c, q.changes+uint64(unsafe.Sizeof(kevent{}))*uint64(i))
		if p == nil {
			return e, false
		}
		e = event{Ident: p.Ident, Filter: p.Filter, Flags: p.Flags, Fflags: p.Fflags, Data: p.Data, Udata: p.Udata}
	}
	e.Flags &^= evSystem
	return e, true
}

func (q *keventCall) put(i int, e event) bool {
	if q.wide {
		p := proc.At[event](q.c, q.events+uint64(unsafe.Sizeof(e))*uint64(i))
		if p != nil {
			*p = e
		}
		return p != nil
	}
	p := proc.At[kevent](q.c, q.events+uint64(unsafe.Sizeof(kevent{}))*uint64(i))
	if p != nil {
		*p = kevent{e.Ident, e.Filter, e.Flags, e.Fflags, e.Data, e.Udata}
	}
	return p != nil
}

// register applies the change list and reports errors and receipts (kevent_internal).
func (q *keventCall) register() (reported int, e proc.Errno) {
	q.k.mu.Lock()
	defer q.k.mu.Unlock()
	for i := range q.nChanges {
		ev, ok := q.get(i)
		if !ok {
			return reported, proc.EFAULT
		}
		if err := q.k.register(&ev); err != 0 {
			ev.Flags |= evError
			ev.Data = int64(err)
		}
		if reported < q.nEvents && ev.Flags&(evError|evReceipt) != 0 {
			if ev.Flags&evError == 0 {
				ev.Flags |= evError
				ev.Data = 0
			}
			if !q.put(reported, ev) {
				return reported, proc.EFAULT
			}
			reported++
		} else if ev.Flags&evError != 0 {
			return reported, proc.Errno(ev.Data)
		}
	}
	return reported, 0
}

func (q *keventCall) do() {
	c := q.c
	d := of(c).fds.get(c.Int(0))
	if d == nil || d.kq == nil {
		c.Fail(proc.EBADF)
		return
	}
	q.k = d.kq
	if q.nChanges < 0 || q.nEvents < 0 || q.nEvents > mostEvents || q.nChanges > mostEvents || q.flags&^(keventImmediate|keventErrorEvents) != 0 {
		c.Fail(proc.EINVAL)
		return
	}
	deadline, forever, e := q.deadline()
	if e != 0 {
		c.Fail(e)
		return
	}
	if q.aboutPorts() {
		c.Block(func() {
			if !q.start(deadline, forever) {
				q.finish(deadline, forever)
			}
		})
		return
	}
	if !q.start(deadline, forever) {
		c.Block(func() { q.finish(deadline, forever) })
	}
}

// aboutPorts says whether the call goes to the Mach kernel, which may be in another process.
func (q *keventCall) aboutPorts() bool {
	for i := range q.nChanges {
		if e, ok := q.get(i); ok && e.Filter == filterMach {
			return true
		}
	}
	return q.k.ports()
}

// start applies the changes and looks once what there is; true: the call is answered.
func (q *keventCall) start(deadline time.Time, forever bool) bool {
	c := q.c
	if q.nChanges > 0 {
		q.k.state.vnodes.drain() // what has happened so far is for what was asked so far
	}
	n, e := q.register()
	if e != 0 {
		c.Fail(e)
		return true
	}
	c.ReturnInt(n)
	return n > 0 || q.nEvents == 0 || q.flags&keventErrorEvents != 0 || q.scan(deadline, forever)
}

func (q *keventCall) finish(deadline time.Time, forever bool) {
	for !q.wait(deadline, forever) || !q.scan(deadline, forever) {
	}
}

// deadline reads the timeout (kevent_get_timeout).
func (q *keventCall) deadline() (t time.Time, forever bool, e proc.Errno) {
	switch {
	case q.flags&keventImmediate != 0:
		return t, false, 0
	case q.timeout == 0:
		return t, true, 0
	}
	ts := proc.Read[timespec](q.c, q.timeout)
	switch {
	case ts == nil:
		return t, false, proc.EFAULT
	case ts.Sec < 0 || ts.Nsec < 0 || ts.Nsec >= 1e9:
		return t, false, proc.EINVAL
	case ts.Sec > 1<<31:
		return t, true, 0
	}
	return time.Now().Add(duration(*ts)), false, 0
}

// scan answers the call if there are events or the time is over.
func (q *keventCall) scan(deadline time.Time, forever bool) bool {
	if !q.k.enter() {
		q.c.Fail(proc.EBADF)
		return true
	}
	defer q.k.leave()
	q.k.state.vnodes.drain()
	out := q.k.scan(q.nEvents, q.c.Thread)
	for i, e := range out {
		if !q.put(i, e) {
			q.c.Fail(proc.EFAULT)
			return true
		}
	}
	q.c.ReturnInt(len(out))
	return len(out) > 0 || !forever && !time.Now().Before(deadline)
}

// wait returns when something may have happened, or the time is over.
func (q *keventCall) wait(deadline time.Time, forever bool) bool {
	if !q.k.enter() {
		return true // scan says so
	}
	defer q.k.leave()
	ms := -1
	if !forever {
		ms = int(min(max((time.Until(deadline)+time.Millisecond-1)/time.Millisecond, 0), 1<<30))
	}
	var ev [1]unix.EpollEvent
	_, err := unix.EpollWait(q.k.epoll, ev[:], ms)
	return err != unix.EINTR
}
