package ipc

import (
	"fmt"
	"hash/fnv"
)

// Hash gives numbers that tell ports and their receivers apart and betray
// nothing else; the receiver's is 0 for a port that nobody can receive from.
func (p *Port) Hash() (port, receiver uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	port = p.hash()
	if p.space != nil {
		h := fnv.New32a()
		fmt.Fprintf(h, "%p", p.space)
		receiver = h.Sum32() | 1
	}
	return port, receiver
}
