package ipc

import (
	"time"

	"github.com/gomach/mach"
)

// NewKernelQueue makes a port whose messages wait for the kernel to take them
// by Receive: where replies to the kernel's own messages go.
func NewKernelQueue() *Port {
	p := NewKernelPort(mach.IPC_OTYPE_NONE, nil)
	p.flags |= kernelQueue
	return p
}

// Receive waits for a message on a kernel queue. It gives up when done is
// closed (MACH_RCV_INTERRUPTED), the port dies (MACH_RCV_PORT_CHANGED) or, if
// timeout is positive, the time is over (MACH_RCV_TIMED_OUT). The caller
// destroys the message.
func (p *Port) Receive(timeout time.Duration, done <-chan struct{}) (*Message, mach.KernReturn) {
	var got receipt
	p.mu.Lock()
	if p.queue.head != nil {
		m, kr := p.take(^uint32(0), false, &got)
		p.mu.Unlock()
		return m, kr
	}
	if p.dead {
		p.mu.Unlock()
		return nil, mach.MACH_RCV_PORT_CHANGED
	}
	w := new(waiter).ready()
	w.room = ^uint32(0)
	p.queue.takers.add(w)
	p.mu.Unlock()
	kr := w.wait(&p.mu, wait{timeout > 0, timeout, done}, mach.MACH_RCV_TIMED_OUT, mach.MACH_RCV_INTERRUPTED)
	return w.msg, kr
}
