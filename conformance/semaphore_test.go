package conformance_test

import (
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// semaphore makes one for the test.
func semaphore(t testing.TB, value int32) mach.MachPort {
	t.Helper()
	var s mach.Semaphore
	ok(t, "semaphore_create", mach.SemaphoreCreate(self(), &s, mach.SYNC_POLICY_FIFO, value))
	t.Cleanup(func() { destroy(s) })
	return s
}

func now(sec uint32, nsec int32) mach.MachTimespec {
	return mach.MachTimespec{TvSec: sec, TvNsec: nsec}
}

// retry repeats a wait that a signal has interrupted.
func retry(f func() error) error {
	for {
		if err := f(); codeOf(err) != mach.KERN_ABORTED {
			return err
		}
	}
}

// xnu osfmk/kern/sync_sema.c, semaphore_create, semaphore_wait_internal.
func TestSemaphoreCount(t *testing.T) {
	begin(t)
	s := semaphore(t, 2)
	ok(t, "semaphore_wait", retry(func() error { return mach.SemaphoreWait(s) }))
	ok(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)))
	want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)), mach.KERN_OPERATION_TIMED_OUT)
	ok(t, "semaphore_signal", mach.SemaphoreSignal(s))
	ok(t, "semaphore_signal", mach.SemaphoreSignal(s))
	ok(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(1, 0)))
	ok(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)))
	want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)), mach.KERN_OPERATION_TIMED_OUT)
}

// xnu osfmk/kern/sync_sema.c, semaphore_convert_wait_result: not earlier than
// asked for.
func TestSemaphoreTimeout(t *testing.T) {
	begin(t)
	s := semaphore(t, 0)
	start := time.Now()
	want(t, "semaphore_timedwait", retry(func() error { return mach.SemaphoreTimedwait(s, now(0, 30e6)) }), mach.KERN_OPERATION_TIMED_OUT)
	if d := time.Since(start); d < 29*time.Millisecond || d > 5*time.Second {
		t.Errorf("a wait of 30 ms took %v", d)
	}
	want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 1e9)), mach.KERN_INVALID_VALUE)
	want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, -1)), mach.KERN_INVALID_VALUE)
}

// xnu osfmk/kern/sync_sema.c, semaphore_create; osfmk/mach/sync_policy.h,
// SYNC_POLICY_USER_MASK.
func TestSemaphoreCreateErrors(t *testing.T) {
	begin(t)
	var s mach.Semaphore
	want(t, "semaphore_create", mach.SemaphoreCreate(self(), &s, mach.SYNC_POLICY_FIFO, -1), mach.KERN_INVALID_ARGUMENT)
	want(t, "semaphore_create", mach.SemaphoreCreate(self(), &s, 99, 0), mach.KERN_INVALID_ARGUMENT)
	want(t, "semaphore_create", mach.SemaphoreCreate(self(), &s, mach.SYNC_POLICY_FIXED_PRIORITY, 0), mach.KERN_INVALID_ARGUMENT)
	ok(t, "semaphore_create", mach.SemaphoreCreate(self(), &s, mach.SYNC_POLICY_LIFO, 0))
	ok(t, "semaphore_destroy", mach.SemaphoreDestroy(self(), s))
	want(t, "semaphore_destroy", mach.SemaphoreDestroy(self(), sendPort(t)), mach.KERN_INVALID_ARGUMENT)
}

// waiters starts n threads that wait for s; the result counts how they came
// back.
func waiters(t testing.TB, s mach.MachPort, n int) (codes func() map[mach.KernReturn]int) {
	t.Helper()
	c := make(chan mach.KernReturn, n)
	var waits []func()
	var start sync.WaitGroup
	start.Add(n)
	for i := 0; i < n; i++ {
		waits = append(waits, onThread(t, func() {
			start.Done()
			c <- codeOf(retry(func() error { return mach.SemaphoreWait(s) }))
		}))
	}
	start.Wait()
	time.Sleep(100 * time.Millisecond) // until they wait
	return func() map[mach.KernReturn]int {
		t.Helper()
		for _, w := range waits {
			w()
		}
		m := map[mach.KernReturn]int{}
		for i := 0; i < n; i++ {
			m[<-c]++
		}
		return m
	}
}

