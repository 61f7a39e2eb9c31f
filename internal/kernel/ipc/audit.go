package ipc

import (
	"errors"
	"fmt"

	"github.com/gomach/mach"
)

// Audit compares what spaces, messages and requests hold with what ports count.
// It remembers the ports that it has seen, so that one that nothing leads to any
// more is looked at too. It is for tests, and wants nobody to be in a call.
//
// The counts of the kernel's ports are left out: who in the kernel holds rights
// to them is not to be seen here.
type Audit struct {
	// Ordered tells the ids of messages that are sent in rising order; nil: none.
	Ordered func(id int32) bool

	seen  map[*Port]bool
	order []*Port
	count map[*Port]*holdings
	errs  []error
}

// holdings are the rights to a port that were found.
type holdings struct {
	send, sendOnce, receive uint32
	memberships             int
	requests                int
}

// Check looks at the spaces and all that can be reached from them.
func (a *Audit) Check(spaces ...*Space) error {
	if a.seen == nil {
		a.seen = map[*Port]bool{}
	}
	a.errs, a.count = nil, map[*Port]*holdings{}
	for _, s := range spaces {
		a.space(s)
	}
	for i := 0; i < len(a.order); i++ { // which grows meanwhile
		a.port(a.order[i])
	}
	for _, p := range a.order {
		a.compare(p)
	}
	return errors.Join(a.errs...)
}

// Alive counts the ports of tasks that have not died.
func (a *Audit) Alive() (n int) {
	for _, p := range a.order {
		if !p.kernel && !p.Dead() {
			n++
		}
	}
	return n
}

func (a *Audit) fail(format string, args ...any) {
	a.errs = append(a.errs, fmt.Errorf(format, args...))
}

// of gives a port's holdings, and remembers the port.
func (a *Audit) of(p *Port) *holdings {
	if !a.seen[p] {
		a.seen[p] = true
		a.order = append(a.order, p)
	}
	h := a.count[p]
	if h == nil {
		h = new(holdings)
		a.count[p] = h
	}
	return h
}

func (a *Audit) right(r Right) {
	if !r.Valid() {
		return
	}
	h := a.of(r.Port)
	switch r.Type {
	case mach.MACH_MSG_TYPE_PORT_SEND:
		h.send++
	case mach.MACH_MSG_TYPE_PORT_SEND_ONCE:
		h.sendOnce++
	case mach.MACH_MSG_TYPE_PORT_RECEIVE:
		h.receive++
	default:
		a.fail("port %d: a right of type %d", r.Port.id, r.Type)
	}
}

func (a *Audit) sendOnce(p *Port) { a.right(Right{p, mach.MACH_MSG_TYPE_PORT_SEND_ONCE}) }

func (a *Audit) space(s *Space) {
	s.mu.Lock()
	defer s.mu.Unlock()
	used, sends := 0, 0
	for i := range s.table {
		e := &s.table[i]
		if e.typ == 0 || i == 0 {
			continue
		}
		used++
		name := nameOf(uint32(i), e.gen)
		switch {
		case e.typ == mach.MACH_PORT_TYPE_PORT_SET:
			a.set(e.set)
		case e.typ == mach.MACH_PORT_TYPE_DEAD_NAME:
			if e.port != nil || e.urefs == 0 {
				a.fail("name %#x: a dead name of port %v with %d references", uint32(name), e.port, e.urefs)
			}
		case e.port == nil:
			a.fail("name %#x: type %#x without a port", uint32(name), uint32(e.typ))
		default:
			if e.typ == mach.MACH_PORT_TYPE_SEND {
				sends++
			}
			a.entry(s, uint32(i), e)
		}
	}
	if s.dead.Load() && used > 0 {
		a.fail("%d names in a dead space", used)
	}
	if !s.dead.Load() && (used != s.used || sends != len(s.names)) {
		a.fail("%d names and %d send rights in a space that counts %d and %d", used, sends, s.used, len(s.names))
	}
}

