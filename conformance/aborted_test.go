package conformance_test

import (
	"testing"
	"time"

	"github.com/gomach/mach"
)

// interrupted runs wait on a thread of its own, aborts that thread and returns
// what wait came back with.
func interrupted(t testing.TB, wait func() error) error {
	t.Helper()
	ports, done := make(chan mach.MachPort, 1), make(chan error, 1)
	join := onThread(t, func() {
		ports <- mach.MachThreadSelf()
		done <- wait()
	})
	th := <-ports
	defer func() { mach.MachPortDeallocate(self(), th) }()
	time.Sleep(30 * time.Millisecond) // until it waits
	select {
	case err := <-done: // a signal of Go's runtime was there first
		join()
		return err
	default:
	}
	if err := mach.ThreadAbort(th); len(done) == 0 {
		ok(t, "thread_abort", err)
	}
	join()
	return <-done
}

// xnu osfmk/kern/thread_act.c, thread_abort; sync_sema.c,
// semaphore_convert_wait_result; clock.c, clock_oldops.c: an abort ends each
// kind of wait.
func TestAbortedWaits(t *testing.T) {
	begin(t)
	s, other := semaphore(t, 0), semaphore(t, 0)
	sys := clock(t, mach.SYSTEM_CLOCK)
	var wake mach.MachTimespec
	for fn, wait := range map[string]func() error{
		"semaphore_wait":             func() error { return mach.SemaphoreWait(s) },
		"semaphore_timedwait":        func() error { return mach.SemaphoreTimedwait(s, now(8, 0)) },
		"semaphore_wait_signal":      func() error { return mach.SemaphoreWaitSignal(s, other) },
		"semaphore_timedwait_signal": func() error { return mach.SemaphoreTimedwaitSignal(s, other, now(8, 0)) },
		"clock_sleep":                func() error { return mach.ClockSleep(sys, mach.TIME_RELATIVE, now(8, 0), &wake) },
		"mach_wait_until":            func() error { return mach.MachWaitUntil(mach.MachAbsoluteTime() + ticks(8*time.Second)) },
	} {
		want(t, fn, interrupted(t, wait), mach.KERN_ABORTED)
	}
}

// xnu osfmk/ipc/ipc_mqueue.c, ipc_mqueue_send, THREAD_INTERRUPTED: the message
// comes back as after a time-out.
func TestAbortedSend(t *testing.T) {
	begin(t)
	p := sendPort(t)
	fillQueue(t, p)
	h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: p, MsghID: 9}
	err := interrupted(t, func() error {
		return mach.MachMsg(&h, mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT|mach.MACH_SEND_INTERRUPT, headerSize, 0, none, 8000, none)
	})
	want(t, "mach_msg", err, mach.MACH_SEND_INTERRUPTED)
	record("thread_abort", mach.MACH_SEND_INTERRUPTED)
	equal(t, "remote port given back", h.MsghRemotePort, p)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 2)
	mach.MachMsgDestroy(&h)
	equal(t, "messages", status(t, p).MpsMsgcount, mach.MACH_PORT_QLIMIT_DEFAULT)
}

// xnu libsyscall/mach/mach_msg.c, mach_msg: without MACH_RCV_INTERRUPT the call
// goes on after an interruption.
func TestReceiveGoesOn(t *testing.T) {
	begin(t)
	p := park(t, 0)
	ok(t, "thread_abort", mach.ThreadAbort(p.port))
	select {
	case err := <-p.err:
		t.Errorf("the receive came back: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	p.release(t)
	ok(t, "mach_msg", <-p.err)
}
