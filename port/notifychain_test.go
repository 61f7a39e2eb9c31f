package port_test

import (
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// The kernel keeps one dead-name request for a name (xnu osfmk/ipc/ipc_right.c,
// ipc_right_request_alloc), and hands the right of the one before to whoever
// asks next: every watcher hears of the death all the same.
func TestEveryWatcherHearsOfADeath(t *testing.T) {
	porttest.LeakCheck(t)
	a, fromA := notifier(t)
	b, fromB := notifier(t)
	byHand := must(port.NewReceive())(t)
	defer byHand.Close()
	r, s := pair(t)
	same := must(s.Copy())(t)
	defer same.Close()
	var before mach.MachPort
	ok(t, mach.MachPortRequestNotification(mach.MachTaskSelf(), s.Name(), mach.MACH_NOTIFY_DEAD_NAME, 0, byHand.Name(), mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &before))
	ok(t, a.DeadName(s))
	ok(t, b.DeadName(same))
	ok(t, a.DeadName(same)) // and once more
	ok(t, r.Close())
	for range 2 {
		if _, is := next(t, fromA).(port.DeadName); !is {
			t.Error("the first watcher did not hear of it")
		}
	}
	if x, is := next(t, fromB).(port.DeadName); !is || x.Send != same {
		t.Errorf("the second got %#v", x)
	}
	var m port.Received
	ok(t, byHand.Receive(bg, &m))
	if m.ID() != mach.MACH_NOTIFY_DEAD_NAME {
		t.Errorf("the watcher by hand got message %d", m.ID())
	}
	ok(t, mach.MachPortDeallocate(mach.MachTaskSelf(), s.Name())) // the notification's reference
	ok(t, m.Close())
	if n := refs(t, s.Name(), mach.MACH_PORT_RIGHT_DEAD_NAME); n != 2 {
		t.Errorf("%d references to the dead name, want 2", n)
	}
}

// A watcher that closes takes only its own request away.
func TestWatcherThatClosesLeavesTheOthers(t *testing.T) {
	porttest.LeakCheck(t)
	for _, which := range []string{"the later", "the earlier"} {
		a, fromA := notifier(t)
		b, _, err := port.NewNotifierChannel(1)
		ok(t, err)
		r, s := pair(t)
		if which == "the later" {
			ok(t, a.DeadName(s))
			ok(t, b.DeadName(s))
		} else {
			ok(t, b.DeadName(s))
			ok(t, a.DeadName(s))
		}
		ok(t, b.Close())
		ok(t, r.Close())
		if _, is := next(t, fromA).(port.DeadName); !is {
			t.Errorf("%s closed: no word of the death", which)
		}
	}
}

// Who is displaced by somebody that drops its right is told.
func TestDisplacedWatcherIsTold(t *testing.T) {
	porttest.LeakCheck(t)
	a, fromA := notifier(t)
	byHand := must(port.NewReceive())(t)
	defer byHand.Close()
	r, s := pair(t)
	ok(t, a.DeadName(s))
	var before mach.MachPort
	ok(t, mach.MachPortRequestNotification(mach.MachTaskSelf(), s.Name(), mach.MACH_NOTIFY_DEAD_NAME, 0, byHand.Name(), mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &before))
	ok(t, mach.MachPortDeallocate(mach.MachTaskSelf(), before))
	if _, is := next(t, fromA).(port.Cancelled); !is {
		t.Error("not told of being displaced")
	}
	ok(t, a.DeadName(s)) // it asks again, and both hear of it
	ok(t, r.Close())
	if _, is := next(t, fromA).(port.DeadName); !is {
		t.Error("no word of the death")
	}
	var m port.Received
	ok(t, byHand.Receive(bg, &m))
	ok(t, mach.MachPortDeallocate(mach.MachTaskSelf(), s.Name()))
	ok(t, m.Close())
}

// A request whose port died is no obstacle to the next one.
func TestWatcherAfterADeadOne(t *testing.T) {
	porttest.LeakCheck(t)
	a, fromA := notifier(t)
	byHand := must(port.NewReceive())(t)
	r, s := pair(t)
	var before mach.MachPort
	ok(t, mach.MachPortRequestNotification(mach.MachTaskSelf(), s.Name(), mach.MACH_NOTIFY_DEAD_NAME, 0, byHand.Name(), mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &before))
	ok(t, byHand.Close())
	ok(t, a.DeadName(s))
	ok(t, r.Close())
	if x, is := next(t, fromA).(port.DeadName); !is || x.Send != s {
		t.Errorf("got %#v", x)
	}
	ok(t, s.Close())
}
