//go:build linux && (amd64 || arm64)

package libsystem

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/guest/proc"
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
	filterUser   = -10

	evAdd      = 0x1
	evDelete   = 0x2
	evEnable   = 0x4
	evDisable  = 0x8
	evOneshot  = 0x10
	evClear    = 0x20
	evReceipt  = 0x40
	evDispatch = 0x80
	evEOF      = 0x8000
	evError    = 0x4000

	noteTrigger  = 0x01000000
	noteExit     = 0x80000000
	noteSeconds  = 0x1
	noteUseconds = 0x2
	noteNseconds = 0x4
	noteAbsolute = 0x8
)

// kevent is the guest's struct of 32 bytes.
type kevent struct {
	Ident  uint64
	Filter int16
	Flags  uint16
	Fflags uint32
	Data   int64
	Udata  uint64
}

type knoteKey struct {
	ident  uint64
	filter int16
}

type knote struct {
	kevent
	off   bool // disabled
	fired bool // user, timer, process: an event waits
	count int64
	timer *time.Timer
	plain bool // a regular file: always ready
}

// kqueue is built on an epoll descriptor for files and an eventfd for all else.
type kqueue struct {
	mu    sync.Mutex
	epoll int
	kick  int
	notes map[knoteKey]*knote
	armed map[int32]bool // host registrations, by guest descriptor
	state *State
}

func newKqueue(s *State) (*kqueue, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	ev, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(ep)
		return nil, err
	}
	k := &kqueue{epoll: ep, kick: ev, notes: map[knoteKey]*knote{}, armed: map[int32]bool{}, state: s}
	return k, unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, ev, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1})
}

