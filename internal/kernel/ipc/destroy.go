package ipc

import "github.com/gomach/mach"

// clearReceiver takes the receive right of a locked port out of its space:
// receivers that wait are told, sets are left, counts start again
// (osfmk/ipc/ipc_port.c, ipc_port_clear_receiver).
func (p *Port) clearReceiver(n *notices) {
	p.leaveAll(nil)
	p.queue.takers.finishAll(mach.MACH_RCV_PORT_CHANGED)
	p.mscount, p.queue.seqno, p.context = 0, 0, 0
	p.flags &^= guarded | strictGuard | immovableReceive
	p.space, p.name, p.dest = nil, mach.MACH_PORT_NULL, nil
}

// destroy ends the port, or sends its receive right to who asked for that by a
// port-destroyed request.
func (p *Port) destroy(n *notices) {
	p.mu.Lock()
	p.destroyLocked(n)
	p.mu.Unlock()
}

func (p *Port) destroyLocked(n *notices) {
	if p.dead.Load() || p == deadPort {
		return
	}
	if to := p.pdRequest; to != nil {
		p.pdRequest = nil
		p.clearReceiver(n)
		n.add(notice{id: mach.MACH_NOTIFY_PORT_DESTROYED, to: to, right: p})
		return
	}
	p.leaveAll(nil)
	p.dead.Store(true)
	p.queue.takers.finishAll(mach.MACH_RCV_PORT_CHANGED)
	p.queue.senders.finishAll(mach.MACH_SEND_INVALID_DEST)
	p.mscount, p.queue.seqno, p.context = 0, 0, 0
	p.flags &^= guarded | strictGuard
	p.space, p.name, p.dest = nil, mach.MACH_PORT_NULL, nil
	p.object = nil
	for m := p.queue.pop(); m != nil; m = p.queue.pop() {
		p.forget(m.Dest.Type)
		n.add(notice{free: m})
	}
	p.queue.count = 0
	if to := p.nsRequest; to != nil {
		p.nsRequest = nil
		n.add(notice{id: mach.MACH_NOTIFY_SEND_ONCE, to: to})
	}
	for _, r := range p.requests {
		if r.to != nil {
			n.add(notice{id: mach.MACH_NOTIFY_DEAD_NAME, to: r.to, name: r.name})
		}
	}
	for f := range p.deaths {
		n.add(notice{call: func(*Port) { (*f)() }})
	}
	p.deaths = nil
	// The slots keep their indices: isDead reads the types once more.
}

// releaseReceive destroys a receive right that no space holds.
func (p *Port) releaseReceive(n *notices) { p.destroy(n) }
