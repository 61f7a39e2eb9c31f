package port

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gomach/mach"
)

// waiter lets receivers of one port or set wait such that they can be called
// back: they receive from a set that has a second port in it, whose messages
// mean that somebody should look up.
type waiter struct {
	set     mach.MachPort
	ownsSet bool
	wake    right

	mu      sync.Mutex
	waiting *token // list of those who wait
	idle    *token // to be used again
	posted  bool   // a message is on its way to the wake-up port
	retired bool   // the last one who waits takes the ports down
	buf     buffer
}

// token stands for one call that waits.
type token struct {
	next, prev *token
	due        bool
}

// newWaiter makes one for a port, or for a set.
func newWaiter(k kind, name mach.MachPort) (*waiter, error) {
	w := new(waiter)
	if err := w.wake.construct(new(mach.MachPortOptions)); err != nil {
		return nil, err
	}
	self := mach.MachTaskSelf()
	if k == set {
		w.set = name
	} else {
		if err := mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_PORT_SET, &w.set); err != nil {
			w.wake.close()
			return nil, failed("mach_port_allocate", err)
		}
		w.ownsSet = true
		if err := mach.MachPortInsertMember(self, name, w.set); err != nil {
			w.free()
			return nil, failed("mach_port_insert_member", err)
		}
	}
	if err := mach.MachPortInsertMember(self, w.wake.name(), w.set); err != nil {
		w.free()
		return nil, failed("mach_port_insert_member", err)
	}
	return w, nil
}

func (w *waiter) free() {
	w.wake.close()
	if w.ownsSet {
		mach.MachPortModRefs(mach.MachTaskSelf(), w.set, mach.MACH_PORT_RIGHT_PORT_SET, -1)
	}
}

// retire takes the ports down, after the last one who waits.
func (w *waiter) retire() {
	w.mu.Lock()
	w.retired = true
	idle := w.waiting == nil
	w.mu.Unlock()
	if idle {
		w.free()
	} else {
		w.wakeAll()
	}
}

func (w *waiter) enter() *token {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.idle
	if t == nil {
		t = new(token)
	} else {
		w.idle = t.next
	}
	t.next = w.waiting
	if t.next != nil {
		t.next.prev = t
	}
	w.waiting = t
	t.due = w.retired
	return t
}

func (w *waiter) leave(t *token) {
	w.mu.Lock()
	if t.prev != nil {
		t.prev.next = t.next
	} else if w.waiting == t {
		w.waiting = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	t.next, t.prev, t.due = w.idle, nil, false
	w.idle = t
	last := w.retired && w.waiting == nil
	w.mu.Unlock()
	if last {
		w.free()
	}
}

// call wakes the one who holds t, if he still waits. A token may have got
// another holder meanwhile: he looks up for nothing.
func (w *waiter) call(t *token) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for o := w.waiting; o != nil; o = o.next {
		if o == t {
			t.due = true
			w.post()
		}
	}
}

func (w *waiter) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t := w.waiting; t != nil; t = t.next {
		t.due = true
	}
	if w.waiting != nil {
		w.post()
	}
}

// woken is called by who got the wake-up message, the holder of t: he looks up,
// and passes the message on if it was for somebody else, too.
func (w *waiter) woken(t *token) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posted = false
	if t != nil {
		t.due = false
	}
	for o := w.waiting; o != nil; o = o.next {
		if o.due {
			w.post()
			break
		}
	}
}

// post sends the wake-up message. A send-once right has room in any queue, so
// this never waits.
func (w *waiter) post() {
	if w.posted {
		return
	}
	name, ok := w.wake.use()
	if !ok {
		return
	}
	defer w.wake.unuse()
	w.buf.grow(headerSize)
	h := w.buf.head()
	*h = mach.MachMsgHeader{
		MsghBits:       mach.MachMsgBits(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE),
		MsghSize:       headerSize,
		MsghRemotePort: name,
	}
	w.posted = mach.MachMsg(h, mach.MACH_SEND_MSG, headerSize, 0, 0, 0, 0) == nil
}

