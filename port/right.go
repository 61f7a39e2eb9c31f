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
	none kind = iota // of a zero right
	send
	sendOnce
	receive
	set
)

// right owns one right. Everybody who hands its name to the kernel is a user
// for that time; a Close meanwhile takes effect when the last user is done, so
// that no call ever sees a name that was released and given out again.
type right struct {
	// state is the name in the lower half, the number of users in bits 32 to
	// 61, a flag that it is lent in bit 62, and a closed flag in bit 63. A
	// closed right with a name in it waits for its last user; a lent one has
	// none and may get it back.
	state atomic.Uint64
	kind  kind
	guard uint64 // of a receive right

	mu     sync.Mutex             // of making the waiter
	waiter atomic.Pointer[waiter] // of a receive right or set, once somebody has waited
	member atomic.Pointer[member] // of a receive right that somebody waits for in a Loop
}

const (
	oneUser  = 1 << 32
	isLent   = 1 << 62
	isClosed = 1 << 63
	users    = isLent - oneUser
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

// enter is use for a right that is never lent, not nil: it joins first and looks then,
// in one step less. Whoever is not let in leaves by unuse, as those who are, and drops
// the right if the last user has left meanwhile.
func (r *right) enter() (mach.MachPort, bool) {
	s := r.state.Add(oneUser)
	return mach.MachPort(s), int64(s) > 0 && uint32(s) != 0
}

func (r *right) unuse() {
	if s := r.state.Add(^uint64(oneUser - 1)); s&isClosed != 0 {
		r.left(s)
	}
}

// left is called by users of a closed right who are done: the last one drops
// it. Who joins now leaves at once. Without a name it was taken, but a waiter may have
// been made since.
func (r *right) left(s uint64) {
	if s&users == 0 && r.state.CompareAndSwap(s, isClosed) {
		r.drop(mach.MachPort(s))
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
		r.member.Load().wakeAll()
		return nil
	}
}

// take moves the name out: the right owns nothing from then on.
//
// Those who are using it go on with the name. For a send right the taker gets a
// reference of its own then, and theirs goes when they are done; receivers are
// called back, and what they still do with the name fails.
func (r *right) take() (mach.MachPort, bool) {
	if r == nil {
		return 0, false
	}
	for {
		s := r.state.Load()
		if s&isClosed != 0 || uint32(s) == mach.MACH_PORT_NULL {
			return 0, false
		}
		name, n := mach.MachPort(s), s&users|isClosed
		shared := s&users != 0 && r.kind == send && name != mach.MACH_PORT_DEAD
		if shared {
			if addReference(name) != nil {
				return 0, false
			}
			n = s | isClosed
		}
		if !r.state.CompareAndSwap(s, n) {
			if shared {
				deallocate(name)
			}
			continue
		}
		r.member.Load().wakeAll()
		switch w := r.waiter.Load(); {
		case w == nil:
		case s&users != 0: // the last of them takes it down
			w.wakeAll()
		case r.waiter.CompareAndSwap(w, nil):
			w.retire()
		}
		return name, true
	}
}

// addReference adds a reference to a send right, or to the dead name that it
// has become.
func addReference(name mach.MachPort) error {
	self := mach.MachTaskSelf()
	err := mach.MachPortModRefs(self, name, mach.MACH_PORT_RIGHT_SEND, 1)
	if err != nil {
		err = mach.MachPortModRefs(self, name, mach.MACH_PORT_RIGHT_DEAD_NAME, 1)
	}
	return err
}

// lend takes the name out for one call that may use the right up: giveBack or
// spend must follow. Meanwhile nobody else can use it. A right with users is
// not lent.
func (r *right) lend() (mach.MachPort, bool) {
	if r == nil {
		return 0, false
	}
	s := r.state.Load()
	if s&^(1<<32-1) != 0 || s == 0 || !r.state.CompareAndSwap(s, isLent) {
		return 0, false
	}
	return mach.MachPort(s), true
}

// giveBack ends a lend that used nothing up. If the right was closed meanwhile
// it is released.
func (r *right) giveBack(name mach.MachPort) {
	if !r.state.CompareAndSwap(isLent, uint64(name)) {
		r.drop(name)
	}
}

// spend ends a lend that used the right up.
func (r *right) spend() { r.state.Store(isClosed) }

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
