//go:build linux && (amd64 || arm64)

package libsystem

import "github.com/gomach/mach/cmd/internal/guest/proc"

// Flags of EVFILT_USER.
const (
	noteTrigger  = 0x01000000
	noteFFAnd    = 0x40000000
	noteFFOr     = 0x80000000
	noteFFCopy   = 0xc0000000
	noteFFLags   = 0x00ffffff
	noteFFAction = 0xc0000000
)

// userFilter is EVFILT_USER (filt_userattach, filt_usertouch, filt_userprocess).
type userFilter struct{}

func (userFilter) attach(_ *kqueue, n *knote) (bool, proc.Errno) {
	if n.wanted&noteTrigger != 0 {
		n.count = 1
	}
	return n.count != 0, 0
}

func (userFilter) touch(_ *kqueue, n *knote, e *event) (bool, proc.Errno) {
	bits := e.Fflags & noteFFLags
	switch e.Fflags & noteFFAction {
	case noteFFAnd:
		n.wanted &= bits
	case noteFFOr:
		n.wanted |= bits
	case noteFFCopy:
		n.wanted = bits
	}
	n.data = e.Data
	if e.Fflags&noteTrigger != 0 {
		n.count = 1
	}
	return n.count != 0, 0
}

func (userFilter) detach(*kqueue, *knote) {}

func (userFilter) process(_ *kqueue, n *knote, e *event) bool {
	if n.count == 0 {
		return false
	}
	e.Fflags, e.Data = n.wanted, n.data
	if n.flags&evClear != 0 {
		n.count = 0
	}
	return true
}
