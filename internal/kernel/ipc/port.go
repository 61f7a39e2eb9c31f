package ipc

import (
	"sync"
	"sync/atomic"

	"github.com/gomach/mach"
)

// Port is a message queue with one receiver. Rights to it are held by names in
// spaces, by messages in transit, and by the kernel.
type Port struct {
	mu   sync.Mutex
	dead atomic.Bool // set under the lock, for good

	// Rights in existence, wherever they are held.
	srights  uint32
	sorights uint32
	mscount  uint32 // how often a send right was made since the last reset

	// Who receives. space is nil while the right is in a message (then dest is
	// the port that the message is queued on, if any) and for kernel ports.
	space *Space
	name  mach.MachPort
	dest  *Port

	id     uint32 // tells ports apart in listings
	kernel bool   // the kernel receives
	kind   mach.IPCInfoObjectType
	object any
	// noSenders is called, without locks, when the last send right to a kernel
	// port has gone.
	noSenders func(*Port)
	// unusedOnce is called, without locks, when a send-once right to a kernel
	// port was given up unused.
	unusedOnce func(*Port)
	// deaths are called, without locks, when the port has died.
	deaths map[*func()]struct{}

	// What the port was made as, fixed from then on.
	reply      bool // may stand where a reply port is asked for
	strict     bool // gives send-once rights to the reply fields of headers only
	wantsReply bool // messages to it must have a reply port to answer to

	flags   portFlags
	context uint64
	queue   queue
	sets    []*member

	nsRequest *Port     // send-once right for the no-senders notification
	pdRequest *Port     // send-once right for the port-destroyed notification
	requests  []request // dead-name and send-possible requests
}

type portFlags uint32

const (
	guarded portFlags = 1 << iota
	strictGuard
	immovableReceive
	immovableSend // no send right leaves the space that made it
	tempOwner
	impReceiver
	replyPort    // MPO_PROVISIONAL_REPLY_PORT, or strictReply
	strictReply  // MPO_REPLY_PORT
	kernelQueue  // a kernel port whose messages wait for the kernel to take them
	enforceReply // MPO_ENFORCE_REPLY_PORT_SEMANTICS
	forExceptions
)

// ports counts the ports ever made.
var ports atomic.Uint32

func newPort() *Port {
	p := &Port{id: ports.Add(1)}
	p.queue.init()
	return p
}

// NewKernelPort makes a port whose receive right the kernel holds, standing
// for obj. It has no send rights yet.
func NewKernelPort(kind mach.IPCInfoObjectType, obj any) *Port {
	p := newPort()
	p.kernel = true
	p.kind, p.object = kind, obj
	p.queue.limit = mach.MACH_PORT_QLIMIT_KERNEL
	return p
}

// hash is a number that tells ports apart.
func (p *Port) hash() uint32 {
	if p == nil {
		return 0
	}
	return p.id * 2654435761
}

// KObject returns what a kernel port stands for; IPC_OTYPE_NONE for a port of
// a task.
func (p *Port) KObject() (mach.IPCInfoObjectType, any) {
	if p == nil {
		return mach.IPC_OTYPE_NONE, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.kernel || p.dead.Load() {
		return mach.IPC_OTYPE_NONE, nil
	}
	return p.kind, p.object
}

// OnNoSenders has f called, without locks, each time the last send right to a
// kernel port goes.
func (p *Port) OnNoSenders(f func(*Port)) {
	p.mu.Lock()
	p.noSenders = f
	p.mu.Unlock()
}

// OnUnusedOnce has f called, without locks, each time a send-once right to a
// kernel port is given up without a message.
func (p *Port) OnUnusedOnce(f func(*Port)) {
	p.mu.Lock()
	p.unusedOnce = f
	p.mu.Unlock()
}

// OnDeath has f called, without locks, when the port has died, at once if it is
// dead. forget ends that; f may still be running then.
func (p *Port) OnDeath(f func()) (forget func()) {
	key := &f
	p.mu.Lock()
	dead := p.dead.Load()
	if !dead {
		if p.deaths == nil {
			p.deaths = map[*func()]struct{}{}
		}
		p.deaths[key] = struct{}{}
	}
	p.mu.Unlock()
	if dead {
		f()
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.deaths, key)
	}
}

// Immovable marks a kernel port as one whose send rights stay in the space
// that got them: what a task's own control port is on Darwin today.
func (p *Port) Immovable() {
	p.mu.Lock()
	p.flags |= immovableSend
	p.mu.Unlock()
}

// Stay makes the receive right one that cannot be moved.
func (p *Port) Stay() {
	p.mu.Lock()
	p.flags |= immovableReceive
	p.mu.Unlock()
}

// MayHandle reports whether the port may be an exception handler: not one that
// stays where it is, unless it was made for exceptions (osfmk/kern/ipc_tt.c,
// set_exception_ports_validation).
func (p *Port) MayHandle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flags&immovableSend == 0 && (p.flags&immovableReceive == 0 || p.flags&forExceptions != 0)
}

// Dead reports whether the receive right has gone.
func (p *Port) Dead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead.Load()
}

// MakeSend makes a send right for the holder of the receive right. It reports
// false if the port is dead.
func (p *Port) MakeSend() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead.Load() {
		return false
	}
	p.mscount++
	p.srights++
	return true
}

// CopySend makes another send right from one that the caller holds.
func (p *Port) CopySend() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead.Load() {
		return false
	}
	p.srights++
	return true
}

// MakeSendOnce makes a send-once right.
func (p *Port) MakeSendOnce() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead.Load() {
		return false
	}
	p.sorights++
	return true
}

// ReleaseSend gives a send right up.
func (p *Port) ReleaseSend() {
	if p == nil {
		return
	}
	var n notices
	p.mu.Lock()
	p.dropSend(&n)
	p.mu.Unlock()
	n.send()
}

// ReleaseSendOnce gives a send-once right up without using it, which its
// receiver is told.
func (p *Port) ReleaseSendOnce() {
	if p == nil {
		return
	}
	notifySendOnce(p)
}

// Destroy ends a kernel port: its names turn into dead names.
func (p *Port) Destroy() {
	if p == nil {
		return
	}
	var n notices
	p.destroy(&n)
	n.send()
}
