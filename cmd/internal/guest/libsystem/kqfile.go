//go:build linux && (amd64 || arm64)

package libsystem

import (
	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// noteLowat asks to be told only of so much input, or space for output.
const noteLowat = 0x1

// readFilter and writeFilter are EVFILT_READ and EVFILT_WRITE: an edge of the host's makes a
// knote active, and what is reported is how things are then.
type (
	readFilter  struct{}
	writeFilter struct{}
)

// edges makes the knotes active whose descriptors have had an edge; k.mu is held.
func (k *kqueue) edges() {
	var evs [64]unix.EpollEvent
	for _, epoll := range []int{k.input, k.out} {
		filter := int16(filterRead)
		if epoll == k.out {
			filter = filterWrite
		}
		for {
			n, err := unix.EpollWait(epoll, evs[:], 0)
			for i := range max(n, 0) {
				k.edge(uint64(evs[i].Fd), filter)
			}
			if err == unix.EINTR {
				continue
			}
			if n < len(evs) {
				break
			}
		}
	}
}

func (k *kqueue) edge(ident uint64, filter int16) {
	key := noteKey{ident: ident, filter: filter}
	if n := k.notes[key]; n != nil {
		k.activate(n)
	}
	if k.armed[armKey{int32(ident), filter == filterWrite}] > 1 || k.notes[key] == nil {
		for other, n := range k.notes {
			if other.unique && other.ident == ident && other.filter == filter {
				k.activate(n)
			}
		}
	}
}

// arm has the host tell of a descriptor's edges, for one knote more.
func (k *kqueue) arm(n *knote) (active bool, e proc.Errno) {
	output := n.key.filter == filterWrite
	key := armKey{int32(n.key.ident), output}
	if k.armed[key]++; k.armed[key] > 1 {
		return true, 0
	}
	epoll, events := k.input, uint32(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLET)
	if output {
		epoll, events = k.out, unix.EPOLLOUT|unix.EPOLLET
	}
	err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, n.file.host, &unix.EpollEvent{Events: events, Fd: int32(n.key.ident)})
	if err != nil {
		delete(k.armed, key)
		return false, proc.FromHost(err)
	}
	return false, 0 // an edge comes at once if there is something
}

func (k *kqueue) disarm(n *knote) {
	output := n.key.filter == filterWrite
	key := armKey{int32(n.key.ident), output}
	if k.armed[key] == 0 {
		return
	}
	if k.armed[key]--; k.armed[key] > 0 {
		return
	}
	delete(k.armed, key)
	epoll := k.input
	if output {
		epoll = k.out
	}
	_ = unix.EpollCtl(epoll, unix.EPOLL_CTL_DEL, n.file.host, nil)
}

