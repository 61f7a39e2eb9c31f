//go:build linux && (amd64 || arm64)

package sync_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

// The rules are those of xnu osfmk/kern/sync_sema.c.

func newSemaphore(t *testing.T, policy mach.SyncPolicy, value int32) mach.Semaphore {
	t.Helper()
	var s mach.Semaphore
	if err := mach.SemaphoreCreate(mach.MachTaskSelf(), &s, policy, value); err != nil {
		t.Fatal(err)
	}
	return s
}

func want(t *testing.T, what string, err error, kr mach.KernReturn) {
	t.Helper()
	if kr == mach.KERN_SUCCESS && err == nil {
		return
	}
	if err != error(kr) {
		t.Errorf("%s: %v, want %v", what, err, kr)
	}
}

func ms(n uint32) mach.MachTimespec {
	return mach.MachTimespec{TvSec: n / 1000, TvNsec: mach.ClockRes(n % 1000 * 1e6)}
}

func TestCount(t *testing.T) {
	s := newSemaphore(t, mach.SYNC_POLICY_FIFO, 2)
	self := mach.MachTaskSelf()
	want(t, "first", mach.SemaphoreWait(s), mach.KERN_SUCCESS)
	want(t, "second", mach.SemaphoreTimedwait(s, ms(0)), mach.KERN_SUCCESS)
	want(t, "poll", mach.SemaphoreTimedwait(s, ms(0)), mach.KERN_OPERATION_TIMED_OUT)
	began := time.Now()
	want(t, "timed", mach.SemaphoreTimedwait(s, ms(30)), mach.KERN_OPERATION_TIMED_OUT)
	if d := time.Since(began); d < 30*time.Millisecond || d > 5*time.Second {
		t.Errorf("30 ms took %v", d)
	}
	want(t, "signal_all with nobody there", mach.SemaphoreSignalAll(s), mach.KERN_SUCCESS)
	want(t, "which leaves no count", mach.SemaphoreTimedwait(s, ms(0)), mach.KERN_OPERATION_TIMED_OUT)
	want(t, "signal_thread of anyone", mach.SemaphoreSignalThread(s, mach.MACH_PORT_NULL), mach.KERN_NOT_WAITING)
	want(t, "which leaves no count", mach.SemaphoreTimedwait(s, ms(0)), mach.KERN_OPERATION_TIMED_OUT)
	want(t, "signal", mach.SemaphoreSignal(s), mach.KERN_SUCCESS)
	want(t, "and its count", mach.SemaphoreWait(s), mach.KERN_SUCCESS)
	want(t, "destroy", mach.SemaphoreDestroy(self, s), mach.KERN_SUCCESS)
	// The caller's right went with it.
	want(t, "signal after destroy", mach.SemaphoreSignal(s), mach.KERN_INVALID_NAME)
}

func TestBadArguments(t *testing.T) {
	var s mach.Semaphore
	self := mach.MachTaskSelf()
	want(t, "negative value", mach.SemaphoreCreate(self, &s, 0, -1), mach.KERN_INVALID_ARGUMENT)
	want(t, "fixed priority", mach.SemaphoreCreate(self, &s, mach.SYNC_POLICY_FIXED_PRIORITY, 0), mach.KERN_INVALID_ARGUMENT)
	want(t, "null name", mach.SemaphoreSignal(mach.MACH_PORT_NULL), mach.KERN_INVALID_NAME)
	want(t, "dead name", mach.SemaphoreWait(mach.MachPort(mach.MACH_PORT_DEAD)), mach.KERN_INVALID_NAME)
	want(t, "no such name", mach.SemaphoreWait(0x7f000003), mach.KERN_INVALID_NAME)
	want(t, "a task", mach.SemaphoreSignal(self), mach.KERN_INVALID_CAPABILITY)
	s = newSemaphore(t, 0, 0)
	defer mach.SemaphoreDestroy(self, s)
	want(t, "bad time", mach.SemaphoreTimedwait(s, mach.MachTimespec{TvNsec: 1e9}), mach.KERN_INVALID_VALUE)
	want(t, "bad time, bad name", mach.SemaphoreTimedwait(0, mach.MachTimespec{TvNsec: 1e9}), mach.KERN_INVALID_VALUE)
	want(t, "no thread", mach.SemaphoreSignalThread(s, self), mach.KERN_INVALID_ARGUMENT)
	want(t, "signal semaphore is looked at first", mach.SemaphoreWaitSignal(s, self), mach.KERN_INVALID_CAPABILITY)
}

