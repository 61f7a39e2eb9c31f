package port_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Pitfall counts-in-words: counts are in 32-bit words. What the package asks for by count
// comes in full, to the last field; and an array's count is of its elements.
func TestCounts(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t, port.QueueLimit(7))
	if n := mach.CountOf[mach.MachPortStatus](); 4*uintptr(n) != reflect.TypeFor[mach.MachPortStatus]().Size() {
		t.Errorf("count %d", n)
	}
	status := must(r.Status())(t)
	if status.MpsQlimit != 7 || status.MpsSrights != 1 || status.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARDED == 0 {
		t.Errorf("status %+v", status) // the flags are the last word
	}
	ok(t, r.SetQueueLimit(9))
	if status := must(r.Status())(t); status.MpsQlimit != 9 {
		t.Errorf("queue limit %d, want 9", status.MpsQlimit)
	}
	ok(t, s.Send(bg, port.NewMessage(1).CopySends(s, s, s)))
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	list := must(got.TakeSends(0))(t)
	for _, x := range list {
		if x.Name() != s.Name() {
			t.Errorf("element %#x", x.Name())
		}
		ok(t, x.Close())
	}
	if len(list) != 3 {
		t.Errorf("%d elements, want 3", len(list))
	}
}

// Pitfall rights-of-exceptions: exception messages bring two send rights each, and 65,535 is the
// most that the kernel counts. A server gives them back on every path.
func TestRightsOfRequests(t *testing.T) {
	porttest.LeakCheck(t)
	thread, _ := pair(t)
	task, _ := pair(t)
	s := serve(t, &port.Server{Handlers: map[int32]port.Handler{
		1: func(context.Context, *port.Received, *port.Message) error { return nil },
		2: func(context.Context, *port.Received, *port.Message) error { return mach.KERN_FAILURE },
		3: func(context.Context, *port.Received, *port.Message) error { return mach.MIG_NO_REPLY },
		4: func(_ context.Context, q *port.Received, _ *port.Message) error {
			x, err := q.TakeSend(1)
			if err != nil {
				return err
			}
			return x.Close()
		},
		5: func(_ context.Context, q *port.Received, a *port.Message) error {
			a.CopyName(q.SendName(0)).MoveOutOfLine(nil) // an answer that cannot be sent
			return nil
		},
	}})
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	var a port.Received
	for range rounds {
		for id := int32(1); id <= 6; id++ { // 6 has no handler
			m := port.NewMessage(id).MakeSend(thread).MakeSend(task)
			if err := s.Call(bg, m, &a); err != nil && !(id == 3 && errors.Is(err, port.ErrNoReply)) {
				t.Fatalf("request %d: %v", id, err)
			}
		}
	}
	ok(t, a.Close())
	for name, r := range map[string]*port.Receive{"thread": thread, "task": task} {
		// The server lets go of the last request after it has answered.
		n, start := refs(t, r.Name(), mach.MACH_PORT_RIGHT_SEND), time.Now()
		for n != 1 && time.Since(start) < 30*time.Second {
			time.Sleep(time.Millisecond)
			n = refs(t, r.Name(), mach.MACH_PORT_RIGHT_SEND)
		}
		if n != 1 {
			t.Errorf("%d references to the %s are left", n-1, name)
		}
	}
}
