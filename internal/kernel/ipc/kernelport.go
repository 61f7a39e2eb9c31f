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
	w := new(waiter)
	w.ready(^uint32(0), false)
	p.mu.Lock()
	if p.queue.head != nil {
		kr := p.take(w)
		p.mu.Unlock()
		return w.msg, kr
	}
	if p.dead.Load() {
		p.mu.Unlock()
		return nil, mach.MACH_RCV_PORT_CHANGED
	}
	p.queue.takers.add(w, &p.mu)
	p.mu.Unlock()
	kr := w.wait(wait{timeout > 0, timeout, done}, mach.MACH_RCV_TIMED_OUT, mach.MACH_RCV_INTERRUPTED)
	return w.msg, kr
}