// parked starts a waiter on a thread of its own and returns once it waits, as
// far as that can be told from outside.
func parked(t *testing.T, wait func() error) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	ready := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		close(ready)
		done <- wait()
	}()
	<-ready
	time.Sleep(20 * time.Millisecond)
	return done
}

func result(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting")
		return nil
	}
}

func TestOrder(t *testing.T) {
	for policy, wantOrder := range map[mach.SyncPolicy]string{mach.SYNC_POLICY_FIFO: "abc", mach.SYNC_POLICY_LIFO: "cba"} {
		s := newSemaphore(t, policy, 0)
		var mu sync.Mutex
		var order string
		var all []<-chan error
		for _, name := range []string{"a", "b", "c"} {
			all = append(all, parked(t, func() error {
				err := mach.SemaphoreWait(s)
				mu.Lock()
				order += name
				mu.Unlock()
				return err
			}))
		}
		for i := range all {
			want(t, "signal", mach.SemaphoreSignal(s), mach.KERN_SUCCESS)
			for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
				mu.Lock()
				n := len(order)
				mu.Unlock()
				if n > i || time.Now().After(deadline) {
					break
				}
			}
		}
		for _, done := range all {
			want(t, "wait", result(t, done), mach.KERN_SUCCESS)
		}
		if order != wantOrder {
			t.Errorf("policy %d: woken in order %q, want %q", policy, order, wantOrder)
		}
		mach.SemaphoreDestroy(mach.MachTaskSelf(), s)
	}
}

func TestDestroyWakes(t *testing.T) {
	s := newSemaphore(t, 0, 0)
	a := parked(t, func() error { return mach.SemaphoreWait(s) })
	b := parked(t, func() error { return mach.SemaphoreTimedwait(s, ms(60000)) })
	want(t, "destroy", mach.SemaphoreDestroy(mach.MachTaskSelf(), s), mach.KERN_SUCCESS)
	want(t, "wait", result(t, a), mach.KERN_TERMINATED)
	want(t, "timed wait", result(t, b), mach.KERN_TERMINATED)
}

func TestSignalAll(t *testing.T) {
	s := newSemaphore(t, 0, 0)
	defer mach.SemaphoreDestroy(mach.MachTaskSelf(), s)
	var all []<-chan error
	for range 4 {
		all = append(all, parked(t, func() error { return mach.SemaphoreWait(s) }))
	}
	want(t, "signal_all", mach.SemaphoreSignalAll(s), mach.KERN_SUCCESS)
	for _, done := range all {
		want(t, "wait", result(t, done), mach.KERN_SUCCESS)
	}
	want(t, "the count is 0", mach.SemaphoreTimedwait(s, ms(0)), mach.KERN_OPERATION_TIMED_OUT)
}

func TestSignalThread(t *testing.T) {
	s := newSemaphore(t, 0, 0)
	defer mach.SemaphoreDestroy(mach.MachTaskSelf(), s)
	threads := make(chan mach.MachPort, 2)
	waiter := func() error {
		threads <- mach.MachThreadSelf()
		return mach.SemaphoreWait(s)
	}
	first := parked(t, waiter)
	one := <-threads
	second := parked(t, waiter)
	two := <-threads
	if one == mach.MACH_PORT_NULL || two == mach.MACH_PORT_NULL {
		t.Skip("no mach_thread_self")
	}
	want(t, "second", mach.SemaphoreSignalThread(s, two), mach.KERN_SUCCESS)
	want(t, "woken", result(t, second), mach.KERN_SUCCESS)
	select {
	case <-first:
		t.Fatal("the wrong thread was woken")
	default:
	}
	want(t, "second again", mach.SemaphoreSignalThread(s, two), mach.KERN_NOT_WAITING)
	want(t, "first", mach.SemaphoreSignalThread(s, one), mach.KERN_SUCCESS)
	want(t, "woken", result(t, first), mach.KERN_SUCCESS)
}

