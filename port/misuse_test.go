package port_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// A send right that moves or closes while another goroutine sends with it: the
// one that sends keeps a reference until it is done, and the message that it
// moved into has one of its own.
func TestMoveDuringSend(t *testing.T) {
	porttest.LeakCheck(t)
	carrier, to := pair(t)
	for _, end := range []string{"move", "array", "relinquish", "close", "dead"} {
		r := must(port.NewReceive(port.QueueLimit(1)))(t)
		s := must(r.MakeSend())(t)
		ok(t, s.Send(bg, port.NewMessage(1)))
		blocked := make(chan error)
		go func() { blocked <- s.Send(bg, port.NewMessage(2)) }()
		time.Sleep(20 * time.Millisecond)
		var got port.Received
		switch end {
		case "close":
			ok(t, s.Close())
		case "relinquish":
			ok(t, port.OwnSend(s.Relinquish()).Close())
		case "dead":
			ok(t, r.Close())
			ok(t, to.Send(bg, port.NewMessage(3).MoveSend(s)))
		case "array":
			ok(t, to.Send(bg, port.NewMessage(3).MoveSends(s)))
		default:
			ok(t, to.Send(bg, port.NewMessage(3).MoveSend(s)))
		}
		if s.Name() != mach.MACH_PORT_NULL {
			t.Errorf("%s: the right has a name", end)
		}
		next := func(id int32) {
			t.Helper()
			if ok(t, r.Receive(within(t, time.Minute), &got)); got.ID() != id {
				t.Errorf("%s: message %d, want %d", end, got.ID(), id)
			}
		}
		if end != "dead" {
			next(1)
		}
		switch err := <-blocked; {
		case errors.Is(err, port.ErrClosed): // on a slow machine it came too late
		case end == "dead" && (err == nil || errors.Is(err, mach.MACH_SEND_INVALID_DEST)):
		case err != nil:
			t.Errorf("%s: %v", end, err)
		default:
			next(2)
		}
		if err := s.Send(bg, port.NewMessage(4)); !errors.Is(err, port.ErrClosed) {
			t.Errorf("%s: send after it: %v", end, err)
		}
		for carrier.TryReceive(&got) == nil {
		}
		ok(t, got.Close())
		ok(t, r.Close())
	}
}

// A right that moves, or is handed over, while a message refers to it: the
// message has a reference of its own until it is sent.
func TestMoveWhileBorrowed(t *testing.T) {
	porttest.LeakCheck(t)
	carrier, to := pair(t, port.QueueLimit(10))
	for _, dead := range []bool{false, true} {
		r := must(port.NewReceive())(t)
		s := must(r.MakeSend())(t)
		if dead {
			ok(t, r.Close())
		}
		copied := port.NewMessage(1).CopySend(s)
		moved := port.NewMessage(2).MoveSend(s)
		ok(t, to.Send(bg, moved))
		ok(t, to.Send(bg, copied))
		var got port.Received
		for range 2 {
			ok(t, carrier.Receive(bg, &got))
			if name := got.SendName(0); !dead && name != r.Name() {
				t.Errorf("message %d brings %#x, want %#x", got.ID(), name, r.Name())
			}
		}
		ok(t, got.Close())
		ok(t, r.Close())
	}
}

// A receive right that moves away while others receive: they are told that it
// is closed, and the messages move with it.
func TestMoveDuringReceive(t *testing.T) {
	porttest.LeakCheck(t)
	carrier, to := pair(t)
	rounds := 300
	if testing.Short() {
		rounds = 40
	}
	for round := range rounds {
		r := must(port.NewReceive())(t)
		s := must(r.MakeSend())(t)
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(bg)
		taken := make([]int, 3)
		for i := range taken {
			wg.Go(func() {
				var m port.Received
				defer m.Close()
				for {
					c := bg
					if i == 0 {
						c = ctx
					}
					err := r.Receive(c, &m)
					if err != nil {
						if !errors.Is(err, port.ErrClosed) {
							t.Errorf("round %d: %v", round, err)
						}
						return
					}
					taken[i]++
				}
			})
		}
		if round%3 > 0 {
			time.Sleep(time.Duration(round%5) * 100 * time.Microsecond)
		}
		for range 3 {
			ok(t, s.Send(bg, port.NewMessage(1)))
		}
		ok(t, to.Send(bg, port.NewMessage(2).MoveReceive(r)))
		wg.Wait()
		cancel()
		var got, m port.Received
		ok(t, carrier.Receive(bg, &got))
		moved := must(got.TakeReceive(0))(t)
		n := taken[0] + taken[1] + taken[2]
		for moved.TryReceive(&m) == nil {
			n++
		}
		if n != 3 {
			t.Errorf("round %d: %d messages of 3", round, n)
		}
		ok(t, m.Close())
		ok(t, got.Close())
		ok(t, moved.Close())
		ok(t, s.Close())
	}
}