// xnu osfmk/kern/sync_sema.c, semaphore_signal_internal: one waiter a signal,
// and signal_all wakes all that wait and leaves the count at 0.
func TestSemaphoreSignalAll(t *testing.T) {
	begin(t)
	s := semaphore(t, 0)
	ok(t, "semaphore_signal_all", mach.SemaphoreSignalAll(s))
	want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)), mach.KERN_OPERATION_TIMED_OUT)
	done := waiters(t, s, 4)
	ok(t, "semaphore_signal_all", mach.SemaphoreSignalAll(s))
	equal(t, "waiters that succeeded", done()[0], 4)
	want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)), mach.KERN_OPERATION_TIMED_OUT)
	done = waiters(t, s, 3)
	for i := 0; i < 3; i++ {
		ok(t, "semaphore_signal", mach.SemaphoreSignal(s))
	}
	equal(t, "waiters that succeeded", done()[0], 3)
}

// xnu osfmk/kern/sync_sema.c, semaphore_destroy: waiters get KERN_TERMINATED,
// and the caller's right is used up (semaphore_destroy in libsyscall's stub
// moves it).
func TestSemaphoreDestroy(t *testing.T) {
	begin(t)
	s := semaphore(t, 0)
	done := waiters(t, s, 3)
	ok(t, "semaphore_destroy", mach.SemaphoreDestroy(self(), s))
	codes := done()
	equal(t, "waiters that were told", codes[mach.KERN_TERMINATED], 3)
	record("semaphore_wait", mach.KERN_TERMINATED)
	var ty mach.MachPortType_t
	if mach.MachPortType(self(), s, &ty) == nil {
		t.Errorf("the semaphore's name is still there, with type %#x", uint32(ty))
	}
}

// xnu osfmk/kern/sync_sema.c, semaphore_destroy_internal: the port stays while
// somebody has a right to it, and stands for a semaphore that has ended.
func TestSemaphoreAfterDestroy(t *testing.T) {
	begin(t)
	s := semaphore(t, 0)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), s, mach.MACH_PORT_RIGHT_SEND, 1))
	ok(t, "semaphore_destroy", mach.SemaphoreDestroy(self(), s))
	want(t, "semaphore_signal", mach.SemaphoreSignal(s), mach.KERN_TERMINATED)
	want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)), mach.KERN_TERMINATED)
	want(t, "semaphore_signal_all", mach.SemaphoreSignalAll(s), mach.KERN_TERMINATED)
	want(t, "semaphore_signal_thread", mach.SemaphoreSignalThread(s, none), mach.KERN_TERMINATED)
	want(t, "semaphore_wait", mach.SemaphoreWait(s), mach.KERN_TERMINATED)
	ok(t, "semaphore_destroy", mach.SemaphoreDestroy(self(), s))
	gone(t, s)
}

// xnu osfmk/kern/sync_sema.c, semaphore_signal_thread_trap.
func TestSemaphoreSignalThread(t *testing.T) {
	begin(t)
	s := semaphore(t, 0)
	me := thread(t)
	want(t, "semaphore_signal_thread", mach.SemaphoreSignalThread(s, none), mach.KERN_NOT_WAITING)
	want(t, "semaphore_signal_thread", mach.SemaphoreSignalThread(s, me), mach.KERN_NOT_WAITING)
	want(t, "semaphore_signal_thread", mach.SemaphoreSignalThread(s, self()), mach.KERN_INVALID_ARGUMENT)
	want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)), mach.KERN_OPERATION_TIMED_OUT)
	ports := make(chan mach.MachPort, 1)
	got := make(chan mach.KernReturn, 1)
	wait := onThread(t, func() {
		th := mach.MachThreadSelf()
		ports <- th
		got <- codeOf(retry(func() error { return mach.SemaphoreWait(s) }))
		mach.MachPortDeallocate(self(), th)
	})
	th := <-ports
	time.Sleep(50 * time.Millisecond)
	want(t, "semaphore_signal_thread", mach.SemaphoreSignalThread(s, me), mach.KERN_NOT_WAITING)
	ok(t, "semaphore_signal_thread", mach.SemaphoreSignalThread(s, th))
	wait()
	equal(t, "result of the wait", <-got, 0)
	done := waiters(t, s, 1)
	ok(t, "semaphore_signal_thread", mach.SemaphoreSignalThread(s, none))
	equal(t, "waiters that succeeded", done()[0], 1)
}

