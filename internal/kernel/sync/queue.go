package sync

import "github.com/gomach/mach"

// queue puts a waiter where the policy says: behind the others, or before them.
// The semaphore is locked, here and below.
func (s *Semaphore) queue(w *waiter) {
	w.queued = true
	if s.lifo {
		w.next = s.first
		if s.first != nil {
			s.first.prev = w
		} else {
			s.last = w
		}
		s.first = w
		return
	}
	w.prev = s.last
	if s.last != nil {
		s.last.next = w
	} else {
		s.first = w
	}
	s.last = w
}

func (s *Semaphore) unlink(w *waiter) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		s.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		s.last = w.prev
	}
	w.prev, w.next, w.queued = nil, nil, false
}

func (s *Semaphore) wake(w *waiter, kr mach.KernReturn) {
	s.unlink(w)
	w.result = kr
	close(w.done)
}

func (s *Semaphore) wakeAll(kr mach.KernReturn) {
	for s.first != nil {
		s.wake(s.first, kr)
	}
}
