//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Notes of EVFILT_FS (xnu bsd/sys/mount.h). The others are of network file systems and of
// disks that fill up, of which the host does not tell.
const (
	fsMount   = 0x8
	fsUnmount = 0x10
	fsUpdate  = 0x100
)

// fsFilter is EVFILT_FS (xnu bsd/vfs/vfs_subr.c filt_fsattach).
type fsFilter struct{}

func (fsFilter) attach(k *kqueue, n *knote) (bool, proc.Errno) {
	n.flags |= evClear
	return false, k.state.mounts.watch(k, n)
}

func (fsFilter) touch(_ *kqueue, n *knote, e *event) (bool, proc.Errno) {
	n.wanted = e.Fflags
	return n.fflags != 0, 0
}

func (fsFilter) detach(k *kqueue, n *knote) { k.state.mounts.unwatch(n) }

func (fsFilter) process(_ *kqueue, n *knote, e *event) bool {
	e.Fflags = n.fflags
	return n.fflags != 0
}

// mounts tells knotes of file systems that come and go.
type mounts struct {
	mu    sync.Mutex // taken after a kqueue's
	table *os.File   // nil until needed
	notes map[*knote]*kqueue
}

func (m *mounts) watch(k *kqueue, n *knote) proc.Errno {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.table == nil {
		f, err := os.Open("/proc/self/mountinfo")
		if err != nil {
			return proc.ENOTSUP
		}
		m.table, m.notes = f, map[*knote]*kqueue{}
		go m.follow(int(f.Fd()), readMounts(f))
	}
	m.notes[n] = k
	return 0
}

func (m *mounts) unwatch(n *knote) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.notes, n)
}

// readMounts is the lines of the table, by their ids.
func readMounts(f *os.File) map[string]string {
	list := map[string]string{}
	var b []byte
	buf := make([]byte, 16<<10)
	for at := int64(0); ; {
		n, err := f.ReadAt(buf, at)
		b = append(b, buf[:max(n, 0)]...)
		at += int64(max(n, 0))
		if err != nil || n == 0 {
			break
		}
	}
	for line := range bytes.Lines(b) {
		id, rest, _ := bytes.Cut(line, []byte(" "))
		list[string(id)] = string(rest)
	}
	return list
}

func (m *mounts) follow(fd int, was map[string]string) {
	for {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}
		if _, err := unix.Poll(p, -1); err == unix.EINTR {
			continue
		} else if err != nil {
			return
		}
		is := readMounts(m.table)
		if hint := compareMounts(was, is); hint != 0 {
			m.tell(hint)
		}
		was = is
	}
}

func compareMounts(was, is map[string]string) (hint uint32) {
	for id, line := range is {
		if old, ok := was[id]; !ok {
			hint |= fsMount
		} else if old != line {
			hint |= fsUpdate
		}
	}
	for id := range was {
		if _, ok := is[id]; !ok {
			hint |= fsUnmount
		}
	}
	return hint
}

// tell makes the knotes active that want to know; one that names nothing wants to know all.
func (m *mounts) tell(hint uint32) {
	m.mu.Lock()
	var list []told
	for n, k := range m.notes {
		list = append(list, told{k, n, hint})
	}
	m.mu.Unlock()
	for _, t := range list {
		t.k.mu.Lock()
		if t.n.wanted == 0 || t.n.wanted&hint != 0 {
			t.n.fflags |= hint
			t.k.activate(t.n)
		}
		t.k.mu.Unlock()
	}
}
