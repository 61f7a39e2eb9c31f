//go:build linux && (amd64 || arm64)

package libsystem

import (
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Filters and flags of kqueue (xnu bsd/sys/event.h).
const (
	filterRead   = -1
	filterWrite  = -2
	filterVnode  = -4
	filterProc   = -5
	filterSignal = -6
	filterTimer  = -7
	filterMach   = -8
	filterFS     = -9
	filterUser   = -10
	filterCount  = 18 // EVFILT_SYSCOUNT: numbers from -18 to -1 are filters

	evAdd       = 0x1
	evDelete    = 0x2
	evEnable    = 0x4
	evDisable   = 0x8
	evOneshot   = 0x10
	evClear     = 0x20
	evReceipt   = 0x40
	evDispatch  = 0x80
	evUdata     = 0x100
	evVanished  = 0x200
	evDispatch2 = evDispatch | evUdata
	evSystem    = 0xf000 // what a program cannot set
	evEOF       = 0x8000
	evError     = 0x4000
)

// event is one entry of a change or event list, as kevent64 has it.
type event struct {
	Ident  uint64
	Filter int16
	Flags  uint16
	Fflags uint32
	Data   int64
	Udata  uint64
	Ext    [2]uint64
}

// filter is the part of a knote that depends on what it watches. All methods run with the
// kqueue locked.
type filter interface {
	// attach begins to watch; active says that there is something to report already.
	attach(k *kqueue, n *knote) (active bool, e proc.Errno)
	// touch takes a change of a knote that exists.
	touch(k *kqueue, n *knote, e *event) (active bool, err proc.Errno)
	detach(k *kqueue, n *knote)
	// process adds to the event what is to be reported; false: nothing after all.
	process(k *kqueue, n *knote, e *event) bool
}

// filters by number; none: the system has the filter no longer, or keeps it for itself.
var filters = map[int16]filter{
	filterRead: readFilter{}, filterWrite: writeFilter{}, filterVnode: vnodeFilter{}, filterProc: procFilter{},
	filterSignal: signalFilter{}, filterTimer: timerFilter{}, filterMach: portFilter{}, filterFS: fsFilter{}, filterUser: userFilter{},
}

// ofFile says whether a filter's ident is a descriptor.
func ofFile(filter int16) bool {
	return filter == filterRead || filter == filterWrite || filter == filterVnode
}

type noteKey struct {
	ident  uint64
	filter int16
	udata  uint64 // with EV_UDATA_SPECIFIC alone
	unique bool
}

// knote is a registration. The names follow xnu bsd/sys/event_private.h.
type knote struct {
	key    noteKey
	filter filter
	flags  uint16 // as registered, and what the filter adds
	wanted uint32 // kn_sfflags
	fflags uint32 // what has happened
	data   int64  // kn_sdata
	udata  uint64
	ext    [2]uint64

	active, queued, disabled, dropped bool
	reportVanish, vanished            bool
	deferDelete                       bool

	file  *file // of a descriptor
	count uint64
	state any // the filter's own
}

// kqueue follows xnu's bsd/kern/kern_event.c: knotes that something happened to stand in a
// queue, and when they are taken out the filter is asked whether it is still so.
type kqueue struct {
	state *State
	epoll int // what waiters wait for: ready has the three others
	input int // an epoll descriptor of edges: input
	out   int // the same for output
	kick  int // an eventfd, readable while the queue is not empty

	mu      sync.Mutex
	notes   map[noteKey]*knote
	queue   []*knote
	kicked  bool
	closed  bool
	waiters int
	caller  *proc.Thread   // who scans
	armed   map[armKey]int // registrations in input and out, by guest descriptor: how many knotes
}

type armKey struct {
	fd     int32
	output bool
}

func newKqueue(s *State) (*kqueue, error) {
	k := &kqueue{state: s, notes: map[noteKey]*knote{}, armed: map[armKey]int{}, epoll: -1, input: -1, out: -1, kick: -1}
	var err error
	for _, fd := range []*int{&k.epoll, &k.input, &k.out} {
		if err == nil {
			*fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		}
	}
	if err == nil {
		k.kick, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	}
	for _, fd := range []int{k.input, k.out, k.kick} {
		if err == nil {
			err = unix.EpollCtl(k.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
		}
	}
	if err != nil {
		k.release()
	}
	return k, err
}

func (k *kqueue) release() {
	for _, fd := range []int{k.epoll, k.input, k.out, k.kick} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// close ends the kqueue; who waits for it gets EBADF.
func (k *kqueue) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, n := range k.notes {
		k.drop(n)
	}
	k.closed = true
	k.signal(true)
	if k.waiters == 0 {
		k.release()
	}
}

// enter and leave stand around every wait, so that descriptors are not closed under it.
func (k *kqueue) enter() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return false
	}
	k.waiters++
	return true
}

func (k *kqueue) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waiters--; k.closed && k.waiters == 0 {
		k.release()
	}
}

// signal makes the kqueue's descriptor readable, or lets it be so only for edges.
func (k *kqueue) signal(on bool) {
	var b [8]byte
	if on && !k.kicked {
		b[0] = 1
		_, _ = unix.Write(k.kick, b[:])
	} else if !on && k.kicked {
		_, _ = unix.Read(k.kick, b[:])
	}
	k.kicked = on
}

// activate queues a knote that something has happened to.
func (k *kqueue) activate(n *knote) {
	if n.dropped {
		return
	}
	n.active = true
	k.enqueue(n)
}

