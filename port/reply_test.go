package port_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Requests whose answers are not waited for.
func TestReplyTo(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	answers, answerTo := pair(t, port.QueueLimit(1))
	var q, a port.Received
	defer q.Close()
	defer a.Close()

	ok(t, s.Send(bg, port.NewMessage(1).ReplyTo(answers)))
	ok(t, r.Receive(bg, &q))
	if !q.HasReply() {
		t.Fatal("no right to answer")
	}
	ok(t, q.Reply(bg, port.NewMessage(101)))
	if q.HasReply() {
		t.Error("a right to answer that was used up")
	}
	ok(t, answers.Receive(bg, &a))
	if a.ID() != 101 {
		t.Errorf("answer %d", a.ID())
	}

	// A send right can answer more than once, and may find no room.
	ok(t, s.Send(bg, port.NewMessage(2).ReplyToSend(answerTo)))
	ok(t, r.Receive(bg, &q))
	if _, err := q.TakeReply(); !errors.Is(err, port.ErrKind) {
		t.Errorf("a send right as a send-once right: %v", err)
	}
	ok(t, answerTo.Send(bg, port.NewMessage(0)))
	m := port.NewMessage(102)
	if err := q.TryReply(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) || !q.HasReply() {
		t.Errorf("answered into a full queue: %v", err)
	}
	if err := q.Reply(within(t, 20*time.Millisecond), m); !errors.Is(err, context.DeadlineExceeded) || !q.HasReply() {
		t.Errorf("answered into a full queue: %v", err)
	}
	through := must(q.TakeReplySend())(t)
	if q.HasReply() {
		t.Error("a right to answer that was taken")
	}
	for i := range int32(3) {
		ok(t, answers.Receive(bg, &a))
		if a.ID() != i {
			t.Errorf("answer %d, want %d", a.ID(), i)
		}
		ok(t, through.Send(bg, m.Reset(i+1)))
	}
	ok(t, through.Close())
}

// A request is passed on together with the right to answer it: the answer comes
// from somebody whom the client does not know.
func TestReplyIsPassedOn(t *testing.T) {
	porttest.LeakCheck(t)
	worker := serve(t, echo)
	front := serve(t, &port.Server{Default: func(ctx context.Context, q *port.Received, _ *port.Message) error {
		once, err := q.TakeReply()
		if err != nil {
			return err
		}
		m := port.NewMessage(q.ID()).Append(q.Data()...).MoveReply(once)
		defer m.Close()
		if err := worker.Send(ctx, m); err != nil {
			return err
		}
		return mach.MIG_NO_REPLY
	}})
	answers, _ := pair(t)
	var a port.Received
	defer a.Close()
	for range 3 {
		ok(t, front.Send(bg, port.NewMessage(100).AppendUint32(7).ReplyTo(answers)))
		ok(t, answers.Receive(within(t, time.Minute), &a))
		if a.MIGError(100) != nil || a.Data()[12] != 7 {
			t.Errorf("answer %d, % x", a.ID(), a.Data())
		}
	}
}

