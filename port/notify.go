package port

import (
	"context"
	"errors"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
)

// Notification is one of [DeadName], [SendPossible], [NoSenders],
// [PortDestroyed] and [Cancelled].
type Notification interface{ notification() }

// DeadName says that the port behind a send right has died.
type DeadName struct{ Send *Send }

// SendPossible says that a port whose queue was full has room, or has died.
type SendPossible struct{ Send *Send }

// NoSenders says that there is no send right to a port any more.
type NoSenders struct {
	Receive *Receive
	// MakeSend is how many send rights had been made so far: if it is less
	// than the port's count now, new ones have been made since.
	MakeSend uint32
}

// PortDestroyed brings back a receive right that was about to be destroyed
// wherever it had travelled to. The handler owns it.
type PortDestroyed struct{ Receive *Receive }

// Cancelled says that a watched send right was released, or its notification
// was taken over by another request: no more will come.
type Cancelled struct{ Of Notification }

func (DeadName) notification()      {}
func (SendPossible) notification()  {}
func (NoSenders) notification()     {}
func (PortDestroyed) notification() {}
func (Cancelled) notification()     {}

// Notifier asks the kernel for notifications and hands them on as Go values.
// It owns the ports that they come to. Each notification comes once; ask again
// for the next.
type Notifier struct {
	set    *Set
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	watches map[mach.MachPort]*watch // by the name of the notification port
	closed  bool
	asks    sync.WaitGroup // requests that are being made
}

// watch is one request.
type watch struct {
	port  *Receive
	of    Notification
	right *right // what is watched
	name  mach.MachPort
	msgid int32
	// previous is the send-once right of the request that this one displaced.
	previous mach.MachPort
	// withdrawn is the send-once right of the request that was there when this
	// one was withdrawn: its own, or a later watcher's.
	withdrawn mach.MachPort
}

// NewNotifier starts a notifier that calls f with each notification, one after
// the other, on a goroutine of its own. f may ask for the next one, but must
// not close the notifier. The caller closes it.
//
// Mach calls: mach_port_allocate and mach_port_construct, and mach_msg as long
// as it runs.
func NewNotifier(f func(Notification)) (*Notifier, error) {
	set, err := NewSet()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &Notifier{set: set, cancel: cancel, done: make(chan struct{}), watches: map[mach.MachPort]*watch{}}
	go func() {
		defer close(n.done)
		var m Received
		defer m.Close()
		for n.set.Receive(ctx, &m) == nil {
			if x := n.decode(&m); x != nil && f != nil {
				f(x)
			}
		}
	}()
	return n, nil
}

