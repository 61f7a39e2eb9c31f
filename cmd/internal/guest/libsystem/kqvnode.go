//go:build linux && (amd64 || arm64)

package libsystem

import (
	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Notes of EVFILT_VNODE.
const (
	noteDelete  = 0x1
	noteWrite   = 0x2
	noteExtend  = 0x4
	noteAttrib  = 0x8
	noteLink    = 0x10
	noteRename  = 0x20
	noteRevoke  = 0x40
	noteFunlock = 0x100
)

// vnodeFilter is EVFILT_VNODE (xnu bsd/vfs/vfs_vnops.c filt_vnode_common).
type vnodeFilter struct{}

func (vnodeFilter) attach(k *kqueue, n *knote) (bool, proc.Errno) {
	var st unix.Stat_t
	if n.file.kq != nil || unix.Fstat(n.file.host, &st) != nil {
		return false, proc.EINVAL
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFSOCK:
		return false, proc.EINVAL
	case unix.S_IFIFO:
		if n.file.path == "" { // a pipe
			return false, proc.EINVAL
		}
	}
	hint, e := k.state.vnodes.watch(k, n)
	n.fflags = n.wanted & hint
	return n.fflags != 0, e
}

func (vnodeFilter) touch(_ *kqueue, n *knote, e *event) (bool, proc.Errno) {
	n.wanted = e.Fflags
	return n.fflags != 0, 0
}

func (vnodeFilter) detach(k *kqueue, n *knote) { k.state.vnodes.unwatch(n) }

func (vnodeFilter) process(_ *kqueue, n *knote, e *event) bool {
	e.Fflags = n.fflags
	return n.fflags != 0 || n.flags&evEOF != 0
}

// happened tells a knote what has become of its file: one of EVFILT_VNODE, or one of
// EVFILT_READ on a regular file.
func (k *kqueue) happened(n *knote, hint uint32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n.dropped || n.vanished {
		return
	}
	if hint&noteRevoke != 0 {
		n.flags |= evEOF | evOneshot
	}
	if n.key.filter == filterVnode {
		n.fflags |= n.wanted & hint
		if n.fflags == 0 && n.flags&evEOF == 0 {
			return
		}
	}
	k.activate(n)
}
