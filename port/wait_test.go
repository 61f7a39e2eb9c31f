package port_test

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Pitfall blocked-receivers: a thread blocked in mach_msg cannot be cancelled. The wake-up
// port calls it back.
func TestCancelledReceive(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	set := must(port.NewSet())(t)
	defer set.Close()
	ok(t, set.Insert(r))
	for name, src := range map[string]port.Source{"port": r, "set": set} {
		ctx, cancel := context.WithCancel(bg)
		result := make(chan error, 3)
		for range 3 {
			go func() {
				var m port.Received
				defer m.Close()
				result <- src.Receive(ctx, &m)
			}()
		}
		time.Sleep(20 * time.Millisecond)
		cancel()
		for range 3 {
			select {
			case err := <-result:
				if err != context.Canceled {
					t.Errorf("%s: %v", name, err)
				}
			case <-time.After(time.Minute):
				t.Fatalf("%s: a cancelled receiver is still waiting", name)
			}
		}
		// What comes after finds its receiver, wake-up messages or not.
		for id := range int32(3) {
			ok(t, s.Send(bg, port.NewMessage(id)))
			var m port.Received
			ok(t, src.Receive(within(t, time.Minute), &m))
			if m.ID() != id {
				t.Errorf("%s: got %d, want %d", name, m.ID(), id)
			}
			ok(t, m.Close())
		}
	}
}

// One receiver of several is cancelled; the others go on.
func TestCancelOneOfMany(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	first, cancel := context.WithCancel(bg)
	var wg sync.WaitGroup
	results := make(chan error, 8)
	for i := range 8 {
		ctx := bg
		if i == 3 {
			ctx = first
		}
		wg.Go(func() {
			var m port.Received
			defer m.Close()
			results <- r.Receive(ctx, &m)
		})
	}
	time.Sleep(20 * time.Millisecond)
	cancel()
	if err := <-results; err != context.Canceled {
		t.Fatal(err)
	}
	for range 7 {
		ok(t, s.Send(bg, port.NewMessage(1)))
	}
	for range 7 {
		ok(t, <-results)
	}
	wg.Wait()
}

func TestExpiredContexts(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	ctx, cancel := context.WithCancel(bg)
	cancel()
	ok(t, s.Send(bg, port.NewMessage(1)))
	var m port.Received
	if err := r.Receive(ctx, &m); err != context.Canceled {
		t.Error(err)
	}
	out := port.NewMessage(1)
	if err := s.Send(ctx, out); err != context.Canceled {
		t.Error(err)
	}
	if err := s.Call(ctx, out, &m); err != context.Canceled {
		t.Error(err)
	}
	ok(t, r.TryReceive(&m))
	ok(t, m.Close())
}

func TestCloseCallsReceiversBack(t *testing.T) {
	porttest.LeakCheck(t)
	for _, ctx := range []context.Context{bg, within(t, time.Minute)} {
		r := must(port.NewReceive())(t)
		set := must(port.NewSet())(t)
		results := make(chan error, 6)
		for i := range 6 {
			src := port.Source(r)
			if i%2 == 1 {
				src = set
			}
			go func() {
				var m port.Received
				results <- src.Receive(ctx, &m)
			}()
		}
		time.Sleep(20 * time.Millisecond)
		ok(t, r.Close())
		ok(t, set.Close())
		for range 6 {
			select {
			case err := <-results:
				if !errors.Is(err, port.ErrClosed) {
					t.Error(err)
				}
			case <-time.After(time.Minute):
				t.Fatal("a receiver of a closed port is still waiting")
			}
		}
	}
}

func TestRelinquishCallsReceiversBack(t *testing.T) {
	porttest.LeakCheck(t)
	r := must(port.NewReceive())(t)
	result := make(chan error)
	go func() {
		var m port.Received
		result <- r.Receive(bg, &m)
	}()
	time.Sleep(20 * time.Millisecond)
	name, guard := r.Relinquish()
	if err := <-result; !errors.Is(err, port.ErrClosed) {
		t.Error(err)
	}
	ok(t, mach.MachPortDestruct(mach.MachTaskSelf(), name, 0, guard))
}

func TestSetTellsItsMember(t *testing.T) {
	porttest.LeakCheck(t)
	set := must(port.NewSet())(t)
	defer set.Close()
	a, as := pair(t)
	b, bs := pair(t)
	ok(t, set.Insert(a))
	ok(t, set.Insert(b))
	ok(t, bs.Send(bg, port.NewMessage(2)))
	var m port.Received
	defer m.Close()
	ok(t, set.Receive(bg, &m))
	if m.Port() != b.Name() {
		t.Errorf("came to %#x, want %#x", m.Port(), b.Name())
	}
	ok(t, set.Remove(a))
	if err := set.Remove(a); !errors.Is(err, mach.KERN_NOT_IN_SET) {
		t.Errorf("second remove: %v", err)
	}
	ok(t, as.Send(bg, port.NewMessage(1)))
	if err := set.TryReceive(&m); !errors.Is(err, mach.MACH_RCV_TIMED_OUT) {
		t.Errorf("a port outside of the set: %v", err)
	}
	ok(t, b.Close())
	if err := set.Insert(b); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a closed member: %v", err)
	}
}

// A sender that waits for room is told that the port has died.
func TestSenderAndDeath(t *testing.T) {
	porttest.LeakCheck(t)
	for _, ctx := range []context.Context{bg, within(t, time.Minute)} {
		r, s := pair(t, port.QueueLimit(1))
		ok(t, s.Send(bg, port.NewMessage(1)))
		done := make(chan error)
		go func() {
			done <- s.Send(ctx, port.NewMessage(2))
		}()
		time.Sleep(30 * time.Millisecond)
		ok(t, r.Close())
		select {
		case err := <-done:
			// A message on its way when the port dies counts as sent.
			if err != nil && !errors.Is(err, mach.MACH_SEND_INVALID_DEST) {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("a sender to a dead port is still waiting")
		}
		if dead := must(s.Dead())(t); !dead {
			t.Error("the right is not dead")
		}
		if err := s.Send(bg, port.NewMessage(3)); !errors.Is(err, mach.MACH_SEND_INVALID_DEST) {
			t.Error(err)
		}
	}
}