// wake makes a waiting kevent look at the notes that are not files.
func (k *kqueue) wake() { _, _ = unix.Write(k.kick, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// forget drops the notes of a descriptor that is about to be closed.
func (k *kqueue) forget(fd, host int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.notes, knoteKey{uint64(fd), filterRead})
	delete(k.notes, knoteKey{uint64(fd), filterWrite})
	delete(k.notes, knoteKey{uint64(fd), filterVnode})
	if k.armed[int32(fd)] {
		delete(k.armed, int32(fd))
		_ = unix.EpollCtl(k.epoll, unix.EPOLL_CTL_DEL, host, nil)
	}
}

// arm tells epoll what is wanted of a descriptor now.
func (k *kqueue) arm(fd int) proc.Errno {
	f := k.state.fds.get(fd)
	if f == nil {
		return proc.EBADF
	}
	var events uint32
	edge := true
	for filter, bits := range map[int16]uint32{filterRead: unix.EPOLLIN | unix.EPOLLRDHUP, filterWrite: unix.EPOLLOUT} {
		if n := k.notes[knoteKey{uint64(fd), filter}]; n != nil && !n.off {
			events |= bits
			edge = edge && n.Flags&evClear != 0
		}
	}
	op := unix.EPOLL_CTL_ADD
	switch {
	case events == 0 && !k.armed[int32(fd)]:
		return 0
	case events == 0:
		delete(k.armed, int32(fd))
		return proc.FromHost(unix.EpollCtl(k.epoll, unix.EPOLL_CTL_DEL, f.host, nil))
	case k.armed[int32(fd)]:
		op = unix.EPOLL_CTL_MOD
	}
	if edge {
		events |= unix.EPOLLET
	}
	err := unix.EpollCtl(k.epoll, op, f.host, &unix.EpollEvent{Events: events, Fd: int32(fd)})
	if err == unix.EPERM { // regular files and directories: always ready
		for _, filter := range []int16{filterRead, filterWrite} {
			if n := k.notes[knoteKey{uint64(fd), filter}]; n != nil {
				n.plain, n.fired = true, true
			}
		}
		k.wake()
		return 0
	}
	if err == nil {
		k.armed[int32(fd)] = true
	}
	return proc.FromHost(err)
}

// change applies one entry of the change list.
func (k *kqueue) change(c *proc.Call, e kevent) proc.Errno {
	key := knoteKey{e.Ident, e.Filter}
	n := k.notes[key]
	if n == nil {
		if e.Flags&evAdd == 0 {
			return proc.ENOENT
		}
		switch e.Filter {
		case filterRead, filterWrite, filterUser, filterTimer, filterSignal, filterProc, filterVnode:
		default:
			return proc.ENOTSUP
		}
		if (e.Filter == filterRead || e.Filter == filterWrite || e.Filter == filterVnode) && k.state.fds.get(int(e.Ident)) == nil {
			return proc.EBADF
		}
		n = &knote{kevent: e}
		k.notes[key] = n
	}
	switch {
	case e.Flags&evDelete != 0:
		if n.timer != nil {
			n.timer.Stop()
		}
		delete(k.notes, key)
	case e.Flags&evAdd != 0:
		n.Flags, n.Udata, n.Data = e.Flags, e.Udata, e.Data
		n.off = e.Flags&evDisable != 0
		if e.Filter != filterUser {
			n.Fflags = e.Fflags
		}
	default:
		if e.Flags&evDisable != 0 {
			n.off = true
		}
		if e.Flags&evEnable != 0 {
			n.off = false
		}
	}
	switch e.Filter {
	case filterRead, filterWrite:
		return k.arm(int(e.Ident))
	case filterUser:
		if e.Fflags&noteTrigger != 0 {
			n.fired = true
			k.wake()
		}
	case filterTimer:
		if e.Flags&evAdd != 0 {
			k.startTimer(c, n)
		}
	case filterProc:
		if e.Flags&evAdd != 0 {
			return k.watchProcess(n)
		}
	}
	return 0
}

func (k *kqueue) startTimer(c *proc.Call, n *knote) {
	if n.timer != nil {
		n.timer.Stop()
	}
	unit := time.Millisecond
	switch {
	case n.Fflags&noteSeconds != 0:
		unit = time.Second
	case n.Fflags&noteUseconds != 0:
		unit = time.Microsecond
	case n.Fflags&noteNseconds != 0:
		unit = time.Nanosecond
	}
	d := max(time.Duration(n.Data)*unit, 1)
	if n.Fflags&noteAbsolute != 0 {
		d = max(time.Until(time.Unix(0, int64(time.Duration(n.Data)*unit))), 1)
	}
	var fire func()
	fire = func() {
		k.mu.Lock()
		n.fired = true
		n.count++
		again := n.Flags&(evOneshot) == 0 && n.Fflags&noteAbsolute == 0 && k.notes[knoteKey{n.Ident, n.Filter}] == n
		if again {
			n.timer = time.AfterFunc(d, fire)
		}
		k.mu.Unlock()
		k.wake()
	}
	n.timer = time.AfterFunc(d, fire)
}

// watchProcess reports the end of a child.
func (k *kqueue) watchProcess(n *knote) proc.Errno {
	fd, err := unix.PidfdOpen(int(n.Ident), 0)
	if err != nil {
		return proc.ESRCH
	}
	go func() {
		defer unix.Close(fd)
		for {
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != unix.EINTR {
				break
			}
		}
		k.mu.Lock()
		n.fired = true
		k.mu.Unlock()
		k.wake()
	}()
	return 0
}

// collect takes up to max events that are ready; it waits at most so many milliseconds.
func (k *kqueue) collect(limit, ms int) (out []kevent, err error) {
	evs := make([]unix.EpollEvent, max(limit, 1)+1)
	n, err := unix.EpollWait(k.epoll, evs, ms)
	if err != nil && err != unix.EINTR {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range max(n, 0) {
		ev := evs[i]
		if ev.Fd < 0 {
			var b [8]byte
			_, _ = unix.Read(k.kick, b[:])
			continue
		}
		if ev.Events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			out = k.report(out, limit, knoteKey{uint64(ev.Fd), filterRead}, ev.Events)
		}
		if ev.Events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			out = k.report(out, limit, knoteKey{uint64(ev.Fd), filterWrite}, ev.Events)
		}
	}
	left := false
	for key, note := range k.notes {
		if !note.fired || note.off {
			continue
		}
		if len(out) >= limit {
			left = true
			break
		}
		e := note.kevent
		e.Flags &^= evAdd | evEnable
		switch key.filter {
		case filterTimer:
			e.Data = note.count
			note.count = 0
		case filterProc:
			e.Fflags, e.Flags = noteExit, e.Flags|evEOF|evOneshot
			delete(k.notes, key)
		}
		out = append(out, e)
		if note.Flags&evClear != 0 || key.filter == filterTimer {
			note.fired = false
		} else if key.filter == filterUser {
			left = true
		}
		k.after(key, note)
	}
	if left {
		k.wake() // someone must look again
	}
	return out, nil
}