// The right to answer belongs to a message that is not sent, and comes back from
// a full queue: nobody is told that it was thrown away before it is.
func TestReplyStaysWithMessage(t *testing.T) {
	porttest.LeakCheck(t)
	_, s := pair(t, port.QueueLimit(1))
	answers, answerTo := pair(t)
	ok(t, s.Send(bg, port.NewMessage(1)))
	var a port.Received
	for name, build := range map[string]func(*port.Message){
		"made":   func(m *port.Message) { m.ReplyTo(answers) },
		"moved":  func(m *port.Message) { m.MoveReply(must(answers.MakeSendOnce())(t)) },
		"copied": func(m *port.Message) { m.ReplyToSend(answerTo) },
		"twice":  func(m *port.Message) { m.ReplyToSend(answerTo).ReplyTo(answers) },
	} {
		m := port.NewMessage(2)
		build(m)
		for range 2 {
			if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := answers.TryReceive(&a); !errors.Is(err, mach.MACH_RCV_TIMED_OUT) {
			t.Errorf("%s: message %d while the right is kept", name, a.ID())
		}
		ok(t, m.Close())
		if name == "copied" {
			continue
		}
		ok(t, answers.TryReceive(&a))
		if a.ID() != mach.MACH_NOTIFY_SEND_ONCE {
			t.Errorf("%s: message %d, want a send-once notification", name, a.ID())
		}
		ok(t, a.Close())
	}
	m := port.NewMessage(1).ReplyTo(answers)
	if err := s.Call(bg, m, &a); !errors.Is(err, port.ErrHasReply) {
		t.Errorf("two rights to answer: %v", err)
	}
	if err := s.Call(within(t, time.Minute), m, &a); !errors.Is(err, port.ErrHasReply) {
		t.Errorf("two rights to answer: %v", err)
	}
	ok(t, m.Close())
}

// Who asked may be gone when the answer is ready: that is an error for the
// answer, and for nothing else.
func TestClientDies(t *testing.T) {
	porttest.LeakCheck(t)
	var dropped []error
	answers := make([]*port.Receive, 6)
	srv := &port.Server{
		Default: func(_ context.Context, q *port.Received, a *port.Message) error {
			if int(q.ID()) < len(answers) {
				answers[q.ID()].Close() // the client dies while we work for it
			}
			a.Append(q.Data()...)
			return nil
		},
		Dropped: func(id int32, err error) {
			if !errors.Is(err, mach.MACH_SEND_INVALID_DEST) {
				t.Errorf("answer to %d: %v", id, err)
			}
			dropped = append(dropped, err)
		},
	}
	r, s := pair(t, port.QueueLimit(10))
	for i := range answers {
		answers[i] = must(port.NewReceive())(t)
		m := port.NewMessage(int32(i))
		if i%2 == 0 {
			// What goes to a dead port by a send-once right counts as sent.
			m.ReplyTo(answers[i])
		} else {
			to := must(answers[i].MakeSend())(t)
			m.ReplyToSend(to)
			ok(t, to.Close())
		}
		ok(t, s.Send(bg, m))
	}
	ctx, cancel := context.WithCancel(bg)
	done := make(chan error)
	go func() { done <- srv.Serve(ctx, r) }()
	var a port.Received
	defer a.Close()
	ok(t, s.Call(within(t, time.Minute), port.NewMessage(99), &a)) // it goes on
	cancel()
	if err := <-done; err != context.Canceled {
		t.Error(err)
	}
	if len(dropped) != 3 {
		t.Errorf("%d answers were dropped, want 3: %v", len(dropped), dropped)
	}
}

// A message of which the kernel took a part and then refused the rest: what was
// taken, the rights in the header first, is not released a second time (xnu
// osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_body).
func TestRefusedBody(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	a, as := pair(t, port.QueueLimit(10))
	v := newVoucher(t, "spent")
	const stale = mach.MachPort(0xdeadbe03)
	bad := func() *port.Message {
		return port.NewMessage(1).MoveSend(must(as.Copy())(t)).MoveOutOfLine(must(port.NewOutOfLine(9000))(t)).
			MoveVoucher(must(v.Copy())(t)).CopyName(stale)
	}
	counted := func(what string, err error, m *port.Message) {
		t.Helper()
		if !errors.Is(err, mach.MACH_SEND_INVALID_RIGHT) {
			t.Errorf("%s: %v", what, err)
		}
		if m.Len() != 0 || m.Err() != nil {
			t.Errorf("%s: the message is not empty", what)
		}
		ok(t, m.Close())
		for name, right := range map[string]*port.Send{"right": as, "voucher": v} {
			if n := refs(t, right.Name(), mach.MACH_PORT_RIGHT_SEND); n != 1 {
				t.Errorf("%s: %d references to the %s, want 1", what, n, name)
			}
		}
	}
	told := func(what string, want bool) { // that a send-once right to a was thrown away
		t.Helper()
		var m port.Received
		if err := a.TryReceive(&m); want != (err == nil) {
			t.Errorf("%s: told %v, want %v", what, err == nil, want)
		}
		ok(t, m.Close())
	}

	m := bad()
	counted("send", s.Send(bg, m), m)
	m = bad()
	counted("send with a deadline", s.Send(within(t, time.Minute), m), m)
	m = bad().MoveReply(must(a.MakeSendOnce())(t))
	counted("with a reply right", s.TrySend(m), m)
	told("with a reply right", true)
	m = bad().ReplyTo(a)
	counted("with a reply port", s.TrySend(m), m)
	told("with a reply port", true)

	once := must(a.MakeSendOnce())(t)
	m = bad()
	counted("send-once", once.Send(bg, m), m)
	ok(t, once.Close())
	told("send-once", true)
	told("send-once", false)

	var q, answer port.Received
	for _, call := range []context.Context{bg, within(t, time.Minute)} {
		m = bad()
		counted("call", s.Call(call, m, &answer), m)
	}
	for what, build := range map[string]func(*port.Message) *port.Message{
		"reply":                 func(m *port.Message) *port.Message { return m.ReplyTo(a) },
		"reply by a send right": func(m *port.Message) *port.Message { return m.ReplyToSend(as) },
	} {
		ok(t, s.Send(bg, build(port.NewMessage(2))))
		ok(t, r.Receive(bg, &q))
		m = bad()
		counted(what, q.Reply(bg, m), m)
		if q.HasReply() {
			t.Errorf("%s: the right to answer is there, but the kernel has it", what)
		}
		ok(t, q.Close())
		told(what, what == "reply")
	}
}