// NewNotifierChannel is [NewNotifier] with a channel, which is closed when the
// notifier is. It holds room notifications; when it is full, the next wait in
// the kernel.
func NewNotifierChannel(room int) (*Notifier, <-chan Notification, error) {
	c := make(chan Notification, max(0, room))
	stop := make(chan struct{})
	n, err := NewNotifier(func(x Notification) {
		select {
		case c <- x:
		case <-stop:
			if d, ok := x.(PortDestroyed); ok {
				d.Receive.Close()
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	cancel := n.cancel
	n.cancel = sync.OnceFunc(func() { close(stop); cancel() })
	go func() {
		<-n.done
		close(c)
	}()
	return n, c, nil
}

// Close cancels the requests and releases the ports. It waits for the function
// that handles a notification just now. A second Close does nothing.
//
// Mach calls: mach_port_request_notification, mach_port_destruct.
func (n *Notifier) Close() error {
	if n == nil || n.set == nil {
		return nil
	}
	n.mu.Lock()
	closed := n.closed
	n.closed = true
	n.mu.Unlock()
	if closed {
		return nil
	}
	n.asks.Wait()
	n.cancel()
	<-n.done
	n.end()
	return n.set.Close()
}

// DeadName asks for word when the port behind s dies; at once if it is dead.
// Closing s cancels the request ([Cancelled]). The kernel keeps one such request,
// or one of [Notifier.SendPossible], for all of a task's references to a send
// right. A notifier that takes the place of an earlier watcher passes the death
// on to it; one that is displaced by somebody who does not is told so by
// [Cancelled].
//
// Mach calls: mach_port_construct, mach_port_insert_member,
// mach_port_request_notification.
func (n *Notifier) DeadName(s *Send) error {
	err := n.ask(s, DeadName{s}, mach.MACH_NOTIFY_DEAD_NAME, 1)
	if errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		// Of a name that is dead already only the other request brings word
		// (xnu osfmk/ipc/ipc_right.c, ipc_right_request_alloc).
		err = n.ask(s, DeadName{s}, mach.MACH_NOTIFY_SEND_POSSIBLE, 1)
	}
	return err
}

// SendPossible asks for word when the queue behind s, which a send has found
// full, has room, or the port dies. It is armed at once: with room in the queue
// word comes at once.
//
// Mach calls: those of [Notifier.DeadName].
func (n *Notifier) SendPossible(s *Send) error {
	return n.ask(s, SendPossible{s}, mach.MACH_NOTIFY_SEND_POSSIBLE, 1)
}

// NoSenders asks for word when the last send right to r's port goes. If there
// is none now word comes at once, but only if there ever was one: make the
// first send right before you ask, or ask after it was made.
//
// Mach calls: those of [Notifier.DeadName], mach_port_get_attributes.
func (n *Notifier) NoSenders(r *Receive) error {
	status, err := r.Status()
	if err != nil {
		return err
	}
	// With a count that is not reached yet the kernel waits for the next
	// right to be made and to go.
	sync := max(1, status.MpsMscount)
	return n.ask(r, NoSenders{Receive: r}, mach.MACH_NOTIFY_NO_SENDERS, sync)
}

// PortDestroyed asks for r's receive right instead of its destruction, also
// after it has moved to another task. Closing r brings it back, too. There is
// one such request for a port, which cannot be taken back:
// [mach.KERN_FAILURE].
//
// Mach calls: those of [Notifier.DeadName].
func (n *Notifier) PortDestroyed(r *Receive) error {
	return n.ask(r, PortDestroyed{}, mach.MACH_NOTIFY_PORT_DESTROYED, 0)
}

// notUsable says why the notifier takes no requests.
func (n *Notifier) notUsable() error {
	state := unusable.Closed
	switch {
	case n == nil:
		state = unusable.Nil
	case n.set == nil:
		state = unusable.Zero
	}
	return unusable.New("port", "Notifier", state)
}

// ask makes a port for one notification and requests it.
func (n *Notifier) ask(o owner, of Notification, msgid int32, sync uint32) error {
	if n == nil || n.set == nil {
		return n.notUsable()
	}
	r := o.right()
	name, ok := r.use()
	if !ok {
		return notUsable(o)
	}
	defer r.unuse()
	p, err := NewReceive()
	if err != nil {
		return err
	}
	w := &watch{port: p, of: of, right: r, name: name, msgid: msgid}
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		p.Close()
		return n.notUsable()
	}
	n.watches[p.Name()] = w
	n.asks.Add(1)
	n.mu.Unlock()
	defer n.asks.Done()
	if err = n.set.Insert(p); err == nil {
		var previous mach.MachPort
		previous, err = displace(name, msgid, sync, p.Name(), mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
		n.mu.Lock()
		waits := n.watches[p.Name()] == w
		if waits {
			w.previous, previous = previous, mach.MACH_PORT_NULL
		}
		n.mu.Unlock()
		w.passOn(previous) // the notification came first
	}
	if err != nil {
		n.mu.Lock()
		delete(n.watches, p.Name())
		n.mu.Unlock()
		p.Close()
	}
	return err
}

// decode makes a value of a message and ends its watch. Messages of another
// form give nil.
func (n *Notifier) decode(m *Received) Notification {
	n.mu.Lock()
	w := n.watches[m.Port()]
	delete(n.watches, m.Port())
	n.mu.Unlock()
	if w == nil {
		return nil
	}
	defer w.port.Close()
	defer w.passOn(w.previous)
	d := m.Data()
	switch m.ID() {
	case mach.MACH_NOTIFY_DEAD_NAME, mach.MACH_NOTIFY_SEND_POSSIBLE:
		if m.ID() == mach.MACH_NOTIFY_DEAD_NAME && len(d) >= ndrSize+4 {
			// The notification holds a reference to the dead name.
			deallocate(mach.MachPort(le.Uint32(d[ndrSize:])))
		}
		return w.of
	case mach.MACH_NOTIFY_NO_SENDERS:
		if of, ok := w.of.(NoSenders); ok && len(d) >= ndrSize+4 {
			of.MakeSend = le.Uint32(d[ndrSize:])
			return of
		}
	case mach.MACH_NOTIFY_PORT_DESTROYED:
		if r, err := m.TakeReceive(0); err == nil {
			return PortDestroyed{r}
		}
	case mach.MACH_NOTIFY_PORT_DELETED, mach.MACH_NOTIFY_SEND_ONCE:
		return Cancelled{w.of}
	}
	return nil
}