func (k *kqueue) enqueue(n *knote) {
	if n.active && !n.queued && !n.disabled {
		n.queued = true
		k.queue = append(k.queue, n)
		k.signal(true)
	}
}

func (k *kqueue) dequeue(n *knote) {
	if !n.queued {
		return
	}
	n.queued = false
	for i, other := range k.queue {
		if other == n {
			k.queue = append(k.queue[:i:i], k.queue[i+1:]...)
			break
		}
	}
	k.signal(len(k.queue) > 0)
}

func (k *kqueue) drop(n *knote) {
	if n.dropped {
		return
	}
	n.dropped = true
	k.dequeue(n)
	if !n.vanished {
		n.filter.detach(k, n)
	}
	delete(k.notes, n.key)
}

// forget is told that a descriptor is about to be closed.
func (k *kqueue) forget(fd int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, n := range k.notes {
		if key.ident != uint64(fd) || !ofFile(key.filter) {
			continue
		}
		if n.reportVanish && !n.vanished {
			n.filter.detach(k, n)
			n.vanished, n.file = true, nil
			k.activate(n)
			continue
		}
		k.drop(n)
	}
}

// register applies one entry of a change list (kevent_register).
func (k *kqueue) register(e *event) proc.Errno {
	if e.Filter >= 0 || e.Filter < -filterCount {
		return proc.EINVAL
	}
	if e.Flags&evVanished != 0 && e.Flags&(evAdd|evDispatch2) != evAdd|evDispatch2 {
		return proc.EINVAL
	}
	if e.Flags&evDelete != 0 {
		e.Flags &^= evAdd
	}
	if e.Flags&evDisable != 0 {
		e.Flags &^= evEnable
	}
	key := noteKey{ident: e.Ident, filter: e.Filter}
	if e.Flags&evUdata != 0 {
		key.unique, key.udata = true, e.Udata
	}
	n := k.notes[key]
	active := false
	switch {
	case n == nil && e.Flags&evAdd == 0:
		return proc.ENOENT
	case n == nil:
		var err proc.Errno
		if n, active, err = k.attach(key, e); err != 0 {
			return err
		}
	case e.Flags&evDelete != 0:
		if e.Flags&evEnable == 0 && n.flags&evDispatch2 == evDispatch2 && n.disabled {
			n.deferDelete = true
			return errInProgress
		}
		k.drop(n)
		return 0
	default:
		if n.deferDelete || n.vanished {
			active = e.Flags&evEnable != 0
		} else {
			var err proc.Errno
			if active, err = n.filter.touch(k, n, e); err != 0 {
				return err
			}
		}
		n.udata = e.Udata
		if e.Flags&evDisable != 0 && !n.disabled {
			n.disabled = true
			k.dequeue(n)
		}
	}
	if e.Flags&evEnable != 0 {
		n.disabled = false
	}
	n.active = n.active || active
	k.enqueue(n)
	return 0
}

const errInProgress proc.Errno = 36

// attach makes a knote.
func (k *kqueue) attach(key noteKey, e *event) (n *knote, active bool, err proc.Errno) {
	n = &knote{key: key, filter: filters[e.Filter], flags: e.Flags &^ evVanished, wanted: e.Fflags, data: e.Data, udata: e.Udata, ext: e.Ext,
		disabled: e.Flags&evDisable != 0, reportVanish: e.Flags&evVanished != 0}
	if ofFile(e.Filter) {
		if e.Ident >= maxFiles {
			return nil, false, proc.EBADF
		}
		if n.file = k.state.fds.get(int(e.Ident)); n.file == nil {
			return nil, false, proc.EBADF
		}
	}
	if n.filter == nil {
		return nil, false, proc.ENOTSUP // filt_no_attach
	}
	if active, err = n.filter.attach(k, n); err != 0 {
		return nil, false, err
	}
	k.notes[key] = n
	return n, active, 0
}

// scan reports up to so many events, each knote at most once (knote_process).
func (k *kqueue) scan(limit int, caller *proc.Thread) (out []event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.caller = caller
	k.edges()
	k.portEdges()
	turn := k.queue
	k.queue = nil
	for i, n := range turn {
		if len(out) == limit {
			k.queue = append(turn[i:len(turn):len(turn)], k.queue...)
			break
		}
		n.queued, n.active = false, false
		e := event{Ident: n.key.ident, Filter: n.key.filter, Udata: n.udata}
		if n.deferDelete || n.vanished {
			e.Flags = evDispatch2 | evOneshot | evVanished
			if n.deferDelete {
				e.Flags ^= evVanished | evDelete
			}
		} else {
			e.Ext = n.ext
			if !n.filter.process(k, n, &e) {
				continue
			}
			if n.vanished { // it has just been found out
				e = event{Ident: e.Ident, Filter: e.Filter, Udata: e.Udata, Flags: evDispatch2 | evOneshot | evVanished}
			} else {
				e.Flags |= n.flags
			}
			if n.flags&evClear != 0 {
				n.fflags = 0
			}
		}
		out = append(out, e)
		switch {
		case e.Flags&evOneshot != 0:
			if n.flags&evDispatch2 == evDispatch2 && !n.deferDelete && !n.vanished {
				n.deferDelete, n.disabled = true, true
			} else {
				k.drop(n)
			}
		case n.flags&evDispatch != 0:
			n.active, n.disabled = true, true
		case n.flags&evClear == 0:
			k.activate(n) // there may be more of it
		}
	}
	k.signal(len(k.queue) > 0)
	return out
}
