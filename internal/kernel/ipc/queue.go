package ipc

import (
	"sync"
	"time"

	"github.com/gomach/mach"
)

// queue holds a port's messages and those who wait for them or for room.
type queue struct {
	limit uint32
	// count is of the messages and of the senders that were woken to add one.
	count   uint32
	seqno   uint32
	head    *Message
	tail    *Message
	takers  waitList // receivers that wait on this port
	senders waitList // senders that wait for room
}

func (q *queue) init() { q.limit = mach.MACH_PORT_QLIMIT_DEFAULT }

func (q *queue) full() bool { return q.count >= q.limit }

// fullKernel is the limit that even the kernel's messages keep.
func (q *queue) fullKernel() bool { return q.count >= mach.MACH_PORT_QLIMIT_KERNEL }

func (q *queue) push(m *Message) {
	m.next = nil
	if q.tail == nil {
		q.head = m
	} else {
		q.tail.next = m
	}
	q.tail = m
}

func (q *queue) pop() *Message {
	m := q.head
	if m == nil {
		return nil
	}
	if q.head = m.next; q.head == nil {
		q.tail = nil
	}
	m.next = nil
	return m
}

// taken notes that a message has gone: its room goes to a sender that waits.
func (q *queue) taken() {
	q.count--
	if !q.full() && q.senders.first != nil {
		q.senders.finish(q.senders.first, mach.MACH_MSG_SUCCESS)
		q.count++
	}
}

// setLimit changes the limit of messages; senders that wait get new room.
func (q *queue) setLimit(n uint32) {
	for i := q.limit; i < n && q.senders.first != nil; i++ {
		q.senders.finish(q.senders.first, mach.MACH_MSG_SUCCESS)
		q.count++
	}
	q.limit = n
}

// waiter is a receiver or sender that waits. It stands in one list, whose
// owner's lock guards it; who takes it out of the list decides its result and
// wakes it.
type waiter struct {
	next, prev *waiter
	list       *waitList
	lock       *sync.Mutex   // of the list's owner
	wake       chan struct{} // room for one
	timer      *time.Timer
	result     mach.KernReturn

	// of a receiver
	msg   *Message
	room  uint32 // size of its buffer, less the trailer
	large bool   // leaves a message that does not fit
	got   receipt
}

// receipt tells a receiver about the message that it got, or that does not
// fit.
type receipt struct {
	name    mach.MachPort // of the port it came from
	seqno   uint32
	context uint64
	size    uint32
}

// ready makes a receiver fit to take a message; nobody knows it any more once
// its wait is over.
func (w *waiter) ready(room uint32, large bool) {
	w.msg, w.result, w.room, w.large = nil, 0, room, large
}

// wait waits until somebody finishes the waiter, the time is over or the
// thread is interrupted. The list's lock is not held.
func (w *waiter) wait(limit wait, timedOut, interrupted mach.KernReturn) mach.KernReturn {
	if limit.none() {
		<-w.wake
		return w.result
	}
	var expired <-chan time.Time
	if limit.timed {
		if w.timer == nil {
			w.timer = time.NewTimer(limit.d)
		} else {
			w.timer.Reset(limit.d)
		}
		defer w.timer.Stop()
		expired = w.timer.C
	}
	why := timedOut
	select {
	case <-w.wake:
		return w.result
	case <-expired:
	case <-limit.interrupt:
		why = interrupted
	}
	w.lock.Lock()
	if w.list != nil {
		w.list.remove(w)
		w.lock.Unlock()
		return why
	}
	w.lock.Unlock()
	<-w.wake
	return w.result
}

// wait is how long somebody waits.
type wait struct {
	timed     bool
	d         time.Duration
	interrupt <-chan struct{}
}

// none: only who is waited for ends the wait.
func (w *wait) none() bool { return !w.timed && w.interrupt == nil }

// waitList is who waits, in order, and who only watches.
type waitList struct {
	first, last *waiter
	watches     []*Watch
}

// add puts a waiter at the end. lock is that of the list's owner, held.
func (l *waitList) add(w *waiter, lock *sync.Mutex) {
	if w.wake == nil {
		w.wake = make(chan struct{}, 1)
	}
	w.list, w.lock, w.prev, w.next = l, lock, l.last, nil
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
}

func (l *waitList) remove(w *waiter) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.list, w.prev, w.next = nil, nil, nil
}

// finish takes a waiter out of its list and wakes it with a result.
func (l *waitList) finish(w *waiter, result mach.KernReturn) {
	l.remove(w)
	w.result = result
	w.awake()
}

// awake wakes a waiter that is out of its list. nil is nobody.
func (w *waiter) awake() {
	if w != nil {
		w.wake <- struct{}{}
	}
}

// finishAll does so with all.
func (l *waitList) finishAll(result mach.KernReturn) {
	for l.first != nil {
		l.finish(l.first, result)
	}
	l.tell()
}
