package port

import (
	"context"
	"time"

	"github.com/gomach/mach"
)

// A notifier that closes first takes its requests back and then looks what has
// come: a notification that is destroyed with its port loses the reference to
// the dead name that it holds.

// underWay bounds the wait for the notification of a name that is dead already.
// The kernel sends it in the operation that killed the port; only a later
// watcher that holds the request, and passes on nothing, leaves it out.
const underWay = time.Second

// end takes all requests back, handles what has come meanwhile, and releases the
// ports.
func (n *Notifier) end() {
	for _, w := range n.watches {
		if name, ok := w.right.use(); ok {
			defer w.right.unuse()
			// It fails for a port's destruction, which cannot be taken back, and
			// for a dead name.
			w.withdrawn, _ = displace(name, w.msgid, 0, mach.MACH_PORT_NULL, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
		}
	}
	n.drain()
	for _, w := range n.watches {
		w.port.Close()
	}
	// With the port closed its own send-once right is told from another
	// watcher's: it is a dead name.
	for _, w := range n.watches {
		w.passOn(w.previous)
		w.passOn(w.withdrawn)
	}
	clear(n.watches)
}

// drain handles what has come, and what is to come for names that are dead.
func (n *Notifier) drain() {
	var m Received
	for n.set.TryReceive(&m) == nil {
		n.drop(&m)
	}
	if !n.awaits() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), underWay)
	defer cancel()
	for n.awaits() && n.set.Receive(ctx, &m) == nil {
		n.drop(&m)
	}
}

// drop handles a notification that nobody hears of any more.
func (n *Notifier) drop(m *Received) {
	if d, ok := n.decode(m).(PortDestroyed); ok {
		d.Receive.Close()
	}
}

// awaits reports whether the notification of a dead name can still come: the
// right to send it exists.
func (n *Notifier) awaits() bool {
	for _, w := range n.watches {
		if !chained(w.msgid) || w.withdrawn != mach.MACH_PORT_NULL || !is(w.name, mach.MACH_PORT_TYPE_DEAD_NAME) {
			continue
		}
		if s, err := w.port.Status(); err == nil && s.MpsSorights > 0 {
			return true
		}
	}
	return false
}
