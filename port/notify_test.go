package port_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// next is the next notification.
func next(t testing.TB, c <-chan port.Notification) port.Notification {
	t.Helper()
	select {
	case x := <-c:
		return x
	case <-time.After(time.Minute):
		t.Fatal("no notification")
		return nil
	}
}

func notifier(t testing.TB) (*port.Notifier, <-chan port.Notification) {
	t.Helper()
	n, c, err := port.NewNotifierChannel(8)
	ok(t, err)
	t.Cleanup(func() {
		ok(t, n.Close())
		ok(t, n.Close())
		if x, open := <-c; open {
			t.Errorf("unexpected %T", x)
		}
	})
	return n, c
}

func TestDeadName(t *testing.T) {
	porttest.LeakCheck(t)
	n, c := notifier(t)
	r, s := pair(t)
	ok(t, n.DeadName(s))
	ok(t, r.Close())
	if x, is := next(t, c).(port.DeadName); !is || x.Send != s {
		t.Errorf("got %#v", x)
	}
	if n := refs(t, s.Name(), mach.MACH_PORT_RIGHT_DEAD_NAME); n != 1 {
		t.Errorf("%d references to the dead name, want 1", n)
	}
	// It is dead already: word comes at once.
	ok(t, n.DeadName(s))
	if _, is := next(t, c).(port.DeadName); !is {
		t.Error("no word of a name that is dead already")
	}
}

func TestCancelledByClose(t *testing.T) {
	porttest.LeakCheck(t)
	n, c := notifier(t)
	r := must(port.NewReceive())(t)
	defer r.Close()
	other := must(port.NewReceive())(t)
	defer other.Close()
	// A right of its own: its name goes with the last reference.
	carrier, to := pair(t)
	s := must(other.MakeSend())(t)
	ok(t, to.Send(bg, port.NewMessage(1).MoveReceive(other)))
	ok(t, n.DeadName(s))
	ok(t, s.Close())
	x, is := next(t, c).(port.Cancelled)
	if !is {
		t.Fatalf("got %#v", x)
	}
	if of, is := x.Of.(port.DeadName); !is || of.Send != s {
		t.Errorf("cancelled %#v", x.Of)
	}
	var m port.Received
	ok(t, carrier.Receive(bg, &m))
	ok(t, m.Close())
}

func TestNoSenders(t *testing.T) {
	porttest.LeakCheck(t)
	n, c := notifier(t)
	r := must(port.NewReceive())(t)
	defer r.Close()
	ok(t, n.NoSenders(r)) // before the first right is made: nothing to tell yet
	s := must(r.MakeSend())(t)
	s2 := must(s.Copy())(t)
	ok(t, s.Close())
	select {
	case x := <-c:
		t.Fatalf("%#v while there is a sender", x)
	case <-time.After(20 * time.Millisecond):
	}
	ok(t, s2.Close())
	if x, is := next(t, c).(port.NoSenders); !is || x.Receive != r || x.MakeSend != 1 {
		t.Errorf("got %#v", x)
	}
}

func TestSendPossible(t *testing.T) {
	porttest.LeakCheck(t)
	n, c := notifier(t)
	r, s := pair(t, port.QueueLimit(1))
	ok(t, s.Send(bg, port.NewMessage(1)))
	m := port.NewMessage(2)
	if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
		t.Fatal(err)
	}
	ok(t, n.SendPossible(s))
	select {
	case x := <-c:
		t.Fatalf("%#v while the queue is full", x)
	case <-time.After(20 * time.Millisecond):
	}
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	if x, is := next(t, c).(port.SendPossible); !is || x.Send != s {
		t.Errorf("got %#v", x)
	}
	ok(t, s.TrySend(m))
}

func TestPortDestroyed(t *testing.T) {
	porttest.LeakCheck(t)
	n, c := notifier(t)
	r := must(port.NewReceive())(t)
	s := must(r.MakeSend())(t)
	defer s.Close()
	ok(t, n.PortDestroyed(r))
	if err := n.PortDestroyed(r); !errors.Is(err, mach.KERN_FAILURE) {
		t.Errorf("second request: %v", err)
	}
	ok(t, r.Close())
	x, is := next(t, c).(port.PortDestroyed)
	if !is {
		t.Fatalf("got %#v", x)
	}
	if dead := must(s.Dead())(t); dead {
		t.Error("the port has died all the same")
	}
	ok(t, x.Receive.Close())
	if dead := must(s.Dead())(t); !dead {
		t.Error("the port lives on")
	}
}

func TestNotifierCloseCancels(t *testing.T) {
	porttest.LeakCheck(t)
	n := must(port.NewNotifier(nil))(t)
	r, s := pair(t)
	ok(t, n.DeadName(s))
	ok(t, n.NoSenders(r))
	ok(t, n.Close())
	if err := n.DeadName(s); !errors.Is(err, port.ErrClosed) {
		t.Error(err)
	}
}

// A death beside Close loses no reference: the kernel's notification holds one
// to the dead name (xnu osfmk/ipc/ipc_right.c, ipc_right_check).
func TestNotifierClosesBesideDeaths(t *testing.T) {
	porttest.LeakCheck(t)
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	for i := range rounds {
		n := must(port.NewNotifier(nil))(t)
		r, s := pair(t)
		ok(t, n.DeadName(s))
		died := make(chan error)
		go func() {
			for range i % 50 {
				runtime.Gosched()
			}
			died <- r.Close()
		}()
		ok(t, n.Close())
		ok(t, <-died)
		if refs := refs(t, s.Name(), mach.MACH_PORT_RIGHT_DEAD_NAME); refs != 1 {
			t.Fatalf("round %d: %d references to the dead name, want 1", i, refs)
		}
		ok(t, s.Close())
	}
}

// Requests beside Close are made or refused.
func TestNotifierClosesBesideRequests(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	for range 300 {
		n := must(port.NewNotifier(nil))(t)
		asked := make(chan error)
		for range 4 {
			go func() {
				for {
					if err := n.DeadName(s); err != nil {
						asked <- err
						return
					}
				}
			}()
		}
		runtime.Gosched()
		ok(t, n.Close())
		for range 4 {
			if err := <-asked; !errors.Is(err, port.ErrClosed) {
				t.Error(err)
			}
		}
	}
	ok(t, s.Close())
	ok(t, r.Close())
}