// A send-once right that is closed while it is sent with, and one that two use
// at once: the port gets exactly one message.
func TestSendOnceIsOnce(t *testing.T) {
	porttest.LeakCheck(t)
	r, _ := pair(t, port.QueueLimit(10))
	cancelled, cancel := context.WithCancel(bg)
	cancel()
	for round := range 200 {
		once := must(r.MakeSendOnce())(t)
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() { once.Send(bg, port.NewMessage(int32(i))) })
			wg.Go(func() { once.Send(cancelled, port.NewMessage(9)) })
			wg.Go(func() { once.Close() })
		}
		wg.Wait()
		ok(t, once.Close())
		var m port.Received
		if err := r.TryReceive(&m); err != nil {
			t.Fatalf("round %d: nothing came: %v", round, err)
		}
		ok(t, m.Close())
		if err := r.TryReceive(&m); !errors.Is(err, mach.MACH_RCV_TIMED_OUT) {
			t.Fatalf("round %d: message %d, too: %v", round, m.ID(), err)
		}
	}
}

// Cancelling a receiver while a message that does not fit is coming: the message
// is received, or it is still there.
func TestCancelDuringLargeMessage(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	body := make([]byte, 100_000)
	for round := range rounds {
		ctx, cancel := context.WithCancel(bg)
		var m port.Received // a fresh one, which has to grow
		result := make(chan error)
		go func() { result <- r.Receive(ctx, &m) }()
		go func() {
			time.Sleep(time.Duration(round%10) * 20 * time.Microsecond)
			cancel()
		}()
		ok(t, s.Send(bg, port.NewMessage(int32(round)).Append(body...)))
		if err := <-result; err != nil {
			if err != context.Canceled {
				t.Fatal(err)
			}
			ok(t, r.TryReceive(&m))
		}
		if m.ID() != int32(round) || len(m.Data()) != len(body) {
			t.Fatalf("message %d of %d bytes, want %d", m.ID(), len(m.Data()), round)
		}
		ok(t, m.Close())
		cancel()
	}
}

// A deadline holds, too, when others take the large messages that a receiver
// was told about.
func TestDeadlineAmongLargeMessages(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	ctx := within(t, 150*time.Millisecond)
	var wg sync.WaitGroup
	wg.Go(func() {
		body := make([]byte, 5000)
		for ctx.Err() == nil {
			if err := s.Send(ctx, port.NewMessage(1).Append(body...)); err != nil && err != context.DeadlineExceeded {
				t.Error(err)
			}
		}
	})
	start := time.Now()
	for range 4 {
		wg.Go(func() {
			for {
				var m port.Received
				err := r.Receive(ctx, &m)
				m.Close()
				if err != nil {
					if err != context.DeadlineExceeded {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	wg.Wait()
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("the deadline of 150 ms took %v", d)
	}
}

// Sizes beyond what a message can say.
func TestTooLarge(t *testing.T) {
	porttest.LeakCheck(t)
	_, s := pair(t)
	x := must(port.NewOutOfLine(100))(t)
	defer x.Close()
	for name, m := range map[string]*port.Message{
		"4 GiB":      port.NewMessage(1).CopyOutOfLine(port.OwnOutOfLine(1<<20, math.MaxUint32+1)),
		"everything": port.NewMessage(1).MoveOutOfLine(port.OwnOutOfLine(1<<20, math.MaxUint64)),
	} {
		if err := s.Send(bg, m); !errors.Is(err, mach.MACH_SEND_TOO_LARGE) {
			t.Errorf("%s: %v", name, err)
		}
	}
	huge := port.OwnOutOfLine(1<<20, math.MaxUint32+1)
	if err := port.NewMessage(1).MoveOutOfLine(huge).Err(); err == nil || huge.Len() == 0 {
		t.Errorf("memory that was refused is gone: %v", err)
	}
	// The most that the field can say, of memory that is not there.
	if err := s.Send(bg, port.NewMessage(1).CopyOutOfLine(port.OwnOutOfLine(4096, math.MaxUint32))); !errors.Is(err, mach.MACH_SEND_INVALID_MEMORY) {
		t.Errorf("memory that is not there: %v", err)
	}
	for _, size := range []uint64{math.MaxInt32, math.MaxUint32, math.MaxUint64} {
		if b := port.OwnOutOfLine(0, size).Bytes(); b != nil {
			t.Errorf("%d bytes at address 0", len(b))
		}
	}
	if port.OwnOutOfLine(4096, math.MaxUint64).Bytes() != nil {
		t.Error("more bytes than a slice can have")
	}
	if _, err := port.NewOutOfLine(-1); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Errorf("negative size: %v", err)
	}
	m := port.NewMessage(1).CopyOutOfLine(x)
	if err := port.NewMessage(1).MoveOutOfLine(x).Err(); !errors.Is(err, port.ErrInUse) {
		t.Errorf("moved while a message refers to it: %v", err)
	}
	if addr, size := x.Relinquish(); addr != 0 || size != 0 {
		t.Error("relinquished while a message refers to it")
	}
	ok(t, m.Close())
	ok(t, s.TrySend(port.NewMessage(1).MoveOutOfLine(must(port.NewOutOfLine(0))(t)))) // none is some, too
}
