package ipc

import (
	"testing"

	"github.com/gomach/mach"
)

// aborted is a thread that was aborted: its first waits are broken off before they
// begin, so many as there are in times; -1: all.
type aborted struct {
	caller
	times *int
}

func (c aborted) Interrupt() <-chan struct{} {
	done := make(chan struct{})
	if *c.times != 0 {
		close(done)
		*c.times--
	}
	return done
}

// libSystem's mach_msg starts again what was interrupted (xnu libsyscall/mach/mach_msg.c),
// and comes to an end as an abort is over when the trap returns
// (osfmk/kern/thread.c, thread_apc_ast). A thread of which every wait is broken off would
// try for ever: it is told.
func TestAbortedForGood(t *testing.T) {
	a := newTask()
	times := -1
	a.msg.Caller = aborted{times: &times}
	p, _ := a.Allocate(mach.MACH_PORT_RIGHT_RECEIVE, 0)
	a.msg.Option, a.msg.RcvName, a.msg.RcvSize = mach.MACH_RCV_MSG, p, 256
	want(t, "receive", a.msg.Do(), mach.MACH_RCV_INTERRUPTED)

	a.header(bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), p, 0, 1)
	var kr mach.KernReturn
	for range 6 { // a queue holds five
		a.header(bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), p, 0, 1)
		a.msg.Option, a.msg.SendSize = mach.MACH_SEND_MSG, 24
		kr = a.msg.Do()
	}
	want(t, "send", kr, mach.MACH_SEND_INTERRUPTED)
	if remote := mach.MachPort(le.Uint32(a.vm.bytes[8:])); remote != p {
		t.Errorf("the message came back to %#x, was to %#x", remote, p)
	}
}

// One abort breaks off one wait: what follows is the wait again.
func TestAbortedOnce(t *testing.T) {
	a := newTask()
	times := 1
	a.msg.Caller = aborted{times: &times}
	p, _ := a.Allocate(mach.MACH_PORT_RIGHT_RECEIVE, 0)
	a.msg.Option, a.msg.RcvName, a.msg.RcvSize = mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, p, 256
	a.msg.Timeout = 1
	want(t, "receive", a.msg.Do(), mach.MACH_RCV_TIMED_OUT)
	times = 1
	a.msg.Option |= mach.MACH_RCV_INTERRUPT
	want(t, "receive with MACH_RCV_INTERRUPT", a.msg.Do(), mach.MACH_RCV_INTERRUPTED)
}