// xnu osfmk/kern/sync_sema.c, semaphore_wait_signal_internal.
func TestSemaphoreWaitSignal(t *testing.T) {
	begin(t)
	a, b := semaphore(t, 0), semaphore(t, 0)
	want(t, "semaphore_timedwait_signal", mach.SemaphoreTimedwaitSignal(a, b, now(0, 0)), mach.KERN_OPERATION_TIMED_OUT)
	ok(t, "semaphore_timedwait", mach.SemaphoreTimedwait(b, now(0, 0))) // the signal was given
	want(t, "semaphore_timedwait_signal", mach.SemaphoreTimedwaitSignal(a, b, now(0, -5)), mach.KERN_INVALID_VALUE)
	wait := onThread(t, func() {
		if err := retry(func() error { return mach.SemaphoreWait(b) }); err != nil {
			t.Error(err)
		}
		if err := mach.SemaphoreSignal(a); err != nil {
			t.Error(err)
		}
	})
	err := mach.SemaphoreWaitSignal(a, b)
	if codeOf(err) == mach.KERN_ABORTED {
		err = retry(func() error { return mach.SemaphoreWait(a) })
	}
	ok(t, "semaphore_wait_signal", err)
	wait()
}

// xnu osfmk/kern/sync_sema.c, port_name_to_semaphore.
func TestSemaphoreNameErrors(t *testing.T) {
	begin(t)
	s := semaphore(t, 0)
	for name, code := range map[mach.MachPort]mach.KernReturn{
		absent(t): mach.KERN_INVALID_NAME, newPort(t): mach.KERN_INVALID_RIGHT,
		sendPort(t): mach.KERN_INVALID_CAPABILITY, newSet(t): mach.KERN_INVALID_RIGHT,
		none: mach.KERN_INVALID_NAME,
		// A dead name stands for nothing that could be looked at; a send right
		// whose port has died unnoticed still does (ipc_right_lookup_read).
		newDeadName(t): mach.KERN_INVALID_NAME, orphan(t): mach.KERN_INVALID_CAPABILITY,
	} {
		want(t, "semaphore_signal", mach.SemaphoreSignal(name), code)
		want(t, "semaphore_signal_all", mach.SemaphoreSignalAll(name), code)
		want(t, "semaphore_signal_thread", mach.SemaphoreSignalThread(name, none), code)
		want(t, "semaphore_wait", mach.SemaphoreWait(name), code)
		want(t, "semaphore_timedwait", mach.SemaphoreTimedwait(name, now(0, 0)), code)
		if name != none {
			want(t, "semaphore_wait_signal", mach.SemaphoreWaitSignal(s, name), code)
		}
		want(t, "semaphore_timedwait_signal", mach.SemaphoreTimedwaitSignal(name, s, now(0, 0)), code)
	}
}

// xnu osfmk/kern/sync_sema.c, convert_semaphore_to_port: the right can go
// through a message as any other.
func TestSemaphoreRightTravels(t *testing.T) {
	begin(t)
	s, p := semaphore(t, 1), newPort(t)
	ok(t, "mach_msg", sendRight(p, s, mach.MACH_MSG_TYPE_COPY_SEND))
	got, kind := receiveRight(t, p)
	equal(t, "name", got, s)
	equal(t, "kind", kind, mach.MACH_MSG_TYPE_PORT_SEND)
	refsAre(t, s, mach.MACH_PORT_RIGHT_SEND, 2)
	dropSend(t, s)
	ok(t, "semaphore_timedwait", mach.SemaphoreTimedwait(s, now(0, 0)))
}
