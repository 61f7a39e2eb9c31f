package port_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// serve runs a server for the test and returns the way to it.
func serve(t testing.TB, srv *port.Server, options ...port.Option) *port.Send {
	t.Helper()
	r, s := pair(t, options...)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(bg, r) }()
	t.Cleanup(func() {
		r.Close()
		if err := <-done; !errors.Is(err, port.ErrClosed) {
			t.Errorf("server: %v", err)
		}
	})
	return s
}

var echo = &port.Server{Handlers: map[int32]port.Handler{
	100: func(_ context.Context, q *port.Received, a *port.Message) error {
		a.Append(q.Data()...)
		return nil
	},
	101: func(context.Context, *port.Received, *port.Message) error { return mach.KERN_PROTECTION_FAILURE },
	102: func(context.Context, *port.Received, *port.Message) error { return errors.New("something else") },
	103: func(context.Context, *port.Received, *port.Message) error { return mach.MIG_NO_REPLY },
	104: func(_ context.Context, q *port.Received, a *port.Message) error {
		a.Reset(204).CopyBytes(q.Data())
		return nil
	},
	105: func(_ context.Context, _ *port.Received, a *port.Message) error { a.MoveOutOfLine(nil); return nil },
}}

func TestServer(t *testing.T) {
	porttest.LeakCheck(t)
	s := serve(t, echo)
	var a port.Received
	defer a.Close()
	for name, ctx := range map[string]context.Context{"background": bg, "deadline": within(t, time.Minute)} {
		ok(t, s.Call(ctx, port.NewMessage(100).Append([]byte("ping")...), &a))
		if a.ID() != 200 || string(a.Data()[12:]) != "ping" || a.MIGError(100) != nil {
			t.Errorf("%s: answer %d %q", name, a.ID(), a.Data())
		}
		if err := a.MIGError(101); err != mach.MIG_REPLY_MISMATCH {
			t.Errorf("%s: other request: %v", name, err)
		}
		for id, want := range map[int32]mach.KernReturn{101: mach.KERN_PROTECTION_FAILURE, 102: mach.KERN_FAILURE,
			999: mach.MIG_BAD_ID, 105: mach.KERN_FAILURE} {
			ok(t, s.Call(ctx, port.NewMessage(id), &a))
			if err := a.MIGError(id); err != want {
				t.Errorf("%s: request %d: %v, want %v", name, id, err, want)
			}
		}
		if err := s.Call(ctx, port.NewMessage(103), &a); !errors.Is(err, port.ErrNoReply) || !errors.Is(err, mach.MIG_SERVER_DIED) {
			t.Errorf("%s: no reply: %v", name, err)
		}
		big := make([]byte, 20000)
		big[19999] = 5
		ok(t, s.Call(ctx, port.NewMessage(100).Append(big...), &a))
		if len(a.Data()) != 20012 || a.Data()[20011] != 5 {
			t.Errorf("%s: %d bytes of a large answer", name, len(a.Data()))
		}
		ok(t, s.Call(ctx, port.NewMessage(104).Append(big...), &a))
		x := must(a.TakeOutOfLine(0))(t)
		if x.Len() != 20000 || x.Bytes()[19999] != 5 {
			t.Errorf("%s: %d bytes out of line", name, x.Len())
		}
		ok(t, x.Close())
	}
}

// Pitfall reply-ports: answers come to ports of our own, one for each call, so that
// goroutines do not meet at a thread's reply port.
func TestOwnReplyPorts(t *testing.T) {
	porttest.LeakCheck(t)
	s := serve(t, echo, port.QueueLimit(1))
	var wg sync.WaitGroup
	for g := range 50 {
		wg.Go(func() {
			ctx := bg
			if g%2 == 0 {
				ctx = within(t, time.Minute)
			}
			var a port.Received
			defer a.Close()
			m := new(port.Message)
			for i := range 40 {
				if err := s.Call(ctx, m.Reset(100).AppendUint32(uint32(g)).AppendUint32(uint32(i)), &a); err != nil {
					t.Error(err)
					return
				}
				if d := a.Data()[12:]; int(d[0]) != g || int(d[4]) != i {
					t.Errorf("goroutine %d, call %d got the answer of %d, %d", g, i, d[0], d[4])
				}
			}
		})
	}
	wg.Wait()
}

// The other side may die at any step: that is an error, never a hang.
func TestServerDies(t *testing.T) {
	porttest.LeakCheck(t)
	for _, step := range []string{"before", "queued", "received", "taken"} {
		for _, ctx := range []context.Context{bg, within(t, time.Minute)} {
			r := must(port.NewReceive())(t)
			s := must(r.MakeSend())(t)
			if step == "before" {
				ok(t, r.Close())
			}
			done := make(chan error)
			go func() {
				var a port.Received
				err := s.Call(ctx, port.NewMessage(1).AppendUint32(1), &a)
				a.Close()
				done <- err
			}()
			var q port.Received
			switch step {
			case "queued":
				for st := must(r.Status())(t); st.MpsMsgcount == 0; st = must(r.Status())(t) {
					time.Sleep(time.Millisecond)
				}
			case "received", "taken":
				ok(t, r.Receive(bg, &q))
			}
			if step == "taken" {
				ok(t, must(q.TakeReply())(t).Close())
			}
			ok(t, r.Close())
			ok(t, q.Close())
			select {
			case err := <-done:
				if want := port.ErrNoReply; step != "before" && !errors.Is(err, want) || err == nil {
					t.Errorf("%s: %v", step, err)
				}
			case <-time.After(time.Minute):
				t.Fatalf("%s: the call hangs", step)
			}
			ok(t, s.Close())
		}
	}
}

// A call that is given up does not leave its answer to the next one.
func TestLateAnswer(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	var a, late port.Received
	defer a.Close()
	ctx, cancel := context.WithCancel(bg)
	given := make(chan error)
	go func() { given <- s.Call(ctx, port.NewMessage(1), &a) }()
	ok(t, r.Receive(bg, &late))
	cancel()
	if err := <-given; err != context.Canceled {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- s.Call(within(t, time.Minute), port.NewMessage(2), &a) }()
	var q2 port.Received
	ok(t, r.Receive(bg, &q2))
	if err := late.Reply(bg, port.NewMessage(101)); err != nil && !errors.Is(err, mach.MACH_SEND_INVALID_DEST) {
		t.Error(err)
	}
	ok(t, q2.Reply(bg, port.NewMessage(102)))
	ok(t, <-done)
	if a.ID() != 102 {
		t.Errorf("answer %d, want 102", a.ID())
	}
	ok(t, late.Close())
	ok(t, q2.Close())
	if err := q2.Reply(bg, port.NewMessage(103)); !errors.Is(err, port.ErrKind) {
		t.Errorf("second reply: %v", err)
	}
}
