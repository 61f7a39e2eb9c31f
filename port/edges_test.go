package port_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Answers that are none: each form has its error.
func TestMIGErrorOfOtherForms(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	var m port.Received
	for name, x := range map[string]struct {
		m    *port.Message
		want error
	}{
		"success":      {new(port.Message).MIGReply(5, mach.KERN_SUCCESS), nil},
		"failure":      {new(port.Message).MIGReply(5, mach.KERN_NO_SPACE), mach.KERN_NO_SPACE},
		"with memory":  {port.NewMessage(105).CopyBytes([]byte("x")), nil},
		"short":        {port.NewMessage(105).AppendNDR(), mach.MIG_TYPE_ERROR},
		"empty":        {port.NewMessage(105), mach.MIG_TYPE_ERROR},
		"other":        {port.NewMessage(106).AppendNDR().AppendUint32(0), mach.MIG_REPLY_MISMATCH},
		"nobody there": {port.NewMessage(mach.MACH_NOTIFY_SEND_ONCE), mach.MIG_SERVER_DIED},
	} {
		ok(t, s.Send(bg, x.m))
		ok(t, r.Receive(bg, &m))
		if err := m.MIGError(5); err != x.want {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
	ok(t, m.Close())
	if err := m.MIGError(5); err != mach.MIG_REPLY_MISMATCH {
		t.Errorf("no message: %v", err)
	}
}

// Rights that cannot move leave the message as it was, with the mistake kept;
// what moved before is released with it.
func TestMovesOfWhatIsGone(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	gone := must(s.Copy())(t)
	ok(t, gone.Close())
	once := must(r.MakeSendOnce())(t)
	ok(t, once.Send(bg, port.NewMessage(1)))
	var got port.Received
	ok(t, r.Receive(bg, &got))
	ok(t, got.Close())
	for name, f := range map[string]func(*port.Message){
		"send":     func(m *port.Message) { m.MoveSend(gone) },
		"once":     func(m *port.Message) { m.MoveSendOnce(once) },
		"reply":    func(m *port.Message) { m.MoveReply(once) },
		"reply to": func(m *port.Message) { m.ReplyToSend(gone) },
		"voucher":  func(m *port.Message) { m.MoveVoucher(gone) },
		"guarded":  func(m *port.Message) { m.MoveGuarded(new(port.Receive), 1) },
	} {
		m := port.NewMessage(1).MoveSend(must(s.Copy())(t)).AppendUint32(1)
		f(m)
		if !errors.Is(m.Err(), port.ErrClosed) {
			t.Errorf("%s: %v", name, m.Err())
		}
		if err := s.Send(bg, m); !errors.Is(err, port.ErrClosed) {
			t.Errorf("%s: sent: %v", name, err)
		}
		// Nothing more is taken after a mistake.
		kept := must(s.Copy())(t)
		m.MoveSend(kept).MoveSends(kept).MoveVoucher(kept).CopySends(kept).ReplyToSend(kept)
		if kept.Name() == mach.MACH_PORT_NULL {
			t.Errorf("%s: a right went into a message that cannot be sent", name)
		}
		ok(t, kept.Close())
		ok(t, m.Close())
	}
	if n := refs(t, s.Name(), mach.MACH_PORT_RIGHT_SEND); n != 1 {
		t.Errorf("%d references, want 1", n)
	}
}

// A notifier that is closed while its channel is full lets go of what waits for
// room in it.
func TestNotifierClosedWhileFull(t *testing.T) {
	porttest.LeakCheck(t)
	n, c, err := port.NewNotifierChannel(0)
	ok(t, err)
	var ss []*port.Send
	for range 3 {
		r := must(port.NewReceive())(t)
		s := must(r.MakeSend())(t)
		defer s.Close()
		ss = append(ss, s)
		ok(t, n.PortDestroyed(r))
		ok(t, r.Close())
	}
	time.Sleep(20 * time.Millisecond) // one waits for room
	ok(t, n.Close())
	if x, open := <-c; open {
		t.Errorf("%#v", x)
	}
	for _, s := range ss {
		if dead := must(s.Dead())(t); !dead {
			t.Error("a receive right that came back has no owner")
		}
	}
	n2, _, err := port.NewNotifierChannel(-1)
	ok(t, err)
	ok(t, n2.Close())
}

// Options can be combined, and the zero one is none.
func TestOptions(t *testing.T) {
	porttest.LeakCheck(t)
	r := must(port.NewReceive(port.ImportanceReceiver(), port.Option{}, port.QueueLimit(3), port.Immovable()))(t)
	defer r.Close()
	status := must(r.Status())(t)
	const want = mach.MACH_PORT_STATUS_FLAG_GUARDED | mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE | mach.MACH_PORT_STATUS_FLAG_IMP_DONATION
	if status.MpsFlags&want != want || status.MpsQlimit != 3 {
		t.Errorf("flags %#x, limit %d", status.MpsFlags, status.MpsQlimit)
	}
	for _, n := range []int{-1, math.MaxInt, 1025} {
		if err := r.SetQueueLimit(n); (err == nil) != (n < 0) {
			t.Errorf("limit %d: %v", n, err)
		}
	}
	if s := must(r.Status())(t); s.MpsQlimit != 0 {
		t.Errorf("limit %d, want 0", s.MpsQlimit)
	}
}

// Several goroutines serve one port, one of them panics in a handler: what it
// held is released, and the others go on.
func TestHandlerPanics(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	other, to := pair(t)
	srv := &port.Server{Default: func(_ context.Context, q *port.Received, a *port.Message) error {
		if q.ID() == 1 {
			a.CopySend(to)
			panic("handler")
		}
		return nil
	}}
	done := make(chan any, 2)
	for range 2 {
		go func() {
			defer func() { done <- recover() }()
			srv.Serve(bg, r)
		}()
	}
	var a port.Received
	m := port.NewMessage(1).CopySend(to).CopyBytes(make([]byte, 8000))
	if err := s.Call(within(t, time.Minute), m, &a); !errors.Is(err, port.ErrNoReply) {
		t.Errorf("the request of the handler that panicked: %v", err)
	}
	if p := <-done; p != "handler" {
		t.Errorf("recovered %v", p)
	}
	ok(t, s.Call(within(t, time.Minute), port.NewMessage(2), &a))
	ok(t, a.Close())
	ok(t, r.Close())
	<-done
	if n := refs(t, other.Name(), mach.MACH_PORT_RIGHT_SEND); n != 1 {
		t.Errorf("%d references, want 1", n)
	}
}
