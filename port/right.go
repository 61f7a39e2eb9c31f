package port

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/gomach/mach"
)

// kind says how a right is released.
type kind uint8

const (
	send kind = iota
	sendOnce
	receive
	set
)

// right owns one right. Everybody who hands its name to the kernel is a user
// for that time; a Close meanwhile takes effect when the last user is done, so
// that no call ever sees a name that was released and given out again.
type right struct {
	// state is the name in the lower half, the number of users in bits 32 to
	// 62, and a closed flag in bit 63. A closed right with a name in it waits
	// for its last user.
	state atomic.Uint64
	kind  kind
	guard uint64 // of a receive right

	mu     sync.Mutex             // of making the waiter
	waiter atomic.Pointer[waiter] // of a receive right or set, once somebody has waited
}

const (
	oneUser  = 1 << 32
	isClosed = 1 << 63
	users    = isClosed - oneUser
)

func (r *right) init(k kind, name mach.MachPort, guard uint64) {
	r.kind, r.guard = k, guard
	r.state.Store(uint64(name))
}

// name is what the right is called while it is owned.
func (r *right) name() mach.MachPort {
	if r == nil {
		return mach.MACH_PORT_NULL
	}
	s := r.state.Load()
	if s&isClosed != 0 {
		return mach.MACH_PORT_NULL
	}
	return mach.MachPort(s)
}

// use returns the name for one call; unuse must follow.
func (r *right) use() (mach.MachPort, bool) {
	if r == nil {
		return 0, false
	}
	for {
		s := r.state.Load()
		if s&isClosed != 0 || uint32(s) == mach.MACH_PORT_NULL {
			return 0, false
		}
		if r.state.CompareAndSwap(s, s+oneUser) {
			return mach.MachPort(s), true
		}
	}
}

func (r *right) unuse() error {
	for {
		s := r.state.Load()
		n := s - oneUser
		last := n&isClosed != 0 && n&users == 0 && uint32(n) != 0
		if last {
			n = isClosed
		}
		if r.state.CompareAndSwap(s, n) {
			if last {
				return r.drop(mach.MachPort(s))
			}
			return nil
		}
	}
}

// close gives the right up: at once, or when the last user is done.
func (r *right) close() error {
	if r == nil {
		return nil
	}
	for {
		s := r.state.Load()
		if s&isClosed != 0 {
			return nil
		}
		n := s | isClosed
		if s&users == 0 {
			n = isClosed
		}
		if !r.state.CompareAndSwap(s, n) {
			continue
		}
		if s&users == 0 {
			return r.drop(mach.MachPort(s))
		}
		if w := r.waiter.Load(); w != nil {
			w.wakeAll()
		}
		return nil
	}
}

// take moves the name out: the right owns nothing from then on. Users go on
// with the name, which its new owner must know to be alive.
func (r *right) take() (mach.MachPort, bool) {
	if r == nil {
		return 0, false
	}
	for {
		s := r.state.Load()
		if s&isClosed != 0 || uint32(s) == mach.MACH_PORT_NULL {
			return 0, false
		}
		if !r.state.CompareAndSwap(s, s&users|isClosed) {
			continue
		}
		if w := r.waiter.Swap(nil); w != nil {
			w.retire()
		}
		return mach.MachPort(s), true
	}
}

// giveBack undoes a take that nobody else saw the result of.
func (r *right) giveBack(name mach.MachPort) { r.state.Store(uint64(name)) }

// drop releases the right.
func (r *right) drop(name mach.MachPort) error {
	if w := r.waiter.Swap(nil); w != nil {
		defer w.retire()
	}
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return nil
	}
	self := mach.MachTaskSelf()
	switch r.kind {
	case receive:
		return failed("mach_port_destruct", mach.MachPortDestruct(self, name, 0, r.guard))
	case set:
		return failed("mach_port_mod_refs", mach.MachPortModRefs(self, name, mach.MACH_PORT_RIGHT_PORT_SET, -1))
	}
	return failed("mach_port_deallocate", mach.MachPortDeallocate(self, name))
}

// background is the context of those who pass nil.
func background(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// newGuard is a value that nobody passes by mistake.
func newGuard() uint64 { return rand.Uint64() | 1 }