func TestWaitSignal(t *testing.T) {
	ping, pong := newSemaphore(t, 0, 0), newSemaphore(t, 0, 0)
	self := mach.MachTaskSelf()
	done := make(chan error, 1)
	const rounds = 1000
	go func() {
		for range rounds {
			if err := mach.SemaphoreWait(ping); err != nil {
				done <- err
				return
			}
			mach.SemaphoreSignal(pong)
		}
		done <- nil
	}()
	for range rounds {
		want(t, "wait_signal", mach.SemaphoreWaitSignal(pong, ping), mach.KERN_SUCCESS)
	}
	want(t, "the other side", result(t, done), mach.KERN_SUCCESS)

	want(t, "a time of 0 signals and does not wait", mach.SemaphoreTimedwaitSignal(pong, ping, ms(0)), mach.KERN_OPERATION_TIMED_OUT)
	want(t, "so there is a count", mach.SemaphoreTimedwait(ping, ms(0)), mach.KERN_SUCCESS)
	want(t, "timed", mach.SemaphoreTimedwaitSignal(pong, ping, ms(5)), mach.KERN_OPERATION_TIMED_OUT)
	mach.SemaphoreDestroy(self, ping)
	want(t, "no signal semaphore", mach.SemaphoreWaitSignal(pong, ping), mach.KERN_INVALID_NAME)
	mach.SemaphoreDestroy(self, pong)
}

// Many waiters with short limits against many signals: every signal is taken
// once and no more.
func TestTimeoutsAndSignalsRace(t *testing.T) {
	s := newSemaphore(t, 0, 0)
	defer mach.SemaphoreDestroy(mach.MachTaskSelf(), s)
	var mu sync.Mutex
	taken := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 200 {
				switch err := mach.SemaphoreTimedwait(s, mach.MachTimespec{TvNsec: 20e3}); err {
				case nil:
					mu.Lock()
					taken++
					mu.Unlock()
				case error(mach.KERN_OPERATION_TIMED_OUT):
				default:
					t.Error(err)
				}
			}
		}()
	}
	const signals = 500
	for range signals {
		mach.SemaphoreSignal(s)
	}
	wg.Wait()
	for mach.SemaphoreTimedwait(s, ms(0)) == nil {
		taken++
	}
	if taken != signals {
		t.Errorf("%d signals were taken %d times", signals, taken)
	}
}

// thread_abort ends a wait with KERN_ABORTED, and the semaphore forgets the
// waiter.
func TestAbort(t *testing.T) {
	s := newSemaphore(t, 0, 0)
	other := newSemaphore(t, 0, 0)
	self := mach.MachTaskSelf()
	defer mach.SemaphoreDestroy(self, s)
	defer mach.SemaphoreDestroy(self, other)
	for name, wait := range map[string]func() error{
		"wait":             func() error { return mach.SemaphoreWait(s) },
		"timedwait":        func() error { return mach.SemaphoreTimedwait(s, ms(60000)) },
		"wait_signal":      func() error { return mach.SemaphoreWaitSignal(s, other) },
		"timedwait_signal": func() error { return mach.SemaphoreTimedwaitSignal(s, other, ms(60000)) },
		"mach_wait_until":  func() error { return mach.MachWaitUntil(mach.MachAbsoluteTime() + 60e9) },
		"clock_sleep": func() error {
			var woke mach.MachTimespec
			return mach.ClockSleep(0, 1, ms(60000), &woke)
		},
	} {
		thread := make(chan mach.MachPort, 1)
		done := parked(t, func() error {
			thread <- mach.MachThreadSelf()
			return wait()
		})
		th := <-thread
		want(t, "thread_abort", mach.ThreadAbort(th), mach.KERN_SUCCESS)
		want(t, name, result(t, done), mach.KERN_ABORTED)
		mach.MachPortDeallocate(self, th)
	}
	want(t, "nobody waits", mach.SemaphoreSignalThread(s, mach.MACH_PORT_NULL), mach.KERN_NOT_WAITING)
}