// waits returns the right's waiter.
func (r *right) waits(name mach.MachPort) (*waiter, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.waiter.Load(); w != nil {
		return w, nil
	}
	w, err := newWaiter(r.kind, name)
	if err == nil {
		r.waiter.Store(w)
	}
	return w, err
}

func (r *right) tryReceive(m *Received) error {
	if m == nil {
		return ErrNoMessage
	}
	m.Close()
	name, ok := r.use()
	if !ok {
		return ErrClosed
	}
	defer r.unuse()
	return r.poll(name, m)
}

// poll receives without waiting. Wake-up messages of the set are not for the
// caller.
func (r *right) poll(name mach.MachPort, m *Received) error {
	for {
		if err := m.get(name, mach.MACH_RCV_TIMEOUT, 0); err == errAgain {
			continue
		} else if err != nil {
			return r.refused(err)
		}
		w := r.waiter.Load()
		if w == nil || m.local != w.wake.name() {
			return m.accept()
		}
		w.woken(nil)
	}
}

// receive waits for a message. Most are there already: that way has no defer.
func (r *right) receive(ctx context.Context, m *Received) error {
	if m == nil {
		return ErrNoMessage
	}
	if m.full && m.plain {
		m.full = false
	} else {
		m.Close()
	}
	if r == nil {
		return ErrClosed
	}
	name, ok := r.enter()
	err := error(ErrClosed)
	if ok {
		err = r.receiveFrom(ctx, name, m)
	}
	r.unuse()
	return err
}

func (r *right) receiveFrom(ctx context.Context, name mach.MachPort, m *Received) error {
	ends := ctx.Done() != nil
	if ends && ctx.Err() != nil {
		return ctx.Err()
	}
	if ends || r.waiter.Load() == nil {
		if err := r.poll(name, m); err == nil || !errors.Is(err, mach.MACH_RCV_TIMED_OUT) {
			return err
		}
	}
	return r.waitFrom(ctx, name, m)
}

func (r *right) waitFrom(ctx context.Context, name mach.MachPort, m *Received) error {
	ends := ctx.Done() != nil
	w, err := r.waits(name)
	if err != nil {
		return r.refused(err)
	}
	t := w.enter()
	defer w.leave(t)
	if ends {
		stop := context.AfterFunc(ctx, func() { w.call(t) })
		defer stop()
	}
	return r.await(ctx, w, t, m)
}

func (r *right) await(ctx context.Context, w *waiter, t *token, m *Received) error {
	for {
		if r.state.Load()&isClosed != 0 {
			return ErrClosed
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		left, limited := remaining(ctx)
		option := mach.MachMsgOption(0)
		if limited {
			option = mach.MACH_RCV_TIMEOUT
		}
		err := m.get(w.set, option, left)
		switch {
		case err == nil:
			if m.local != w.wake.name() {
				return m.accept()
			}
			w.woken(t)
		case err == errAgain:
		case errors.Is(err, mach.MACH_RCV_TIMED_OUT):
			if d, ok := ctx.Deadline(); ok && !time.Now().Before(d) {
				return context.DeadlineExceeded
			}
		default:
			return r.refused(err)
		}
	}
}

// refused names what a receive failed with. A right that was closed or taken
// meanwhile is the reason for whatever it was.
func (r *right) refused(err error) error {
	var named *Error
	switch {
	case r.state.Load()&isClosed != 0:
		return ErrClosed
	case errors.As(err, &named):
		return err
	}
	return failed("mach_msg", err)
}

// remaining is the time until the context's deadline in milliseconds, rounded
// up, for the kernel. It is computed anew for each call: after a signal the
// kernel would start the old one over.
func remaining(ctx context.Context) (ms uint32, limited bool) {
	d, ok := ctx.Deadline()
	if !ok {
		return 0, false
	}
	left := (time.Until(d) + time.Millisecond - 1) / time.Millisecond
	return uint32(max(0, min(left, 1<<30))), true
}
