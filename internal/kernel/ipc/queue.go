package ipc

import "github.com/gomach/mach"

// queue holds a port's messages and those who wait for them or for room.
type queue struct {
	limit   uint32
	count   uint32
	seqno   uint32
	head    *kmsg
	tail    *kmsg
	takers  waitList // receivers that wait on this port
	senders waitList // senders that wait for room
}

func (q *queue) init() { q.limit = mach.MACH_PORT_QLIMIT_DEFAULT }

func (q *queue) push(k *kmsg) {
	k.next = nil
	if q.tail == nil {
		q.head = k
	} else {
		q.tail.next = k
	}
	q.tail = k
	q.count++
}

func (q *queue) pop() *kmsg {
	k := q.head
	if k == nil {
		return nil
	}
	if q.head = k.next; q.head == nil {
		q.tail = nil
	}
	k.next = nil
	q.count--
	return k
}

// waiter is a receiver or sender that waits. It stands in one list, whose
// owner's lock guards it; who takes it out of the list decides its result and
// wakes it.
type waiter struct {
	next, prev *waiter
	list       *waitList
	wake       chan struct{} // room for one
	result     mach.KernReturn
	msg        *kmsg  // for a receiver
	room       uint32 // for a receiver: size of its buffer
	large      bool   // for a receiver: leave a message that does not fit
	from       *Port  // for a receiver: where the message came from
	size       uint32 // the size of a message that did not fit
}

type waitList struct{ first, last *waiter }

func (l *waitList) add(w *waiter) {
	w.list, w.prev, w.next = l, l.last, nil
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
	w.wake <- struct{}{}
}

// finishAll does so with all.
func (l *waitList) finishAll(result mach.KernReturn) {
	for l.first != nil {
		l.finish(l.first, result)
	}
}
