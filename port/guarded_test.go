package port_test

import (
	"errors"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// A guarded receive right arrives guarded and immovable, or is checked to be
// unguarded when it leaves (xnu osfmk/ipc/ipc_right.c, ipc_right_copyout and
// ipc_right_copyin_check_guard_locked).
func TestGuardedReceiveTravels(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	for flags, immovable := range map[mach.MachMsgGuardFlags]bool{
		mach.MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE:                                               true,
		mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND:                                               false,
		mach.MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE | mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND: true,
	} {
		a := must(port.NewReceive())(t)
		as := must(a.MakeSend())(t)
		ok(t, as.Send(bg, port.NewMessage(77)))
		ok(t, s.Send(bg, port.NewMessage(1).MoveGuarded(a, flags).AppendUint32(9)))
		if a.Name() != mach.MACH_PORT_NULL {
			t.Error("a moved right has a name")
		}
		var got port.Received
		ok(t, r.Receive(bg, &got))
		if got.Kind(0) != port.GuardedReceiveRight || got.Descriptors() != 1 || got.Data()[0] != 9 {
			t.Fatalf("flags %d: %v", flags, got.Kind(0))
		}
		b := must(got.TakeReceive(0))(t)
		if _, err := got.TakeReceive(0); !errors.Is(err, port.ErrKind) {
			t.Errorf("second take: %v", err)
		}
		status := must(b.Status())(t)
		if status.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARDED == 0 {
			t.Errorf("flags %d: not guarded", flags)
		}
		if got := status.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE != 0; got != immovable {
			t.Errorf("flags %d: immovable %v", flags, got)
		}
		m := port.NewMessage(2).MoveReceive(b)
		if err := m.Err(); immovable != errors.Is(err, port.ErrImmovable) {
			t.Errorf("flags %d: sent on: %v", flags, err)
		}
		if immovable {
			// It stays with its owner, and so do its messages.
			ok(t, b.TryReceive(&got))
			if got.ID() != 77 {
				t.Errorf("message %d", got.ID())
			}
		}
		ok(t, got.Close())
		ok(t, m.Close())
		ok(t, b.Close())
		if dead := must(as.Dead())(t); !dead {
			t.Errorf("flags %d: the port lives on", flags)
		}
		ok(t, as.Close())
	}
}

// Guarded rights that nobody takes out, that come back from a full queue, or
// that are never sent are released with their messages.
func TestGuardedReceiveIsReleased(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t, port.QueueLimit(1))
	for _, flags := range []mach.MachMsgGuardFlags{1, 2, 3} {
		build := func() (*port.Message, *port.Send) {
			a := must(port.NewReceive())(t)
			as := must(a.MakeSend())(t)
			return port.NewMessage(1).MoveGuarded(a, flags), as
		}
		gone := func(step string, as *port.Send) {
			t.Helper()
			if dead := must(as.Dead())(t); !dead {
				t.Errorf("flags %d, %s: the port lives on", flags, step)
			}
			ok(t, as.Close())
		}
		m, as := build()
		ok(t, m.Close())
		gone("not sent", as)

		var got port.Received
		m, as = build()
		ok(t, s.Send(bg, m))
		ok(t, r.Receive(bg, &got))
		ok(t, got.Close())
		gone("received", as)

		ok(t, s.Send(bg, port.NewMessage(1)))
		m, as = build()
		for range 3 {
			if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
				t.Fatal(err)
			}
		}
		ok(t, m.Close())
		gone("came back", as)

		m, as = build()
		if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
			t.Fatal(err)
		}
		ok(t, r.Receive(bg, &got))
		ok(t, s.Send(bg, m))
		ok(t, r.Receive(bg, &got))
		b := must(got.TakeReceive(0))(t)
		ok(t, b.Close())
		gone("came back and was sent", as)
		ok(t, got.Close())
	}
}

func TestGuardedMistakes(t *testing.T) {
	porttest.LeakCheck(t)
	a := must(port.NewReceive())(t)
	for _, flags := range []mach.MachMsgGuardFlags{0, 4, 7, 1 << 31} {
		if err := port.NewMessage(1).MoveGuarded(a, flags).Err(); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
			t.Errorf("flags %#x: %v", flags, err)
		}
	}
	if a.Name() == mach.MACH_PORT_NULL {
		t.Error("a right that was refused is gone")
	}
	ok(t, a.Close())
	if err := port.NewMessage(1).MoveGuarded(a, 1).Err(); !errors.Is(err, port.ErrClosed) {
		t.Errorf("closed right: %v", err)
	}
}

// A receiver that does not ask for guarded descriptors finds no right, and the
// port destroyed (ipc_kmsg.c, ipc_kmsg_copyout_guarded_port_descriptor).
func TestGuardedNotWanted(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	a := must(port.NewReceive())(t)
	as := must(a.MakeSend())(t)
	ok(t, s.Send(bg, port.NewMessage(1).MoveGuarded(a, mach.MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE)))
	raw := new(struct {
		head mach.MachMsgHeader
		body mach.MachMsgBody
		port mach.MachMsgGuardedPortDescriptor64
		room [100]byte
	})
	ok(t, mach.MachMsg(&raw.head, mach.MACH_RCV_MSG, 0, 144, r.Name(), 0, 0))
	if raw.port.Name != mach.MACH_PORT_NULL || raw.port.Type != uint8(mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR) {
		t.Errorf("descriptor %+v", raw.port)
	}
	if dead := must(as.Dead())(t); !dead {
		t.Error("the port lives on")
	}
	ok(t, as.Close())
}

func TestImmovable(t *testing.T) {
	porttest.LeakCheck(t)
	for name, option := range map[string]port.Option{"immovable": port.Immovable(), "exceptions": port.ForExceptions()} {
		r := must(port.NewReceive(option))(t)
		for _, m := range []*port.Message{
			port.NewMessage(1).MoveReceive(r), port.NewMessage(1).MoveGuarded(r, 1), port.NewMessage(1).MoveGuarded(r, 2),
			port.NewMessage(1).MoveReceives(r),
		} {
			if err := m.Err(); !errors.Is(err, port.ErrImmovable) || !errors.Is(err, mach.KERN_INVALID_CAPABILITY) {
				t.Errorf("%s: %v", name, err)
			}
			ok(t, m.Close())
		}
		// It is still whole.
		s := must(r.MakeSend())(t)
		ok(t, s.Send(bg, port.NewMessage(5)))
		var got port.Received
		ok(t, r.Receive(bg, &got))
		ok(t, got.Close())
		ok(t, s.Close())
		ok(t, r.Close())
	}
}
