package ipc

import (
	"testing"

	"github.com/gomach/mach"
)

// portDesc writes a message with one port descriptor.
func (t *task) portMessage(to mach.MachPort, carried mach.MachPort, d mach.MachMsgTypeName) uint32 {
	t.header(bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0)|mach.MACH_MSGH_BITS_COMPLEX, to, 0, 1)
	b := t.vm.bytes
	le.PutUint32(b[24:], 1)
	clear(b[28:40])
	le.PutUint32(b[28:], uint32(carried))
	b[38] = byte(d)
	return 40
}

// A receive right that is sent to itself, directly or around a corner, can
// never be received: the message is destroyed and with it the port
// (osfmk/ipc/ipc_port.c, ipc_port_check_circularity).
func TestCircularMessages(t *testing.T) {
	a := newTask()
	p, q, r := a.port(t), a.port(t), a.port(t)
	pp, qp, rp := a.portOf(p), a.portOf(q), a.portOf(r)
	want(t, "p to itself", a.send(a.portMessage(p, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE)), mach.MACH_MSG_SUCCESS)
	idle(t, pp)
	// q travels to r; then r to q closes the ring.
	if kr, _ := a.ModRefs(q, mach.MACH_PORT_RIGHT_SEND, 0); kr == mach.KERN_SUCCESS {
		t.Fatal("a send right that is none")
	}
	right, _ := a.CopyinRight(q, mach.MACH_MSG_TYPE_MAKE_SEND)
	want(t, "insert", a.InsertRight(q, right), mach.KERN_SUCCESS)
	want(t, "q to r", a.send(a.portMessage(r, q, mach.MACH_MSG_TYPE_MOVE_RECEIVE)), mach.MACH_MSG_SUCCESS)
	a.portMessage(q, r, mach.MACH_MSG_TYPE_MOVE_RECEIVE)
	le.PutUint32(a.vm.bytes, bits(mach.MACH_MSG_TYPE_MOVE_SEND, 0)|mach.MACH_MSGH_BITS_COMPLEX)
	want(t, "r to q", a.send(40), mach.MACH_MSG_SUCCESS)
	idle(t, qp)
	idle(t, rp)
}

// A receive right moves with its messages; who waits is told.
func TestReceiveRightMoves(t *testing.T) {
	a, b := newTask(), newTask()
	p, q := a.port(t), b.port(t)
	right, _ := b.CopyinRight(q, mach.MACH_MSG_TYPE_MAKE_SEND)
	toQ, _ := a.CopyoutRight(right)
	a.header(bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), p, 0, 7)
	want(t, "to p", a.send(24), mach.MACH_MSG_SUCCESS)

	waiting := make(chan mach.KernReturn)
	set, _ := a.Allocate(mach.MACH_PORT_RIGHT_PORT_SET, mach.MACH_PORT_NULL)
	other := a.port(t)
	if kr, _ := a.InsertMember(other, set); kr != mach.KERN_SUCCESS {
		t.Fatal("join: ", kr)
	}
	m := a.msg
	go func() {
		m.Option, m.RcvName, m.RcvSize = mach.MACH_RCV_MSG, other, 64
		m.Send, m.Receive = base+2048, base+2048
		waiting <- m.Do()
	}()
	for a.portOf(other).takersWaiting() == 0 {
	}
	n := a.portMessage(toQ, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE)
	le.PutUint32(a.vm.bytes, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0)|mach.MACH_MSGH_BITS_COMPLEX)
	want(t, "p to b", a.send(n), mach.MACH_MSG_SUCCESS)
	want(t, "receive the right", b.receive(q, 0), mach.MACH_MSG_SUCCESS)
	moved := mach.MachPort(le.Uint32(b.vm.bytes[28:]))
	want(t, "receive from it", b.receive(moved, 0), mach.MACH_MSG_SUCCESS)
	if id := le.Uint32(b.vm.bytes[20:]); id != 7 {
		t.Errorf("id %d", id)
	}
	want(t, "drop", result(a.ModRefs(other, mach.MACH_PORT_RIGHT_RECEIVE, -1)), mach.KERN_SUCCESS)
	if kr := <-waiting; kr != mach.MACH_RCV_PORT_CHANGED {
		t.Errorf("the receiver that waited: %v", kr)
	}
}

func (p *Port) takersWaiting() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := p.queue.takers.first; w != nil; w = w.next {
		n++
	}
	return n
}
