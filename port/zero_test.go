package port_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/apitest"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Nil pointers and zero values of all types take every method, with zero
// arguments and with sensible ones: there is no panic, no hang, and nothing
// that could be released.
func TestZeroValues(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	sensible := []any{
		bg, port.NewMessage(1), new(port.Received), r, s, int(0), int(-1), int32(7), uint32(7), uint64(7), "", []byte("abc"), byte(3),
		mach.MachPort(0), mach.KernReturn(5), mach.MachMsgGuardFlags(1), port.Source(r),
	}
	argument := func(want reflect.Type, zero bool) reflect.Value {
		if !zero {
			for _, v := range sensible {
				if x := reflect.ValueOf(v); x.Type() == want || want.Kind() == reflect.Interface && x.Type().Implements(want) {
					return x
				}
			}
		}
		return reflect.Zero(want)
	}
	for _, v := range []any{
		(*port.Send)(nil), new(port.Send), (*port.SendOnce)(nil), new(port.SendOnce), (*port.Receive)(nil), new(port.Receive),
		(*port.Set)(nil), new(port.Set), (*port.OutOfLine)(nil), new(port.OutOfLine), (*port.Message)(nil), new(port.Message),
		(*port.Received)(nil), new(port.Received), (*port.Notifier)(nil), new(port.Notifier), (*port.Loop)(nil), new(port.Loop), port.Kind(0), port.Kind(200),
		&port.Error{Call: "f", Err: mach.KERN_FAILURE},
	} {
		x := reflect.ValueOf(v)
		for _, zero := range []bool{true, false} {
			for i := range x.NumMethod() {
				m := x.Type().Method(i)
				var in []reflect.Value
				for j := range m.Type.NumIn() - 1 {
					want := m.Type.In(j + 1)
					if m.Type.IsVariadic() && j+1 == m.Type.NumIn()-1 {
						want = want.Elem()
					}
					in = append(in, argument(want, zero))
				}
				apitest.Calm(t, m.Name, func() { x.Method(i).Call(in) })
			}
		}
		if m, is := v.(*port.Message); is {
			m.Close()
		}
	}
	ok(t, r.Close()) // Serve ends
	var none context.Context
	for _, srv := range []*port.Server{nil, {}} {
		for _, src := range []port.Source{nil, r, (*port.Receive)(nil), new(port.Set)} {
			if err := srv.Serve(none, src); !errors.Is(err, port.ErrClosed) {
				t.Errorf("Serve: %v", err)
			}
		}
	}
	porttest.LeakCheck(nil)
	if _, err := port.OwnReceive(0); err == nil {
		t.Error("owns a receive right that is none")
	}
	if s, err := port.CopySend(0); err != nil || s.Name() != mach.MACH_PORT_NULL || s.Close() != nil {
		t.Errorf("copy of nothing: %v", err)
	}
	ok(t, port.OwnSend(0).Close())
	ok(t, port.OwnSend(mach.MACH_PORT_DEAD).Close())
	ok(t, port.OwnSendOnce(0).Close())
	ok(t, port.OwnOutOfLine(0, 0).Close())
	var got port.Received
	if err := port.CallName(bg, 0, port.NewMessage(1), &got); !errors.Is(err, mach.MACH_SEND_INVALID_DEST) {
		t.Errorf("call of nobody: %v", err)
	}
}

// What is missing is an error with a name.
func TestNothingToSendOrReceive(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	once := must(r.MakeSendOnce())(t)
	var got port.Received
	m := port.NewMessage(1)
	for name, err := range map[string]error{
		"send": s.Send(bg, nil), "try send": s.TrySend(nil), "send once": once.Send(bg, nil), "receive": r.Receive(bg, nil),
		"try receive": r.TryReceive(nil), "call": s.Call(bg, nil, &got), "call without answer": s.Call(bg, m, nil),
		"build": (*port.Message)(nil).AppendUint32(1).CopySend(s).MoveReceive(r).CopyBytes(nil).Err(),
	} {
		if !errors.Is(err, port.ErrNoMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if once.Name() == mach.MACH_PORT_NULL || r.Name() == mach.MACH_PORT_NULL {
		t.Error("a right was spent on nothing")
	}
	ok(t, once.Close())
	ok(t, r.TryReceive(&got)) // the send-once right's notification
	ok(t, got.Close())
	for name, err := range map[string]error{
		"send": new(port.Send).Send(bg, m), "send once": new(port.SendOnce).Send(bg, m), "receive": new(port.Receive).Receive(bg, &got),
		"set": new(port.Set).Receive(bg, &got), "call": new(port.Send).Call(bg, m, &got), "notifier": new(port.Notifier).DeadName(s),
		"insert": new(port.Set).Insert(r), "status": statusError(new(port.Receive)),
	} {
		if !errors.Is(err, port.ErrClosed) {
			t.Errorf("zero %s: %v", name, err)
		}
	}
}

func statusError(r *port.Receive) error {
	_, err := r.Status()
	return err
}

// A context that has ended sends and receives nothing, however it ended, and
// whether there is something to do or not.
func TestContextsThatHaveEnded(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	cancelled, cancel := context.WithCancel(bg)
	cancel()
	past, cancel2 := context.WithDeadline(bg, time.Now().Add(-time.Hour))
	defer cancel2()
	never, cancel3 := context.WithTimeout(bg, 1<<62)
	defer cancel3()
	for ctx, want := range map[context.Context]error{cancelled: context.Canceled, past: context.DeadlineExceeded} {
		for _, queued := range []bool{false, true} {
			var got port.Received
			if queued {
				ok(t, s.Send(never, port.NewMessage(5)))
			}
			m := port.NewMessage(6).AppendUint32(1)
			once := must(r.MakeSendOnce())(t)
			for name, err := range map[string]error{
				"send": s.Send(ctx, m), "receive": r.Receive(ctx, &got), "call": s.Call(ctx, m, &got), "send once": once.Send(ctx, m),
			} {
				if err != want {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
			}
			if m.Len() != 4 {
				t.Error("a message that was not sent is empty")
			}
			if queued {
				ok(t, r.Receive(never, &got))
				if got.ID() != 5 {
					t.Errorf("message %d, want 5", got.ID())
				}
			}
			ok(t, once.Close())
			ok(t, r.TryReceive(&got)) // its notification
			ok(t, got.Close())
			if err := r.TryReceive(&got); !errors.Is(err, mach.MACH_RCV_TIMED_OUT) {
				t.Errorf("another message: %v", err)
			}
		}
	}
}
