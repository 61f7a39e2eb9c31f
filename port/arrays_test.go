package port_test

import (
	"errors"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Receive rights and send-once rights travel in arrays, with what is in their
// queues.
func TestArraysOfOtherRights(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	var boxes []*port.Receive
	var to []*port.Send
	for i := range 3 {
		b := must(port.NewReceive())(t)
		x := must(b.MakeSend())(t)
		defer x.Close()
		ok(t, x.Send(bg, port.NewMessage(int32(40+i))))
		boxes, to = append(boxes, b), append(to, x)
	}
	answers, _ := pair(t)
	once := []*port.SendOnce{must(answers.MakeSendOnce())(t), must(answers.MakeSendOnce())(t)}
	ok(t, s.Send(bg, port.NewMessage(1).MoveReceives(boxes...).MoveSendOnces(once...).MoveReceives()))
	for _, b := range boxes {
		if b.Name() != mach.MACH_PORT_NULL {
			t.Error("a moved right has a name")
		}
	}
	var got port.Received
	defer got.Close()
	ok(t, r.Receive(bg, &got))
	for i, k := range []port.Kind{port.ReceiveArray, port.SendOnceArray, port.ReceiveArray} {
		if got.Kind(i) != k {
			t.Errorf("descriptor %d is %v, want %v", i, got.Kind(i), k)
		}
	}
	if _, err := got.TakeSends(0); !errors.Is(err, port.ErrKind) {
		t.Errorf("receive rights as send rights: %v", err)
	}
	moved := must(got.TakeReceives(0))(t)
	if len(moved) != 3 {
		t.Fatalf("%d rights", len(moved))
	}
	for i, b := range moved {
		if status := must(b.Status())(t); status.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARDED == 0 {
			t.Error("not guarded")
		}
		var m port.Received
		ok(t, b.Receive(bg, &m))
		if m.ID() != int32(40+i) {
			t.Errorf("message %d in box %d", m.ID(), i)
		}
		ok(t, m.Close())
		ok(t, b.Close())
		if dead := must(to[i].Dead())(t); !dead {
			t.Error("the port lives on")
		}
	}
	back := must(got.TakeSendOnces(1))(t)
	for i, o := range back {
		ok(t, o.Send(bg, port.NewMessage(int32(i))))
	}
	for i := range back {
		var m port.Received
		ok(t, answers.Receive(bg, &m))
		if m.ID() != int32(i) {
			t.Errorf("answer %d, want %d", m.ID(), i)
		}
		ok(t, m.Close())
	}
	if none := must(got.TakeReceives(2))(t); len(none) != 0 {
		t.Errorf("%d rights in an empty array", len(none))
	}
}

// Pitfall arrays-of-rights: an array is memory and rights, and both must be given back, each
// with its own size: 4 bytes a right. LeakCheck counts both.
func TestArraysAreMemoryAndRights(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	const n = 5000 // more than a page of names
	list := func() []*port.Send {
		all := make([]*port.Send, n)
		for i := range all {
			all[i] = must(s.Copy())(t)
		}
		return all
	}
	memory := messageBytes(t)
	var got port.Received
	for _, take := range []bool{true, false} {
		ok(t, s.Send(bg, port.NewMessage(1).MoveSends(list()...)))
		ok(t, r.Receive(bg, &got))
		if grown := messageBytes(t) - memory; grown < 4*n {
			t.Fatalf("an array of %d rights came in %d bytes", n, grown)
		}
		if take {
			rights := must(got.TakeSends(0))(t)
			for _, x := range rights {
				ok(t, x.Close())
			}
		}
		ok(t, got.Close())
		if now := messageBytes(t); now != memory {
			t.Errorf("taken %v: %d bytes of memory are left", take, now-memory)
		}
		if left := refs(t, s.Name(), mach.MACH_PORT_RIGHT_SEND); left != 1 {
			t.Errorf("taken %v: %d references are left", take, left-1)
		}
	}
}

// Arrays that are not sent release their rights, and one bad element all of
// them.
func TestArraysNotSent(t *testing.T) {
	porttest.LeakCheck(t)
	a, as := pair(t)
	closed := must(a.MakeSend())(t)
	ok(t, closed.Close())
	b, gone := must(port.NewReceive())(t), must(port.NewReceive())(t)
	ok(t, gone.Close())
	bs := must(b.MakeSend())(t)
	defer bs.Close()
	for name, m := range map[string]*port.Message{
		"sends":    port.NewMessage(1).MoveSends(must(a.MakeSend())(t), closed),
		"copies":   port.NewMessage(1).CopySends(as, closed),
		"receives": port.NewMessage(1).MoveReceives(b, gone),
		"onces":    port.NewMessage(1).MoveSendOnces(nil),
	} {
		if err := m.Err(); !errors.Is(err, port.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
		ok(t, m.Close())
	}
	if dead := must(bs.Dead())(t); !dead {
		t.Error("a receive right of an array that failed lives on without an owner")
	}
	c := must(port.NewReceive())(t)
	ok(t, port.NewMessage(1).MoveReceives(c).MoveSends(must(a.MakeSend())(t)).CopySends(as).Close())
}
