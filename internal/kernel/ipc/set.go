package ipc

import (
	"sync"

	"github.com/gomach/mach"
)

// Set is a port set: a receive from it takes from any member.
//
// A member's messages stay in the member's queue; the set lists members that
// got some, see next. Membership is guarded by the member's lock together with the
// set's, which is taken after a port's.
type Set struct {
	mu      sync.Mutex
	dead    bool
	members map[*Port]*member
	first   *member // members that may have messages, in the order of next
	last    *member
	takers  waitList
}

// member is a port's membership in a set.
type member struct {
	port       *Port
	set        *Set
	ready      bool
	prev, next *member
}

func newSet() *Set { return &Set{members: map[*Port]*member{}} }

// join makes a locked port a member.
func (t *Set) join(p *Port) mach.KernReturn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.add(p)
}

func (t *Set) add(p *Port) mach.KernReturn {
	if t.dead {
		return mach.KERN_INVALID_NAME
	}
	if t.members[p] != nil {
		return mach.KERN_ALREADY_IN_SET
	}
	m := &member{port: p, set: t}
	t.members[p] = m
	p.sets = append(p.sets, m)
	// Messages that wait already go to receivers that wait already.
	for p.queue.head != nil {
		w := p.offer(&t.takers, p.queue.head)
		if w == nil {
			break
		}
		p.queue.pop()
		p.queue.taken()
		w.awake()
	}
	if p.queue.head != nil {
		t.ready(m)
		t.takers.tell()
	}
	return mach.KERN_SUCCESS
}

// leave ends a locked port's membership; it reports whether there was one.
func (t *Set) leave(p *Port) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.members[p]
	if m == nil {
		return false
	}
	delete(t.members, p)
	t.unready(m)
	drop(&p.sets, m)
	return true
}

// leaveAll takes a locked port out of all sets but keep.
func (p *Port) leaveAll(keep *Set) {
	for i := len(p.sets) - 1; i >= 0; i-- {
		if t := p.sets[i].set; t != keep {
			t.leave(p)
		}
	}
}

// ready lists a member that has messages. The set is locked.
func (t *Set) ready(m *member) {
	if m.ready {
		return
	}
	m.ready, m.prev, m.next = true, t.last, nil
	if t.last == nil {
		t.first = m
	} else {
		t.last.next = m
	}
	t.last = m
}

func (t *Set) unready(m *member) {
	if !m.ready {
		return
	}
	if m.prev == nil {
		t.first = m.next
	} else {
		m.prev.next = m.next
	}
	if m.next == nil {
		t.last = m.prev
	} else {
		m.next.prev = m.prev
	}
	m.ready, m.prev, m.next = false, nil, nil
}

// next returns the member whose message a receive from the set takes, with its
// port locked, and puts it at the end of the list, whatever becomes of the
// receive. Members that it meets without messages leave the list. This and the
// first message to a member that is not listed are all that changes the order
// (osfmk/kern/waitq.c, waitq_set_first_prepost and
// do_waitq_select_n_locked_sets). The set is locked; nil leaves it so.
func (t *Set) next() *member {
	for t.first != nil {
		m := t.first
		p := m.port
		if !p.mu.TryLock() {
			// The port's lock comes before the set's: look again under both.
			t.mu.Unlock()
			p.mu.Lock()
			t.mu.Lock()
			if t.first != m {
				p.mu.Unlock()
				continue
			}
		}
		t.unready(m)
		if p.queue.head != nil {
			t.ready(m)
			t.mu.Unlock()
			return m
		}
		p.mu.Unlock()
	}
	return nil
}

// destroy ends a set: members leave it and receivers are told.
func (t *Set) destroy() {
	t.mu.Lock()
	t.dead = true
	t.takers.finishAll(mach.MACH_RCV_PORT_CHANGED)
	members := make([]*Port, 0, len(t.members))
	for p := range t.members {
		members = append(members, p)
	}
	t.mu.Unlock()
	for _, p := range members {
		p.mu.Lock()
		t.leave(p)
		p.mu.Unlock()
	}
}

// names lists the members' names.
func (t *Set) names() []mach.MachPort {
	t.mu.Lock()
	ports := make([]*Port, 0, len(t.members))
	for p := range t.members {
		ports = append(ports, p)
	}
	t.mu.Unlock()
	names := make([]mach.MachPort, 0, len(ports))
	for _, p := range ports {
		p.mu.Lock()
		if p.name != mach.MACH_PORT_NULL {
			names = append(names, p.name)
		}
		p.mu.Unlock()
	}
	return names
}

// drop removes x from a list, keeping the order.
func drop[T comparable](list *[]T, x T) bool {
	for i, y := range *list {
		if x == y {
			copy((*list)[i:], (*list)[i+1:])
			var zero T
			(*list)[len(*list)-1] = zero
			*list = (*list)[:len(*list)-1]
			return true
		}
	}
	return false
}
