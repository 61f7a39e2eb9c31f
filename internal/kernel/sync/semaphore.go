package sync

import (
	"sync"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Semaphore is what a semaphore port stands for. Its rules are those of xnu
// osfmk/kern/sync_sema.c.
type Semaphore struct {
	port *ipc.Port

	mu    sync.Mutex
	owner *core.Task // nil once it is destroyed
	count int32      // signals that nobody has taken; 0 while anyone waits
	lifo  bool
	first *waiter // who is to be woken next
	last  *waiter
}

// waiter is a thread in the queue of a semaphore. done is closed when somebody
// else takes it out of the queue, with the result of the wait.
type waiter struct {
	prev, next *waiter
	queued     bool
	thread     *core.Thread
	done       chan struct{}
	result     mach.KernReturn
}

// newSemaphore makes a semaphore that belongs to a task.
func newSemaphore(t *core.Task, lifo bool, count int32) *Semaphore {
	s := &Semaphore{owner: t, lifo: lifo, count: count}
	s.port = ipc.NewKernelPort(mach.IPC_OTYPE_SEMAPHORE, s)
	return s
}

// signal adds one to the count or wakes the waiter whose turn it is.
func (s *Semaphore) signal() mach.KernReturn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == nil {
		return mach.KERN_TERMINATED
	}
	if w := s.first; w != nil {
		s.wake(w, mach.KERN_SUCCESS)
	} else {
		s.count++
	}
	return mach.KERN_SUCCESS
}

// signalOne wakes a waiter and leaves the count alone.
func (s *Semaphore) signalOne() mach.KernReturn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == nil {
		return mach.KERN_TERMINATED
	}
	if s.first == nil {
		return mach.KERN_NOT_WAITING
	}
	s.wake(s.first, mach.KERN_SUCCESS)
	return mach.KERN_SUCCESS
}

// signalThread wakes one thread if it waits.
func (s *Semaphore) signalThread(th *core.Thread) mach.KernReturn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == nil {
		return mach.KERN_TERMINATED
	}
	for w := s.first; w != nil; w = w.next {
		if w.thread == th {
			s.wake(w, mach.KERN_SUCCESS)
			return mach.KERN_SUCCESS
		}
	}
	return mach.KERN_NOT_WAITING
}

// signalAll wakes all that wait.
func (s *Semaphore) signalAll() mach.KernReturn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == nil {
		return mach.KERN_TERMINATED
	}
	s.wakeAll(mach.KERN_SUCCESS)
	return mach.KERN_SUCCESS
}

// destroy ends the semaphore if it belongs to the task. The port stays: its
// names answer KERN_TERMINATED.
func (s *Semaphore) destroy(t *core.Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == nil || s.owner != t {
		return
	}
	s.owner = nil
	s.count = 0
	s.wakeAll(mach.KERN_TERMINATED)
}

// enter takes one from the count or, if there is none to take, queues the
// caller.
func (s *Semaphore) enter(th *core.Thread, mayWait bool) (*waiter, mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.owner == nil:
		return nil, mach.KERN_TERMINATED
	case s.count > 0:
		s.count--
		return nil, mach.KERN_SUCCESS
	case !mayWait:
		return nil, mach.KERN_OPERATION_TIMED_OUT
	}
	w := &waiter{thread: th, done: make(chan struct{})}
	s.queue(w)
	return w, mach.KERN_SUCCESS
}

// leave takes a waiter out of the queue with the given result, unless it has
// been woken before: then that result stands.
func (s *Semaphore) leave(w *waiter, kr mach.KernReturn) mach.KernReturn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.queued {
		s.unlink(w)
		w.result = kr
	}
	return w.result
}

// wait blocks until the waiter is woken, the time is over (nil: no limit) or
// the thread is aborted.
func (s *Semaphore) wait(w *waiter, limit *time.Duration, aborted <-chan struct{}) mach.KernReturn {
	var over <-chan time.Time
	if limit != nil {
		timer := time.NewTimer(*limit)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-w.done:
		return w.result
	case <-over:
		return s.leave(w, mach.KERN_OPERATION_TIMED_OUT)
	case <-aborted:
		return s.leave(w, mach.KERN_ABORTED)
	}
}
