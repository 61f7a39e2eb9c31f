package port_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

func TestInline(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	m := port.NewMessage(7).Append([]byte("hello")...).AppendUint32(5).AppendUint64(6)
	ok(t, s.Send(bg, m))
	if m.Len() != 0 {
		t.Error("a sent message is not empty")
	}
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	want := append([]byte("hello"), 5, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)[:17]
	want = append(want, 0, 0, 0)
	if !bytes.Equal(got.Data(), want) || got.ID() != 7 || got.Port() != r.Name() {
		t.Errorf("got %x of %d at %#x, want %x", got.Data(), got.ID(), got.Port(), want)
	}
	if from, ok := got.Sender(); !ok || from.PID != os.Getpid() || from.UID != os.Geteuid() {
		t.Errorf("sender %+v, %v", from, ok)
	}
	ok(t, s.Send(bg, port.NewMessage(8)))
	ok(t, r.Receive(bg, &got))
	if got.Seqno() != 1 || got.ID() != 8 {
		t.Errorf("seqno %d, id %d", got.Seqno(), got.ID())
	}
	ok(t, got.Close())
	ok(t, got.Close())
	if got.ID() != 0 || got.Data() != nil || got.HasReply() {
		t.Error("a closed message has content")
	}
}

func TestLargeMessageGrows(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	big := bytes.Repeat([]byte("0123456789abcdef"), 10000)
	ok(t, s.Send(bg, port.NewMessage(1).Append(big...)))
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(within(t, time.Minute), &got))
	if !bytes.Equal(got.Data(), big) {
		t.Errorf("%d bytes differ", len(got.Data()))
	}
}

func TestRightsTravel(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	a, as := pair(t)
	b, _ := pair(t)
	once := must(a.MakeSendOnce())(t)
	moved := must(a.MakeSend())(t)
	m := port.NewMessage(1).CopySend(as).AppendUint32(42).MoveSend(moved).MakeSend(a).MakeSendOnce(a).MoveSendOnce(once).MoveReceive(b).CopyName(0)
	if moved.Name() != 0 || once.Name() != 0 || b.Name() != 0 {
		t.Error("moved rights still have names")
	}
	ok(t, s.Send(bg, m))
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	kinds := []port.Kind{port.SendRight, port.SendRight, port.SendRight, port.SendOnceRight, port.SendOnceRight, port.ReceiveRight, port.NullRight}
	if got.Descriptors() != len(kinds) || len(got.Data()) != 4 || got.Data()[0] != 42 {
		t.Fatalf("%d descriptors, data %x", got.Descriptors(), got.Data())
	}
	for i, k := range kinds {
		if got.Kind(i) != k {
			t.Errorf("descriptor %d is a %v, want %v", i, got.Kind(i), k)
		}
	}
	sent := must(got.TakeSend(0))(t)
	defer sent.Close()
	if sent.Name() != a.Name() {
		t.Errorf("copied right is %#x, want %#x", sent.Name(), a.Name())
	}
	if _, err := got.TakeSend(0); !errors.Is(err, port.ErrKind) {
		t.Errorf("second take: %v", err)
	}
	if _, err := got.TakeSend(3); !errors.Is(err, port.ErrKind) {
		t.Errorf("send-once as send: %v", err)
	}
	o := must(got.TakeSendOnce(3))(t)
	ok(t, o.Send(bg, port.NewMessage(99)))
	if o.Name() != 0 {
		t.Error("a used send-once right has a name")
	}
	var back port.Received
	defer back.Close()
	ok(t, a.Receive(bg, &back))
	if back.ID() != 99 {
		t.Errorf("id %d through the send-once right", back.ID())
	}
	b2 := must(got.TakeReceive(5))(t)
	defer b2.Close()
	if none := must(got.TakeSend(6))(t); none.Name() != 0 || none.Close() != nil {
		t.Error("null right")
	}
	// Descriptor 4 goes unused with the message: the port's owner is told.
	ok(t, got.Close())
	ok(t, a.Receive(within(t, time.Minute), &back))
	if back.ID() != mach.MACH_NOTIFY_SEND_ONCE {
		t.Errorf("id %d, want a send-once notification", back.ID())
	}
}