// after applies what a note's flags say about its having been reported.
func (k *kqueue) after(key knoteKey, n *knote) {
	if n.Flags&evOneshot != 0 {
		delete(k.notes, key)
	} else if n.Flags&evDispatch != 0 {
		n.off = true
	} else {
		return
	}
	if key.filter == filterRead || key.filter == filterWrite {
		_ = k.arm(int(key.ident))
	}
}

func (k *kqueue) report(out []kevent, limit int, key knoteKey, events uint32) []kevent {
	n := k.notes[key]
	if n == nil || n.off || len(out) >= limit {
		return out
	}
	e := n.kevent
	e.Flags &^= evAdd | evEnable
	e.Fflags, e.Data = 0, 1
	f := k.state.fds.get(int(key.ident))
	if f == nil {
		return out
	}
	if key.filter == filterRead {
		if v, err := unix.IoctlGetInt(f.host, unix.TIOCINQ); err == nil {
			e.Data = int64(v)
		}
		if events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			e.Flags |= evEOF
		}
	} else if events&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		e.Flags |= evEOF
	}
	if events&unix.EPOLLERR != 0 && f.socket {
		if v, err := unix.GetsockoptInt(f.host, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && v != 0 {
			e.Fflags = uint32(proc.FromHost(unix.Errno(v)))
		}
	}
	out = append(out, e)
	k.after(key, n)
	return out
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
	on("kevent", callKevent)
}

func callKevent(c *proc.Call) {
	d := of(c).fds.get(c.Int(0))
	if d == nil || d.kq == nil {
		c.Fail(proc.EBADF)
		return
	}
	k := d.kq
	nChanges, nEvents := c.Int(2), c.Int(4)
	if nChanges < 0 || nEvents < 0 || nEvents > 1<<16 || nChanges > 1<<16 {
		c.Fail(proc.EINVAL)
		return
	}
	events := c.Arg(3)
	put := func(i int, e kevent) bool {
		p := proc.At[kevent](c, events+32*uint64(i))
		if p != nil {
			*p = e
		}
		return p != nil
	}
	used := 0
	k.mu.Lock()
	for i := range nChanges {
		p := proc.Read[kevent](c, c.Arg(1)+32*uint64(i))
		if p == nil {
			k.mu.Unlock()
			c.Fail(proc.EFAULT)
			return
		}
		e := *p
		if err := k.change(c, e); err != 0 || e.Flags&evReceipt != 0 {
			e.Flags, e.Data = evError, int64(err)
			if used < nEvents && put(used, e) {
				used++
			} else if err != 0 {
				k.mu.Unlock()
				c.Fail(err)
				return
			}
		}
	}
	k.mu.Unlock()
	if used > 0 || nEvents == 0 {
		c.ReturnInt(used)
		return
	}
	deadline := time.Time{}
	if c.Arg(5) != 0 {
		ts := proc.Read[timespec](c, c.Arg(5))
		if ts == nil {
			c.Fail(proc.EFAULT)
			return
		}
		deadline = time.Now().Add(duration(*ts))
	}
	// poll answers the call if there are events or the time is over.
	poll := func(ms int) bool {
		out, err := k.collect(nEvents, ms)
		if err != nil {
			c.Fail(proc.FromHost(err))
			return true
		}
		for i, e := range out {
			if !put(i, e) {
				c.Fail(proc.EFAULT)
				return true
			}
		}
		c.ReturnInt(len(out))
		return len(out) > 0 || !deadline.IsZero() && !time.Now().Before(deadline)
	}
	if poll(0) {
		return
	}
	c.Block(func() {
		for {
			ms := -1
			if !deadline.IsZero() {
				ms = int(min(max((time.Until(deadline)+time.Millisecond-1)/time.Millisecond, 0), 1<<30))
			}
			if poll(ms) {
				return
			}
		}
	})
}
