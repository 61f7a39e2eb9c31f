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
	name    mach.MachPort
	members []*Port
	ready   []*Port // members with messages, who waits longest first
	takers  waitList
	seqno   uint32
}

// join makes a locked port a member.
func (t *Set) join(p *Port) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.members = append(t.members, p)
	p.sets = append(p.sets, t)
	// Messages that wait already go to receivers that wait already.
	for p.queue.count > 0 && t.takers.first != nil {
		if !p.giveHead(&t.takers) {
			break
		}
	}
	if p.queue.count > 0 {
		t.ready = append(t.ready, p)
	}
}

// leave ends a locked port's membership; it reports whether there was one.
func (t *Set) leave(p *Port) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !drop(&t.members, p) {
		return false
	}
	drop(&t.ready, p)
	drop(&p.sets, t)
	return true
}

// leaveAll takes a locked port out of all sets.
func (p *Port) leaveAll() {
	for len(p.sets) > 0 {
		p.sets[len(p.sets)-1].leave(p)
	}
}

// drained takes a locked port that has no messages left off its sets' ready
// lists; one with messages goes to their ends, so that members take turns.
func (p *Port) drained() {
	for _, t := range p.sets {
		t.mu.Lock()
		if drop(&t.ready, p) && p.queue.count > 0 {
			t.ready = append(t.ready, p)
		}
		t.mu.Unlock()
	}
}

// destroy ends a set: members leave it and receivers are told.
func (t *Set) destroy(result mach.KernReturn) {
	t.mu.Lock()
	t.dead = true
	t.takers.finishAll(result)
	members := append([]*Port(nil), t.members...)
	t.mu.Unlock()
	for _, p := range members {
		p.mu.Lock()
		t.leave(p)
		p.mu.Unlock()
	}
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