func (a *Audit) entry(s *Space, i uint32, e *entry) {
	name := nameOf(i, e.gen)
	p := e.port
	h := a.of(p)
	if e.typ&mach.MACH_PORT_TYPE_SEND != 0 {
		h.send++
		if e.urefs == 0 {
			a.fail("name %#x: a send right without references", uint32(name))
		}
	}
	if e.typ&mach.MACH_PORT_TYPE_SEND_ONCE != 0 {
		h.sendOnce++
	}
	if e.typ&mach.MACH_PORT_TYPE_RECEIVE != 0 {
		h.receive++
		if p.space != s || p.name != name || p.dead.Load() {
			a.fail("name %#x: receives for port %d, which has name %#x", uint32(name), p.id, uint32(p.name))
		}
	}
	if at, ok := s.names[p]; e.typ == mach.MACH_PORT_TYPE_SEND && (!ok || at != i) {
		a.fail("name %#x: its send right is listed at %d", uint32(name), at)
	}
	if e.request == 0 {
		return
	}
	h.requests++
	if e.request > len(p.requests) || !p.requests[e.request-1].used || p.requests[e.request-1].name != name {
		a.fail("name %#x: its request %d is not port %d's", uint32(name), e.request, p.id)
	}
}

func (a *Audit) set(t *Set) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p, m := range t.members {
		a.of(p).memberships++
		if m.port != p || m.set != t {
			a.fail("port %d: a membership of another", p.id)
		}
		if p.queue.head != nil && !m.ready {
			a.fail("port %d: a member with messages that its set does not list", p.id)
		}
	}
	listed := 0
	for m := t.first; m != nil; m = m.next {
		listed++
		if t.members[m.port] != m || !m.ready || listed > len(t.members) {
			a.fail("port %d is listed and no member", m.port.id)
			return
		}
	}
}

// port looks at what a port itself holds.
func (a *Audit) port(p *Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a.of(p)
	queued, last := uint32(0), int32(0)
	for m := p.queue.head; m != nil; m = m.next {
		queued++
		if a.Ordered != nil && a.Ordered(m.ID) {
			if m.ID < last {
				a.fail("port %d: message %d behind %d", p.id, m.ID, last)
			}
			last = m.ID
		}
		if m.Dest.Port != p {
			a.fail("port %d: a message for port %d", p.id, m.Dest.Port.id)
		}
		for _, r := range []Right{m.Dest, m.Reply, m.voucher} {
			a.right(r)
		}
		for i := range m.Descs {
			a.right(m.Descs[i].Right)
			for _, r := range m.Descs[i].Rights {
				a.right(r)
			}
		}
	}
	if queued != p.queue.count {
		a.fail("port %d: %d messages, counted %d", p.id, queued, p.queue.count)
	}
	for _, to := range []*Port{p.nsRequest, p.pdRequest} {
		a.sendOnce(to)
	}
	for i := range p.requests {
		if !p.dead.Load() { // else used up by a dead-name notification, and kept for isDead
			a.sendOnce(p.requests[i].to)
		}
	}
	if p.dead.Load() && (queued > 0 || p.nsRequest != nil || p.pdRequest != nil || len(p.sets) > 0) {
		a.fail("port %d is dead and holds something", p.id)
	}
}

// compare holds a port's counts against what was found.
func (a *Audit) compare(p *Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kernel || p == deadPort {
		return
	}
	h := a.of(p)
	if h.send != p.srights || h.sendOnce != p.sorights {
		a.fail("port %d: %d send and %d send-once rights, counted %d and %d", p.id, h.send, h.sendOnce, p.srights, p.sorights)
	}
	if p.dead.Load() != (h.receive == 0) || h.receive > 1 {
		a.fail("port %d: dead %v with %d receive rights", p.id, p.dead.Load(), h.receive)
	}
	if h.memberships != len(p.sets) {
		a.fail("port %d: in %d sets, counted %d", p.id, h.memberships, len(p.sets))
	}
	used := 0
	for i := range p.requests {
		if p.requests[i].used {
			used++
		}
	}
	if !p.dead.Load() && used != h.requests {
		a.fail("port %d: %d names have requests, counted %d", p.id, h.requests, used)
	}
}