func TestMemoryTravels(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	x := must(port.NewOutOfLine(100000))(t)
	copy(x.Bytes(), "moved")
	y := must(port.NewOutOfLine(50))(t)
	defer y.Close()
	copy(y.Bytes(), "copied")
	ok(t, s.Send(bg, port.NewMessage(1).MoveOutOfLine(x).CopyOutOfLine(y).CopyBytes([]byte("from go")).CopyBytes(nil)))
	if x.Bytes() != nil || x.Len() != 0 {
		t.Error("moved memory is still here")
	}
	copy(y.Bytes(), "edited")
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	for i, want := range []string{"moved", "copied", "from go", ""} {
		m := must(got.TakeOutOfLine(i))(t)
		if !bytes.HasPrefix(m.Bytes(), []byte(want)) {
			t.Errorf("memory %d is %.10q, want %q", i, m.Bytes(), want)
		}
		if i == 0 && m.Len() != 100000 {
			t.Errorf("length %d", m.Len())
		}
		ok(t, m.Close())
		ok(t, m.Close())
	}
	if _, err := got.TakeOutOfLine(0); !errors.Is(err, port.ErrKind) {
		t.Errorf("second take: %v", err)
	}
}

func TestArraysTravel(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	a, as := pair(t)
	moved := must(a.MakeSend())(t)
	ok(t, s.Send(bg, port.NewMessage(1).CopySends(as, s).MoveSends(moved)))
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	list := must(got.TakeSends(0))(t)
	if len(list) != 2 || list[0].Name() != a.Name() || list[1].Name() != r.Name() {
		t.Errorf("%d rights", len(list))
	}
	for _, x := range list {
		ok(t, x.Close())
	}
	// The second array is released with the message.
}

func TestUnsentMessageReleases(t *testing.T) {
	porttest.LeakCheck(t)
	a, as := pair(t)
	b := must(port.NewReceive())(t)
	x := must(port.NewOutOfLine(4096))(t)
	m := port.NewMessage(1).MoveSend(must(a.MakeSend())(t)).MoveReceive(b).MoveOutOfLine(x).MoveSends(must(a.MakeSend())(t)).CopySend(as)
	ok(t, m.Err())
	ok(t, m.Close())
	ok(t, m.Close())
}

func TestMistakesComeOut(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	a, as := pair(t)
	ok(t, as.Close())
	m := port.NewMessage(1).MoveSend(must(a.MakeSend())(t)).CopySend(as)
	if err := s.Send(bg, m); !errors.Is(err, port.ErrClosed) || !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed right was sent: %v", err)
	}
	ok(t, m.Close())
	for name, m := range map[string]*port.Message{
		"memory": port.NewMessage(1).MoveOutOfLine(nil), "copy": port.NewMessage(1).CopyOutOfLine(nil),
		"receive": port.NewMessage(1).MoveReceive(nil), "array": port.NewMessage(1).MoveSends(nil),
	} {
		if m.Err() == nil {
			t.Errorf("%s: nothing was added without a word", name)
		}
		ok(t, m.Close())
	}
	var got port.Received
	if err := r.TryReceive(&got); !errors.Is(err, mach.MACH_RCV_TIMED_OUT) {
		t.Errorf("the queue is not empty: %v", err)
	}
}

// A message that finds the queue full comes back whole, and can be sent again.
func TestFullQueueGivesBack(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t, port.QueueLimit(1))
	a, as := pair(t)
	ok(t, s.Send(bg, port.NewMessage(1)))
	x := must(port.NewOutOfLine(5000))(t)
	copy(x.Bytes(), "kept")
	m := port.NewMessage(2).MoveOutOfLine(x).CopySend(as).MakeSend(a).MoveSend(must(a.MakeSend())(t))
	if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
		t.Fatal(err)
	}
	start := time.Now()
	if err := s.Send(within(t, 50*time.Millisecond), m); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if d := time.Since(start); d < 50*time.Millisecond || d > 30*time.Second {
		t.Errorf("gave up after %v", d)
	}
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	ok(t, s.Send(bg, m))
	ok(t, r.Receive(bg, &got))
	y := must(got.TakeOutOfLine(0))(t)
	defer y.Close()
	if !bytes.HasPrefix(y.Bytes(), []byte("kept")) || got.Descriptors() != 4 {
		t.Errorf("%d descriptors, %.8q", got.Descriptors(), y.Bytes())
	}
	// Given up for good, it releases what came back.
	ok(t, s.Send(bg, port.NewMessage(1)))
	m.Reset(3).CopySend(as).MakeSendOnce(a).CopyOutOfLine(y).CopyBytes(make([]byte, 9000))
	if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
		t.Fatal(err)
	}
	ok(t, m.Close())
}
