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

// Senders, receivers, cancellations and closes meet in every order: each comes
// back, and nothing is left over.
func TestEverythingAtOnce(t *testing.T) {
	porttest.LeakCheck(t)
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for round := range rounds {
		r := must(port.NewReceive(port.QueueLimit(2)))(t)
		s := must(r.MakeSend())(t)
		set := must(port.NewSet())(t)
		ok(t, set.Insert(r))
		ctx, cancel := context.WithCancel(bg)
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				var m port.Message
				defer m.Close()
				for range 20 {
					c, err := s.Copy()
					if err != nil {
						break
					}
					if s.Send(ctx, m.Reset(int32(i)).MoveSend(c)) != nil {
						break
					}
				}
			})
			wg.Go(func() {
				src := []port.Source{r, set}[i%2]
				var m port.Received
				defer m.Close()
				for {
					short, stop := context.WithTimeout(ctx, time.Duration(round%5)*time.Millisecond)
					err := src.Receive(short, &m)
					stop()
					if ctx.Err() != nil || errors.Is(err, port.ErrClosed) {
						return
					}
					if err != nil && !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(round%7) * time.Millisecond)
		for i, end := range []func(){func() { r.Close() }, cancel, func() { s.Close() }, func() { set.Close() }} {
			if i%4 == round%4 {
				wg.Go(end)
				time.Sleep(time.Millisecond)
			}
			wg.Go(end)
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatalf("round %d hangs", round)
		}
		cancel()
	}
}

// Pitfall descriptor-order: the order of a descriptor's fields differs from kind to kind. The
// bytes are checked against the structs of package mach, which are checked
// against C's.
func TestDescriptors(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	a, _ := pair(t)
	ok(t, s.Send(bg, port.NewMessage(1).MakeSend(a).CopyBytes([]byte("four")).MakeSendOnce(a)))
	raw := new(struct {
		head  mach.MachMsgHeader
		body  mach.MachMsgBody
		right mach.MachMsgPortDescriptor
		mem   mach.MachMsgOOLDescriptor64
		once  mach.MachMsgPortDescriptor
		room  [100]byte
	})
	ok(t, mach.MachMsg(&raw.head, mach.MACH_RCV_MSG, 0, 168, r.Name(), 0, 0))
	defer mach.MachMsgDestroy(&raw.head)
	if raw.body.MsghDescriptorCount != 3 || raw.right.Name != a.Name() ||
		raw.right.Disposition != uint8(mach.MACH_MSG_TYPE_PORT_SEND) || raw.right.Type != uint8(mach.MACH_MSG_PORT_DESCRIPTOR) {
		t.Errorf("right: %+v", raw.right)
	}
	if raw.mem.Type != uint8(mach.MACH_MSG_OOL_DESCRIPTOR) || raw.mem.Size != 4 || raw.mem.Address.Uint64() == 0 {
		t.Errorf("memory: %+v", raw.mem)
	}
	if raw.once.Disposition != uint8(mach.MACH_MSG_TYPE_PORT_SEND_ONCE) {
		t.Errorf("send-once right: %+v", raw.once)
	}
}

// Messages that do not fit at first come in full on the second try, also when
// the receiver was waiting already.
func TestLargeMessagesWhileWaiting(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	ctx := within(t, time.Minute)
	n := 3000
	if testing.Short() {
		n = 200
	}
	done := make(chan error, 1)
	go func() {
		var out port.Message
		body := make([]byte, 3000)
		for i := range n {
			body[0] = byte(i)
			if err := s.Send(ctx, out.Reset(int32(i)).Append(body...)); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for i := range n {
		var m port.Received // a fresh one, which has to grow
		ok(t, r.Receive(ctx, &m))
		if m.ID() != int32(i) || len(m.Data()) != 3000 || m.Data()[0] != byte(i) {
			t.Fatalf("message %d of %d bytes, want %d", m.ID(), len(m.Data()), i)
		}
		ok(t, m.Close())
	}
	ok(t, <-done)
}
