package ipc

import "github.com/gomach/mach"

// Watch tells somebody who does not wait in a receive of messages to a port or to a port set:
// EVFILT_MACHPORT (osfmk/ipc/ipc_pset.c, filt_machportattach).
type Watch struct {
	space *Space
	port  *Port
	set   *Set
	wake  func()
}

// Watch has wake called each time a message is queued that nobody waited for, and when the right
// goes. wake is called with locks held: it must neither wait nor call the kernel. Names without a
// receive right or set are KERN_INVALID_NAME and KERN_INVALID_RIGHT. Stop ends it.
func (s *Space) Watch(name mach.MachPort, wake func()) (*Watch, mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.lookup(name)
	switch {
	case e == nil:
		return nil, mach.KERN_INVALID_NAME
	case e.typ&(mach.MACH_PORT_TYPE_RECEIVE|mach.MACH_PORT_TYPE_PORT_SET) == 0:
		return nil, mach.KERN_INVALID_RIGHT
	}
	w := &Watch{s, e.port, e.set, wake}
	if w.set != nil {
		w.set.mu.Lock()
		defer w.set.mu.Unlock()
		w.set.takers.watches = append(w.set.takers.watches, w)
	} else {
		w.port.mu.Lock()
		defer w.port.mu.Unlock()
		w.port.queue.takers.watches = append(w.port.queue.takers.watches, w)
	}
	return w, mach.KERN_SUCCESS
}

// Stop ends the watch. wake may be called a last time meanwhile.
func (w *Watch) Stop() {
	if w.set != nil {
		w.set.mu.Lock()
		defer w.set.mu.Unlock()
		drop(&w.set.takers.watches, w)
		return
	}
	w.port.mu.Lock()
	defer w.port.mu.Unlock()
	drop(&w.port.queue.takers.watches, w)
}

// First is the name of the port whose message would be received now, MACH_PORT_NULL if there is
// none; gone says that there will not be one, as the right has gone.
func (w *Watch) First() (name mach.MachPort, gone bool) {
	if w.set != nil {
		w.set.mu.Lock()
		m := w.set.next()
		if m == nil {
			defer w.set.mu.Unlock()
			return mach.MACH_PORT_NULL, w.set.dead
		}
		defer m.port.mu.Unlock()
		return m.port.name, false
	}
	w.port.mu.Lock()
	defer w.port.mu.Unlock()
	if w.port.dead.Load() || w.port.space != w.space {
		return mach.MACH_PORT_NULL, true
	}
	if w.port.queue.head == nil {
		return mach.MACH_PORT_NULL, false
	}
	return w.port.name, false
}

// tell wakes those who watch the list's owner, which is locked.
func (l *waitList) tell() {
	for _, w := range l.watches {
		w.wake()
	}
}
