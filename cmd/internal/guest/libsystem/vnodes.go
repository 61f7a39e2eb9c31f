//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// vnodes tells knotes what happens to files: the process's one inotify instance. Linux tells
// less than Darwin does, so each file is looked at again: what has changed of its size, links
// and mode says which notes there are.
type vnodes struct {
	draining sync.Mutex // taken first: while it is held, events are read and told
	mu       sync.Mutex // taken after a kqueue's
	inotify  int        // 0 until needed
	quit     int        // an eventfd that ends the reader
	ended    chan struct{}
	watches  map[int32]*vnodeWatch
	notes    map[*knote]*vnodeWatch
}

// vnodeWatch is one file that is watched.
type vnodeWatch struct {
	wd     int32
	fd     int // a handle on it; -1 where it is watched for its children alone
	dir    bool
	last   unix.Stat_t
	gone   bool
	notes  map[*knote]*kqueue
	parent *vnodeWatch
	inside map[*vnodeWatch]bool // directories in it that are watched
}

const (
	fileEvents   = unix.IN_MODIFY | unix.IN_ATTRIB | unix.IN_MOVE_SELF | unix.IN_DELETE_SELF
	dirEvents    = unix.IN_ATTRIB | unix.IN_MOVE_SELF | unix.IN_DELETE_SELF | unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
	parentEvents = unix.IN_DELETE | unix.IN_MOVED_TO | unix.IN_MASK_ADD | unix.IN_ONLYDIR
)

// start opens the instance; v.mu is held.
func (v *vnodes) start() error {
	if v.inotify != 0 {
		return nil
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return err
	}
	v.inotify = fd
	v.watches, v.notes = map[int32]*vnodeWatch{}, map[*knote]*vnodeWatch{}
	quit, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		_ = unix.Close(fd)
		v.inotify = 0
		return err
	}
	v.quit, v.ended = quit, make(chan struct{})
	go func() {
		defer close(v.ended)
		for {
			p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(quit), Events: unix.POLLIN}}
			if _, err := unix.Poll(p, -1); err != nil && err != unix.EINTR || p[1].Revents != 0 {
				return
			}
			v.drain()
		}
	}()
	return nil
}

// stop ends the instance; nothing is watched any more.
func (v *vnodes) stop() {
	v.mu.Lock()
	started, quit := v.inotify != 0, v.quit
	v.mu.Unlock()
	if !started {
		return
	}
	_, _ = unix.Write(quit, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	<-v.ended
	v.mu.Lock()
	defer v.mu.Unlock()
	_, _ = unix.Close(v.inotify), unix.Close(quit)
	v.inotify = 0
}

// watch begins to tell a knote; its kqueue is locked. The hint is what has become of the file's
// name while it began, of which nothing else tells.
func (v *vnodes) watch(k *kqueue, n *knote) (hint uint32, e proc.Errno) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.start(); err != nil {
		return 0, proc.ENOMEM
	}
	name := "/proc/self/fd/" + itoa(n.file.host)
	// A handle of our own: the descriptor would keep the file's locks beyond the guest's close.
	fd, err := unix.Open(name, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, proc.FromHost(err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		_ = unix.Close(fd)
		return 0, proc.FromHost(err)
	}
	dir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	events := uint32(fileEvents)
	if dir {
		events = dirEvents
	}
	wd, err := unix.InotifyAddWatch(v.inotify, name, events)
	if err != nil {
		_ = unix.Close(fd)
		return 0, proc.ENOMEM // the host has no more of them
	}
	w := v.watches[int32(wd)]
	if w == nil {
		w = &vnodeWatch{wd: int32(wd), fd: -1, notes: map[*knote]*kqueue{}, inside: map[*vnodeWatch]bool{}}
		v.watches[w.wd] = w
	}
	if w.fd < 0 {
		w.fd, w.dir, w.last = fd, dir, st
		v.watchParent(w)
		hint = w.compare(0)
	} else {
		_ = unix.Close(fd)
	}
	w.notes[n] = k
	v.notes[n] = w
	return hint, 0
}

// watchParent watches the directory that a directory is in: nothing else tells of its removal
// while somebody has it open.
func (v *vnodes) watchParent(w *vnodeWatch) {
	if p := w.parent; p != nil {
		w.parent = nil
		delete(p.inside, w)
		v.release(p)
	}
	if !w.dir {
		return
	}
	path, err := os.Readlink("/proc/self/fd/" + itoa(w.fd))
	if err != nil || path == "/" || !filepath.IsAbs(path) {
		return
	}
	wd, err := unix.InotifyAddWatch(v.inotify, filepath.Dir(path), parentEvents)
	if err != nil {
		return
	}
	p := v.watches[int32(wd)]
	if p == nil {
		p = &vnodeWatch{wd: int32(wd), fd: -1, dir: true, notes: map[*knote]*kqueue{}, inside: map[*vnodeWatch]bool{}}
		v.watches[p.wd] = p
	}
	w.parent = p
	p.inside[w] = true
}

// unwatch ends what watch began; the kqueue is locked.
func (v *vnodes) unwatch(n *knote) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.notes[n]
	if w == nil {
		return
	}
	delete(v.notes, n)
	delete(w.notes, n)
	v.release(w)
}

