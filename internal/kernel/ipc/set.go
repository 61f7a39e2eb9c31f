package ipc

import (
	"sync"

	"github.com/gomach/mach"
)

// Set is a port set: a receive from it takes from any member.
//
// A member's messages stay in the member's queue; the set lists members that
// have some. Membership is guarded by the member's lock together with the
// set's, which is taken after a port's.
type Set struct {
	mu      sync.Mutex
	dead    bool
	members map[*Port]*member
	first   *member // members with messages, who waits longest first
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
	kr := t.add(p)
	t.mu.Unlock()
	if kr == mach.KERN_SUCCESS && p.queue.head == nil {
		p.emptied()
	}
	return kr
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
	for p.queue.head != nil && p.offer(&t.takers, p.queue.head) {
		p.queue.pop()
		p.queue.taken()
	}
	if p.queue.head != nil {
		t.ready(m)
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

// ready lists a member with messages. The set is locked.
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

// emptied takes a locked port without messages off its sets' lists.
func (p *Port) emptied() {
	for _, m := range p.sets {
		m.set.mu.Lock()
		m.set.unready(m)
		m.set.mu.Unlock()
	}
}

// lastInLine puts a locked port with messages at the end of its sets' lists,
// so that members take turns.
func (p *Port) lastInLine() {
	for _, m := range p.sets {
		m.set.mu.Lock()
		if m.ready && m.set.last != m {
			m.set.unready(m)
			m.set.ready(m)
		}
		m.set.mu.Unlock()
	}
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
