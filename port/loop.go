package port

import (
	"context"
	"errors"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
)

// Loop lets any number of goroutines wait for messages while one thread waits in
// the kernel for all of them. [Receive.Receive] holds a thread of the operating
// system as long as it waits, and Go's runtime ends a program that has 10,000; a
// goroutine that waits in [Loop.Receive] costs its stack.
//
// The loop's thread waits on a port set that has a port in it as long as somebody
// waits for the port. It does not take messages: it looks which port has one, and
// wakes the goroutine that has waited longest for it, which takes the message from
// the port. So queues are as long and in the same order as without a loop, a port
// can be received from in both ways, and what is closed or handed on takes its
// messages with it. A receive that has to wait costs three kernel calls more.
//
// Its methods may be called by several goroutines at once. Close it to end its
// goroutine.
type Loop struct {
	set  *Set
	wake *waiter
	done chan struct{}

	mu      sync.Mutex
	members map[mach.MachPort]*member
	closed  bool
	err     error // why the loop cannot go on
}

// member is a port that somebody waits for.
type member struct {
	loop        *Loop
	right       *right
	name        mach.MachPort
	inSet       bool
	taken       bool // somebody who was woken is about to take the message
	first, last *sleeper
}

// sleeper is a goroutine that waits for a member's next message.
type sleeper struct {
	of         *member // nil once it was woken
	next, prev *sleeper
	ready      chan struct{}
}

var sleepers = sync.Pool{New: func() any { return &sleeper{ready: make(chan struct{}, 1)} }}

// NewLoop starts a loop, which the caller closes. It does not wait if the kernel
// serves the own task's port.
//
// Mach calls: mach_port_allocate, mach_port_construct, mach_port_insert_member, and
// mach_msg as long as it runs.
func NewLoop() (*Loop, error) {
	s, err := NewSet()
	if err != nil {
		return nil, err
	}
	w, err := newWaiter(set, s.Name())
	if err != nil {
		s.Close()
		return nil, err
	}
	l := &Loop{set: s, wake: w, done: make(chan struct{}), members: map[mach.MachPort]*member{}}
	go l.run()
	return l, nil
}

// Close ends the loop: receivers that wait return [ErrClosed]. The ports stay with
// their owners. It returns when the loop's thread is free; a second Close does
// nothing.
//
// Mach calls: mach_msg, mach_port_extract_member, mach_port_mod_refs,
// mach_port_destruct.
func (l *Loop) Close() error {
	if l == nil || l.set == nil {
		return nil
	}
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	for _, m := range l.members {
		m.wakeAllLocked()
	}
	l.mu.Unlock()
	if first {
		l.wake.mu.Lock()
		l.wake.post()
		l.wake.mu.Unlock()
	}
	<-l.done
	if !first {
		return nil
	}
	l.wake.free()
	return l.set.Close()
}

// Receive waits for a message on r, as [Receive.Receive] does, and holds no thread
// while it waits. It ends with the context's error when the context does, and with
// [ErrClosed] when the right or the loop is closed; no message is lost by any of
// them. Several may wait for one port, in one loop: a second one is refused with
// [mach.KERN_ALREADY_IN_SET] as long as somebody waits in the first.
//
// Mach calls: mach_msg, mach_port_insert_member, mach_port_extract_member.
func (l *Loop) Receive(ctx context.Context, r *Receive, m *Received) error {
	if err := l.usable(); err != nil {
		return err
	}
	if m == nil {
		return ErrNoMessage
	}
	m.Close()
	name, ok := r.right().use()
	if !ok {
		return notUsable(r)
	}
	defer r.right().unuse()
	return named(r, l.receive(background(ctx), r.right(), name, m))
}

// Source is r, received from through the loop: for a [Server] or whoever takes a
// [Source].
func (l *Loop) Source(r *Receive) Source { return loopSource{l, r} }

type loopSource struct {
	loop *Loop
	r    *Receive
}

func (s loopSource) Receive(ctx context.Context, m *Received) error {
	return s.loop.Receive(ctx, s.r, m)
}

func (l *Loop) usable() error {
	switch {
	case l == nil:
		return unusable.New("port", "Loop", unusable.Nil)
	case l.set == nil:
		return unusable.New("port", "Loop", unusable.Zero)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended()
}

// ended says why nobody can wait any more.
func (l *Loop) ended() error {
	if l.closed {
		return unusable.New("port", "Loop", unusable.Closed)
	}
	return l.err
}

func (l *Loop) receive(ctx context.Context, r *right, name mach.MachPort, m *Received) error {
	var turn *member
	for {
		err := ctx.Err()
		if r.state.Load()&isClosed != 0 {
			err = ErrClosed
		}
		if err == nil {
			err = r.poll(name, m)
		}
		turn.pass()
		if err == nil || !errors.Is(err, mach.MACH_RCV_TIMED_OUT) {
			return err
		}
		if turn, err = l.wait(ctx, r, name); err != nil {
			if r.state.Load()&isClosed != 0 {
				return ErrClosed
			}
			return err
		}
	}
}

// wait returns when the caller should look again. Who was woken for a message has
// his turn at the member returned, and passes it on when he has looked.
func (l *Loop) wait(ctx context.Context, r *right, name mach.MachPort) (turn *member, err error) {
	m, s, err := l.enter(r, name)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.ready:
	case <-ctx.Done():
	}
	l.mu.Lock()
	if s.of == nil {
		turn = m
	} else {
		m.unlink(s)
		m.endIfEmpty()
	}
	err = l.ended()
	l.mu.Unlock()
	select { // what woke a sleeper that the context had ended for
	case <-s.ready:
	default:
	}
	sleepers.Put(s)
	return turn, err
}