// release drops a watch that nobody needs.
func (v *vnodes) release(w *vnodeWatch) {
	if len(w.notes) > 0 {
		return
	}
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
		w.fd = -1
	}
	if p := w.parent; p != nil {
		w.parent = nil
		delete(p.inside, w)
		v.release(p)
	}
	if len(w.inside) == 0 && v.watches[w.wd] == w {
		delete(v.watches, w.wd)
		_, _ = unix.InotifyRmWatch(v.inotify, uint32(w.wd))
	}
}

// told is what a knote is to be told.
type told struct {
	k    *kqueue
	n    *knote
	hint uint32
}

// drain tells what has happened until now. No kqueue may be locked.
func (v *vnodes) drain() {
	v.draining.Lock()
	defer v.draining.Unlock()
	v.mu.Lock()
	if v.inotify == 0 {
		v.mu.Unlock()
		return
	}
	var all []told
	buf := make([]byte, 16<<10)
	for {
		n, err := unix.Read(v.inotify, buf)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 {
			break
		}
		// A rename is two events, and the second may be on its way: a directory that is
		// renamed looks like one that has gone without it.
		if n <= len(buf)-roomForMove && endsInMove(buf[:n]) {
			p := []unix.PollFd{{Fd: int32(v.inotify), Events: unix.POLLIN}}
			_, _ = unix.Poll(p, moveWait)
			if more, err := unix.Read(v.inotify, buf[n:]); err == nil && more > 0 {
				n += more
			}
		}
		all = v.read(buf[:n], all)
	}
	v.mu.Unlock()
	for _, t := range all {
		t.k.happened(t.n, t.hint)
	}
}

const (
	roomForMove = unix.SizeofInotifyEvent + unix.NAME_MAX + 1
	moveWait    = 20 // milliseconds, which what leaves for a folder that is not watched takes
)

// endsInMove tells whether the last event is of a directory that was moved away.
func endsInMove(b []byte) bool {
	var last inotifyEvent
	for {
		e, rest, ok := parseInotify(b)
		if !ok {
			return last.mask&unix.IN_MOVED_FROM != 0 && last.mask&unix.IN_ISDIR != 0
		}
		last, b = e, rest
	}
}

// inotifyEvent is one that was read.
type inotifyEvent struct {
	wd           int32
	mask, cookie uint32
	named        bool
}

// parseInotify takes one event from a buffer.
func parseInotify(b []byte) (e inotifyEvent, rest []byte, ok bool) {
	if len(b) < unix.SizeofInotifyEvent {
		return e, nil, false
	}
	le := binary.LittleEndian
	e = inotifyEvent{int32(le.Uint32(b)), le.Uint32(b[4:]), le.Uint32(b[8:]), le.Uint32(b[12:]) > 0}
	n := uint64(unix.SizeofInotifyEvent) + uint64(le.Uint32(b[12:]))
	if n > uint64(len(b)) {
		return e, nil, false
	}
	return e, b[n:], true
}

