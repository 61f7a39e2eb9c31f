package task

import (
	"sync/atomic"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
)

// handle owns one reference to a send right. A Close while calls are under way
// takes effect when the last is done, so that no call sees a name that was
// given out again.
type handle struct {
	// state is the name in the lower half, the number of calls under way in
	// bits 32 to 61, a flag in bit 62 that somebody has made it, and one in bit 63
	// that it was closed.
	state atomic.Uint64
}

const (
	oneUser  = 1 << 32
	isMade   = 1 << 62
	isClosed = 1 << 63
	users    = isMade - oneUser
)

func (h *handle) init(name mach.MachPort) { h.state.Store(isMade | uint64(name)) }

func (h *handle) name() mach.MachPort {
	if s := h.state.Load(); s&isClosed == 0 {
		return mach.MachPort(s)
	}
	return mach.MACH_PORT_NULL
}

// use returns the name for one call; done must follow. what is the owner's type,
// for the error.
func (h *handle) use(what string) (mach.MachPort, error) {
	for {
		s := h.state.Load()
		switch {
		case s&isClosed != 0:
			return 0, unusable.New("task", what, unusable.Closed)
		case s&isMade == 0:
			return 0, unusable.New("task", what, unusable.Zero)
		case uint32(s) == 0:
			return 0, unusable.New("task", what, unusable.Null)
		}
		if h.state.CompareAndSwap(s, s+oneUser) {
			return mach.MachPort(s), nil
		}
	}
}

func (h *handle) done() {
	for {
		s := h.state.Load()
		n := s - oneUser
		last := n&isClosed != 0 && n&users == 0
		if last {
			n = isClosed
		}
		if h.state.CompareAndSwap(s, n) {
			if last {
				release(mach.MachPort(s))
			}
			return
		}
	}
}

func (h *handle) close() error {
	for {
		s := h.state.Load()
		if s&isClosed != 0 {
			return nil
		}
		n := s | isClosed
		if s&users == 0 {
			n = isClosed
		}
		if h.state.CompareAndSwap(s, n) {
			if s&users == 0 {
				return release(mach.MachPort(s))
			}
			return nil
		}
	}
}

// take moves the name out.
func (h *handle) take() mach.MachPort {
	for {
		s := h.state.Load()
		if s&isClosed != 0 {
			return mach.MACH_PORT_NULL
		}
		// The calls that are under way go on with a name that is the new
		// owner's to keep: nothing is left here for done to release.
		if h.state.CompareAndSwap(s, s&users|isClosed) {
			return mach.MachPort(s)
		}
	}
}

// release gives a reference back.
func release(name mach.MachPort) error {
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return nil
	}
	return failed("mach_port_deallocate", mach.MachPortDeallocate(mach.MachTaskSelf(), name))
}
