//go:build linux && (amd64 || arm64)

package libsystem

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// PortWatch tells of messages to a port or a port set of the guest.
type PortWatch interface {
	// First is the name of the port whose message would be received now, 0 if there is none; gone
	// says that there will not be one.
	First() (name uint32, gone bool)
	// Edge says whether something has come, or the right has gone, since it was asked last.
	Edge() bool
	Stop()
}

// portFilter is EVFILT_MACHPORT (xnu osfmk/ipc/ipc_pset.c filt_machportattach and
// filt_machportprocess).
type portFilter struct{}

// receiveOptions are those that a knote may ask for.
const receiveOptions = mach.MACH_RCV_MSG | mach.MACH_RCV_LARGE | mach.MACH_RCV_LARGE_IDENTITY | mach.MACH_RCV_TRAILER_MASK | mach.MACH_RCV_VOUCHER

// portNote is what a knote has of its port.
type portNote struct {
	watch PortWatch
	woken chan struct{}
	quit  chan struct{}
}

func (portFilter) attach(k *kqueue, n *knote) (bool, proc.Errno) {
	kernel := k.state.Kernel
	if kernel == nil || n.key.ident > 1<<32-1 {
		return false, proc.ENOENT
	}
	p := &portNote{woken: make(chan struct{}, 1), quit: make(chan struct{})}
	var e proc.Errno
	p.watch, e = kernel.WatchPort(k.state.process, uint32(n.key.ident), func() {
		select {
		case p.woken <- struct{}{}:
		default:
		}
	})
	if e != 0 {
		return false, e
	}
	n.state = p
	go p.follow(k, n)
	name, gone := p.watch.First()
	return name != 0 || gone, 0
}

// portEdges looks at all ports that have not been looked at, so that what was sent before a call
// is seen by it; k.mu is held.
func (k *kqueue) portEdges() {
	for key, n := range k.notes {
		if key.filter == filterMach {
			k.portEdge(n)
		}
	}
}

// portEdge makes a knote active that may have something: process says whether it has.
func (k *kqueue) portEdge(n *knote) {
	if n.dropped || n.vanished || n.queued || n.disabled {
		return
	}
	if n.flags&evClear == 0 || n.state.(*portNote).watch.Edge() {
		k.activate(n)
	}
}

// follow makes the knote active when it is told to: who tells must not wait.
func (p *portNote) follow(k *kqueue, n *knote) {
	for {
		select {
		case <-p.woken:
			k.mu.Lock()
			k.portEdge(n)
			k.mu.Unlock()
		case <-p.quit:
			return
		}
	}
}

func (portFilter) touch(_ *kqueue, n *knote, e *event) (bool, proc.Errno) {
	if (n.wanted^e.Fflags)&uint32(mach.MACH_RCV_MSG) != 0 {
		return false, proc.EINVAL
	}
	n.wanted, n.ext = e.Fflags, e.Ext
	return true, 0
}

func (portFilter) detach(_ *kqueue, n *knote) {
	p := n.state.(*portNote)
	close(p.quit)
	p.watch.Stop()
}

func (portFilter) process(k *kqueue, n *knote, e *event) bool {
	name, gone := n.state.(*portNote).watch.First()
	if gone {
		if n.reportVanish {
			portFilter{}.detach(k, n)
			n.vanished = true
			e.Flags = evVanished | evOneshot
			return true
		}
		n.flags |= evEOF | evOneshot
		return true
	}
	if name == 0 {
		return false
	}
	e.Data = int64(name)
	if n.wanted&uint32(mach.MACH_RCV_MSG) == 0 {
		return true
	}
	// Receive it, without ever waiting.
	option := mach.MachMsgOption(n.wanted)&receiveOptions | mach.MACH_RCV_TIMEOUT
	at, room := n.ext[0], uint32(n.ext[1])
	kr := k.state.Kernel.Receive(k.caller, at, option, room, uint32(n.key.ident))
	if kr == mach.MACH_RCV_TIMED_OUT {
		return false // somebody else has it
	}
	e.Fflags, e.Data = uint32(kr), 0
	if kr == mach.MACH_RCV_TOO_LARGE && option&mach.MACH_RCV_LARGE_IDENTITY != 0 {
		e.Data = int64(name)
	}
	e.Ext[1] = received(k.state.process, at, kr)
	return true
}

// received is how much stands in a buffer: a message and its trailer.
func received(p *proc.Process, at uint64, kr mach.KernReturn) uint64 {
	word := func(at uint64) uint64 { return p.Peek(at) & 0xffffffff }
	size := word(at + 4)
	if kr != mach.MACH_MSG_SUCCESS {
		return size
	}
	return size + word(at+(size+3)&^3+4)
}

// ports says whether something of the kqueue is answered by the Mach kernel, which may take its
// time.
func (k *kqueue) ports() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key := range k.notes {
		if key.filter == filterMach {
			return true
		}
	}
	return false
}
