package ipc

import "sync"

// transit guards dest of ports whose receive right is in a message, so that a
// chain of them can be followed.
var transit sync.Mutex

// bindTransit notes that the receive right of p travels in a message to dest.
// It reports false if dest is p or travels to p itself: then nobody could ever
// receive the message (osfmk/ipc/ipc_port.c, ipc_port_check_circularity).
func (m *Message) bindTransit(p, dest *Port) bool {
	transit.Lock()
	defer transit.Unlock()
	for q := dest; q != nil; {
		if q == p {
			return false
		}
		q.mu.Lock()
		next := q.dest
		if q.space != nil || q.kernel || q.dead.Load() {
			next = nil
		}
		q.mu.Unlock()
		q = next
	}
	p.mu.Lock()
	p.dest = dest
	p.flags &^= tempOwner // osfmk/ipc/ipc_importance.c, ipc_importance_check_circularity
	p.mu.Unlock()
	return true
}