// read turns events into what is to be told; v.mu is held.
func (v *vnodes) read(b []byte, all []told) []told {
	for {
		e, rest, ok := parseInotify(b)
		if !ok {
			return all
		}
		b = rest
		if e.mask&unix.IN_Q_OVERFLOW != 0 {
			for _, w := range v.watches { // something: let everybody look
				all = w.tell(w.compare(unix.IN_MODIFY|unix.IN_ATTRIB), all)
			}
			continue
		}
		w := v.watches[e.wd]
		if w == nil {
			continue
		}
		if e.mask&unix.IN_IGNORED != 0 { // the file is no more
			delete(v.watches, e.wd)
			continue
		}
		next, _, more := parseInotify(b)
		stays := more && e.mask&unix.IN_MOVED_FROM != 0 && next.mask&unix.IN_MOVED_TO != 0 && next.wd == e.wd && next.cookie == e.cookie
		if stays {
			_, b, _ = parseInotify(b)
		}
		all = w.tell(w.hint(e, stays), all)
		if e.mask&(unix.IN_DELETE|unix.IN_MOVED_TO) != 0 && e.mask&unix.IN_ISDIR != 0 || stays {
			for child := range w.inside {
				all = child.tell(child.compare(0), all)
			}
		}
		if e.mask&unix.IN_MOVE_SELF != 0 {
			v.watchParent(w)
		}
	}
}

func (w *vnodeWatch) tell(hint uint32, all []told) []told {
	if hint == 0 {
		return all
	}
	for n, k := range w.notes {
		all = append(all, told{k, n, hint})
	}
	return all
}

// hint says what an event means (xnu bsd/vfs/kpi_vfs.c, what each VNOP posts).
func (w *vnodeWatch) hint(e inotifyEvent, stays bool) (h uint32) {
	if w.fd < 0 {
		return 0
	}
	if e.mask&unix.IN_UNMOUNT != 0 {
		h |= noteRevoke
	}
	if e.mask&unix.IN_MOVE_SELF != 0 {
		h |= noteRename
	}
	if e.named {
		// Of a directory's entries those count that come and go; a directory's own ".." is a link.
		if e.mask&(unix.IN_CREATE|unix.IN_DELETE|unix.IN_MOVED_FROM|unix.IN_MOVED_TO) != 0 {
			h |= noteWrite
			if e.mask&unix.IN_ISDIR != 0 && !stays {
				h |= noteLink
			}
		}
		return h
	}
	return h | w.compare(e.mask)
}

// compare finds what has changed of the file itself.
func (w *vnodeWatch) compare(mask uint32) (h uint32) {
	if w.fd < 0 || w.gone {
		return 0
	}
	was := w.last
	if unix.Fstat(w.fd, &w.last) != nil {
		return 0
	}
	is := w.last
	removed := is.Nlink < was.Nlink
	if w.dir { // its links are its subdirectories too
		removed = is.Nlink == 0 && was.Nlink > 0
		if !removed && mask&unix.IN_ATTRIB == 0 {
			path, err := os.Readlink("/proc/self/fd/" + itoa(w.fd))
			removed = err == nil && strings.HasSuffix(path, " (deleted)")
		}
	}
	switch {
	case removed:
		h |= noteDelete
		if !w.replaced() {
			h |= noteLink
		}
		w.gone = is.Nlink == 0 || w.dir
	case !w.dir && is.Nlink > was.Nlink:
		h |= noteLink
	}
	if mask&unix.IN_ATTRIB != 0 && (h == 0 || is.Mode != was.Mode || is.Uid != was.Uid || is.Gid != was.Gid) {
		h |= noteAttrib
	}
	if mask&unix.IN_MODIFY != 0 && !w.dir {
		switch {
		case is.Size > was.Size:
			h |= noteWrite | noteExtend
		case is.Size < was.Size:
			h |= noteAttrib // cut, which is a change of attributes
			if is.Size > 0 {
				h |= noteWrite // and perhaps written since
			}
		case is.Size == 0:
			h |= noteAttrib
		default:
			h |= noteWrite
		}
	}
	return h
}

// replaced says whether the file has lost its name to another one, of which Darwin's rename
// posts NOTE_DELETE alone (post_rename).
func (w *vnodeWatch) replaced() bool {
	path, err := os.Readlink("/proc/self/fd/" + itoa(w.fd))
	if err != nil {
		return false
	}
	var st unix.Stat_t
	return unix.Lstat(strings.TrimSuffix(path, " (deleted)"), &st) == nil && st.Ino != w.last.Ino
}

// unlocked tells that flock gave up a lock.
func (v *vnodes) unlocked(host int) {
	v.mu.Lock()
	var st unix.Stat_t
	var all []told
	if v.inotify != 0 && unix.Fstat(host, &st) == nil {
		for _, w := range v.watches {
			if w.fd >= 0 && w.last.Dev == st.Dev && w.last.Ino == st.Ino {
				all = w.tell(noteFunlock, all)
			}
		}
	}
	v.mu.Unlock()
	for _, t := range all {
		t.k.happened(t.n, t.hint)
	}
}
