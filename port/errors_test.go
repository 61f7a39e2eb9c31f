package port_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// An error says what cannot be used, and why.
func TestErrorsNameTheSubject(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	closed := must(s.Copy())(t)
	ok(t, closed.Close())
	gone := must(port.NewReceive())(t)
	gone.Close()
	once := must(r.MakeSendOnce())(t)
	ok(t, once.Send(bg, port.NewMessage(1)))
	memory := must(port.NewOutOfLine(10))(t)
	ok(t, memory.Close())
	set := must(port.NewSet())(t)
	ok(t, set.Close())
	n := must(port.NewNotifier(nil))(t)
	ok(t, n.Close())
	var got, empty port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	ok(t, got.Close())
	ok(t, s.Send(bg, port.NewMessage(2).CopySend(s).CopyName(mach.MACH_PORT_NULL).CopyBytes([]byte("x"))))
	ok(t, r.Receive(bg, &got))
	null := must(got.TakeReceive(1))(t)
	must(got.TakeSend(0))(t).Close()
	second := func(_ any, err error) error { return err }
	for _, c := range []struct {
		err     error
		want    string
		never   bool // nothing was ever there
		message bool // it is about what a message holds
	}{
		{err: (*port.Send)(nil).Send(bg, port.NewMessage(1)), want: "port: nil Send", never: true},
		{err: new(port.Send).TrySend(port.NewMessage(1)), want: "port: the Send is a zero value, which owns nothing", never: true},
		{err: port.OwnSend(0).TrySend(port.NewMessage(1)), want: "port: the Send owns no right: its name is MACH_PORT_NULL", never: true},
		{err: closed.TrySend(port.NewMessage(1)), want: "port: the Send was closed or handed on"},
		{err: closed.Call(bg, port.NewMessage(1), &empty), want: "port: the Send was closed or handed on"},
		{err: port.NewMessage(1).MoveSend(closed).Err(), want: "port: the Send was closed or handed on"},
		{err: port.NewMessage(1).CopySends(s, nil).Err(), want: "port: nil Send", never: true},
		{err: port.NewMessage(1).MoveSendOnce(once).Err(), want: "port: the SendOnce was closed or handed on"},
		{err: once.Send(bg, port.NewMessage(1)), want: "port: the SendOnce was closed or handed on"},
		{err: new(port.SendOnce).Send(bg, port.NewMessage(1)), want: "port: the SendOnce is a zero value, which owns nothing", never: true},
		{err: gone.Receive(bg, &empty), want: "port: the Receive was closed or handed on"},
		{err: null.TryReceive(&empty), want: "port: the Receive owns no right: its name is MACH_PORT_NULL", never: true},
		{err: port.NewMessage(1).ReplyTo(nil).Err(), want: "port: nil Receive", never: true},
		{err: port.NewMessage(1).MoveReceive(gone).Err(), want: "port: the Receive was closed or handed on"},
		{err: set.Insert(r), want: "port: the Set was closed or handed on"},
		{err: (*port.Set)(nil).TryReceive(&empty), want: "port: nil Set", never: true},
		{err: port.NewMessage(1).CopyOutOfLine(memory).Err(), want: "port: the OutOfLine was closed or handed on"},
		{err: port.NewMessage(1).MoveOutOfLine(nil).Err(), want: "port: nil OutOfLine", never: true},
		{err: n.DeadName(s), want: "port: the Notifier was closed or handed on"},
		{err: new(port.Notifier).DeadName(s), want: "port: the Notifier is a zero value, which owns nothing", never: true},
		{err: new(port.Server).Serve(bg, nil), want: "port: nil Source", never: true},

		{err: second(got.TakeSend(0)), want: "port: descriptor 0 was taken already", message: true},
		{err: second(got.TakeSend(2)), want: "port: descriptor 2 is of the kind memory, not send right", message: true},
		{err: second(got.TakeOutOfLine(3)), want: "port: the message has 3 descriptors, and no number 3", message: true},
		{err: second(got.TakeSends(-1)), want: "port: the message has 3 descriptors, and no number -1", message: true},
		{err: second(empty.TakeReceive(0)), want: "port: there is no message, and no receive right", message: true},
		{err: got.TryReply(port.NewMessage(1)), want: "port: the message has no right to answer it, or no more", message: true},
		{err: second(got.TakeVoucher()), want: "port: the message has no voucher", message: true},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("%v, want %q", c.err, c.want)
		}
		if errors.Is(c.err, port.ErrKind) != c.message || errors.Is(c.err, port.ErrClosed) == c.message {
			t.Errorf("%v is of another class", c.err)
		}
		if !c.message && (!errors.Is(c.err, fs.ErrClosed) || errors.Is(c.err, fs.ErrInvalid) != c.never) {
			t.Errorf("%v is of another class of package fs", c.err)
		}
	}
}