// plain says whether a knote is about a regular file, which an epoll descriptor does not
// take; others that it does not take are an error (xnu bsd/vfs/vfs_vnops.c vn_kqfilter and
// bsd/miscfs/specfs/spec_vnops.c filt_specattach).
func (n *knote) plain() (yes, device bool, e proc.Errno) {
	var st unix.Stat_t
	if err := unix.Fstat(n.file.host, &st); err != nil {
		return false, false, proc.FromHost(err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return true, false, 0
	case unix.S_IFDIR, unix.S_IFBLK, unix.S_IFLNK:
		return false, false, proc.EINVAL
	case unix.S_IFCHR:
		return false, true, 0
	}
	return false, false, 0
}

func attachFile(k *kqueue, n *knote) (active bool, e proc.Errno) {
	plain, device, e := n.plain()
	if e != 0 {
		return false, e
	}
	if n.file.kq != nil && n.key.filter != filterRead {
		return false, proc.EINVAL // kqueue_kqfilter
	}
	if n.file.kq == k {
		return false, 62 // ELOOP
	}
	if !plain {
		active, e = k.arm(n)
		if e == proc.EPERM && device { // the null device: it is always ready
			if n.wanted&noteLowat == 0 || n.data != 1 {
				return false, proc.EINVAL
			}
			return true, 0
		}
		return active, e
	}
	if n.key.filter == filterRead {
		_, e = k.state.vnodes.watch(k, n)
	}
	return true, e
}

func detachFile(k *kqueue, n *knote) {
	k.disarm(n)
	k.state.vnodes.unwatch(n)
}

func touchFile(n *knote, e *event) (bool, proc.Errno) {
	n.wanted, n.data = e.Fflags, e.Data
	return true, 0
}

func (readFilter) attach(k *kqueue, n *knote) (bool, proc.Errno)           { return attachFile(k, n) }
func (readFilter) touch(_ *kqueue, n *knote, e *event) (bool, proc.Errno)  { return touchFile(n, e) }
func (readFilter) detach(k *kqueue, n *knote)                              { detachFile(k, n) }
func (writeFilter) attach(k *kqueue, n *knote) (bool, proc.Errno)          { return attachFile(k, n) }
func (writeFilter) touch(_ *kqueue, n *knote, e *event) (bool, proc.Errno) { return touchFile(n, e) }
func (writeFilter) detach(k *kqueue, n *knote)                             { detachFile(k, n) }

// condition is what poll says of a descriptor now.
func condition(host int, events int16) int16 {
	p := []unix.PollFd{{Fd: int32(host), Events: events}}
	for {
		if _, err := unix.Poll(p, 0); err != unix.EINTR {
			return p[0].Revents
		}
	}
}

// failure is a socket's pending error, which stays.
func failure(f *file, e *event) {
	if !f.socket {
		return
	}
	if v, err := unix.GetsockoptInt(f.host, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && v != 0 {
		e.Fflags = uint32(proc.FromHost(unix.Errno(v)))
	}
}

func (readFilter) process(k *kqueue, n *knote, e *event) bool {
	f := n.file
	if plain, device, _ := n.plain(); plain {
		var st unix.Stat_t
		at, err := unix.Seek(f.host, 0, 1)
		if err != nil || unix.Fstat(f.host, &st) != nil {
			return false
		}
		e.Data = st.Size - at
		return e.Data != 0
	} else if device && k.armed[armKey{int32(n.key.ident), false}] == 0 {
		e.Data = 1
		return true
	}
	is := condition(f.host, unix.POLLIN|unix.POLLRDHUP)
	if is == 0 {
		return false
	}
	if f.kq != nil {
		e.Data = int64(f.kq.pending())
		return true
	}
	if v, err := unix.IoctlGetInt(f.host, unix.TIOCINQ); err == nil {
		e.Data = int64(v)
	} else if is&unix.POLLIN != 0 {
		e.Data = 1 // a listening socket: at least one connection
	}
	if is&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0 {
		e.Flags |= evEOF
		if is&unix.POLLERR != 0 {
			failure(f, e)
		}
		return true
	}
	return n.wanted&noteLowat == 0 || e.Data >= n.data
}

func (writeFilter) process(k *kqueue, n *knote, e *event) bool {
	f := n.file
	if k.armed[armKey{int32(n.key.ident), true}] == 0 { // a file or the null device
		e.Data = 1
		return true
	}
	is := condition(f.host, unix.POLLOUT)
	if is == 0 {
		return false
	}
	e.Data = max(sendRoom(f), 1)
	if is&(unix.POLLHUP|unix.POLLERR) != 0 {
		e.Flags |= evEOF
		if is&unix.POLLERR != 0 {
			failure(f, e)
		}
		return true
	}
	return n.wanted&noteLowat == 0 || e.Data >= n.data
}

// sendRoom is how much can be written without waiting.
func sendRoom(f *file) int64 {
	if f.socket {
		size, err := unix.GetsockoptInt(f.host, unix.SOL_SOCKET, unix.SO_SNDBUF)
		used, err2 := unix.IoctlGetInt(f.host, unix.TIOCOUTQ)
		if err == nil && err2 == nil {
			return int64(size - used)
		}
		return 1
	}
	size, err := unix.FcntlInt(uintptr(f.host), unix.F_GETPIPE_SZ, 0)
	used, err2 := unix.IoctlGetInt(f.host, unix.TIOCINQ)
	if err == nil && err2 == nil {
		return int64(size - used)
	}
	return 1
}

// pending is how many knotes wait to be looked at.
func (k *kqueue) pending() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.edges()
	return max(len(k.queue), 1)
}