// enter puts the caller in the line for a port, and the port into the set.
func (l *Loop) enter(r *right, name mach.MachPort) (*member, *sleeper, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ended(); err != nil {
		return nil, nil, err
	}
	m := l.members[name]
	switch {
	case m == nil:
		m = &member{loop: l, right: r, name: name}
		if !r.member.CompareAndSwap(nil, m) {
			return nil, nil, failed("mach_port_insert_member", mach.KERN_ALREADY_IN_SET)
		}
		// Whoever closes or takes the right from now on sees the member; who
		// did before is seen here.
		if r.state.Load()&isClosed != 0 {
			r.member.Store(nil)
			return nil, nil, ErrClosed
		}
		l.members[name] = m
	case m.right != r: // two owners of one name
		return nil, nil, failed("mach_port_insert_member", mach.KERN_ALREADY_IN_SET)
	}
	if !m.taken {
		if err := m.join(); err != nil {
			m.endIfEmpty()
			return nil, nil, err
		}
	}
	s := sleepers.Get().(*sleeper)
	s.of = m
	if s.prev = m.last; s.prev == nil {
		m.first = s
	} else {
		s.prev.next = s
	}
	m.last = s
	return m, s, nil
}

// run waits in the kernel, and wakes who waits for the port that has a message.
func (l *Loop) run() {
	defer close(l.done)
	var b buffer
	for {
		name, err := peek(l.set.Name(), &b)
		l.mu.Lock()
		switch {
		case l.closed:
			l.mu.Unlock()
			return
		case err != nil && err != errAgain:
			l.err = failed("mach_msg", err)
			for _, m := range l.members {
				m.wakeAllLocked()
			}
			l.mu.Unlock()
			return
		case err == nil:
			if m := l.members[name]; m != nil {
				m.wakeFirst()
			}
		}
		l.mu.Unlock()
	}
}

// peek waits until a member of a set has a message, and tells which: a receive with
// room for a header alone leaves the message where it is.
func peek(set mach.MachPort, b *buffer) (mach.MachPort, error) {
	const options = mach.MACH_RCV_MSG | mach.MACH_RCV_LARGE | mach.MACH_RCV_LARGE_IDENTITY | mach.MACH_RCV_INTERRUPT
	b.grow(headerSize)
	h := b.head()
	switch err := mach.MachMsg(h, options, 0, headerSize, set, 0, 0); err {
	case mach.MACH_RCV_TOO_LARGE:
		return h.MsghLocalPort, nil
	case mach.MACH_RCV_INTERRUPTED:
		return mach.MACH_PORT_NULL, errAgain
	default:
		return mach.MACH_PORT_NULL, err
	}
}

// join puts the port into the set. With a message in its queue the loop's thread
// returns at once.
func (m *member) join() error {
	if m.inSet {
		return nil
	}
	err := mach.MachPortInsertMember(mach.MachTaskSelf(), m.name, m.loop.set.Name())
	m.inSet = err == nil
	return failed("mach_port_insert_member", err)
}

// quit takes the port out of the set. One that is gone has left it by itself.
func (m *member) quit() {
	if m.inSet {
		m.inSet = false
		mach.MachPortExtractMember(mach.MachTaskSelf(), m.name, m.loop.set.Name())
	}
}

func (m *member) unlink(s *sleeper) {
	if s.prev == nil {
		m.first = s.next
	} else {
		s.prev.next = s.next
	}
	if s.next == nil {
		m.last = s.prev
	} else {
		s.next.prev = s.prev
	}
	s.of, s.next, s.prev = nil, nil, nil
}

// endIfEmpty forgets a port that nobody waits for.
func (m *member) endIfEmpty() {
	if m.first != nil {
		return
	}
	m.quit()
	if m.loop.members[m.name] == m {
		delete(m.loop.members, m.name)
	}
	m.right.member.CompareAndSwap(m, nil)
}

func (m *member) wake(s *sleeper) {
	m.unlink(s)
	s.ready <- struct{}{}
}

// wakeFirst wakes who has waited longest. The message stays in the queue until he
// takes it; the port is not in the set as long.
func (m *member) wakeFirst() {
	m.quit()
	if m.first != nil {
		m.taken = true
		m.wake(m.first)
	}
	m.endIfEmpty()
}

// pass is called by who was woken when he has looked: it is the turn of the next.
func (m *member) pass() {
	if m == nil {
		return
	}
	m.loop.mu.Lock()
	defer m.loop.mu.Unlock()
	m.taken = false
	if m.first != nil && m.join() != nil {
		m.wakeAllLocked() // they find out why
	}
}

// wakeAll wakes all who wait for a right that was closed or taken.
func (m *member) wakeAll() {
	if m == nil {
		return
	}
	m.loop.mu.Lock()
	defer m.loop.mu.Unlock()
	m.wakeAllLocked()
}

func (m *member) wakeAllLocked() {
	for m.first != nil {
		m.wake(m.first)
	}
	m.endIfEmpty()
}
