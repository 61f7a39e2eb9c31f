package port_test

import (
	"errors"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// talk is a conversation with oneself: a port with little room, things to send,
// a message in the making and one that came.
type talk struct {
	t       testing.TB
	box     *port.Receive
	to      *port.Send
	a       *port.Receive // what is sent
	as      *port.Send
	voucher *port.Send
	memory  *port.OutOfLine
	m       port.Message
	got     port.Received
}

func newTalk(t testing.TB) *talk {
	k := &talk{t: t, voucher: newVoucher(t, "fuzz")}
	k.box, k.to = pair(t, port.QueueLimit(2))
	k.a, k.as = pair(t, port.QueueLimit(1))
	k.memory = must(port.NewOutOfLine(5000))(t)
	t.Cleanup(func() {
		ok(t, k.m.Close())
		ok(t, k.got.Close())
		ok(t, k.memory.Close())
	})
	return k
}

func (k *talk) copy() *port.Send       { return must(k.as.Copy())(k.t) }
func (k *talk) once() *port.SendOnce   { return must(k.a.MakeSendOnce())(k.t) }
func (k *talk) receive() *port.Receive { return must(port.NewReceive())(k.t) }
func (k *talk) is(c error, may ...error) {
	k.t.Helper()
	for _, err := range append(may, nil) {
		if errors.Is(c, err) {
			return
		}
	}
	k.t.Fatal(c)
}

// say adds something to the message.
func (k *talk) say(c, arg byte) {
	m := &k.m
	switch c {
	case 0:
		m.CopySend(k.as)
	case 1:
		m.MoveSend(k.copy())
	case 2:
		m.MakeSend(k.a)
	case 3:
		m.MakeSendOnce(k.a)
	case 4:
		m.MoveSendOnce(k.once())
	case 5:
		m.MoveReceive(k.receive())
	case 6:
		m.MoveGuarded(k.receive(), mach.MachMsgGuardFlags(1+arg%3))
	case 7:
		m.CopySends(k.as, k.to)
	case 8:
		m.MoveSends(k.copy(), k.copy())
	case 9:
		m.MoveReceives(k.receive(), k.receive())
	case 10:
		m.MoveSendOnces(k.once())
	case 11:
		m.CopyBytes(make([]byte, int(arg)*40))
	case 12:
		m.CopyOutOfLine(k.memory)
	case 13:
		m.MoveOutOfLine(must(port.NewOutOfLine(int(arg) * 40))(k.t))
	case 14:
		m.Append(make([]byte, arg)...)
	case 15:
		m.ReplyTo(k.a)
	case 16:
		m.ReplyToSend(k.as)
	case 17:
		m.MoveReply(k.once())
	case 18:
		m.CopyVoucher(k.voucher)
	case 19:
		m.MoveVoucher(must(k.voucher.Copy())(k.t))
	case 20:
		m.CopyName(k.to.Name()).CopyName(0)
	}
	ok(k.t, m.Err())
}

// act sends, receives, answers, or takes something out.
func (k *talk) act(c, arg byte) {
	full := mach.MACH_SEND_TIMED_OUT
	switch c {
	case 0, 1, 2:
		k.is(k.to.TrySend(&k.m), full)
	case 3, 4:
		k.is(k.box.TryReceive(&k.got), mach.MACH_RCV_TIMED_OUT)
	case 5:
		k.is(k.got.TryReply(port.NewMessage(5).AppendUint32(1)), port.ErrKind, full)
	case 6:
		ok(k.t, k.m.Close())
	case 7:
		ok(k.t, k.got.Close())
	case 8:
		var m port.Received
		k.is(k.a.TryReceive(&m), mach.MACH_RCV_TIMED_OUT)
		ok(k.t, m.Close())
	case 9:
		k.take(int(arg) % 8)
	}
}

// take takes out what descriptor i holds.
func (k *talk) take(i int) {
	var err error
	switch k.got.Kind(i) {
	case port.SendRight, port.NullRight:
		var x *port.Send
		if x, err = k.got.TakeSend(i); err == nil {
			err = x.Close()
		}
	case port.SendOnceRight:
		var x *port.SendOnce
		if x, err = k.got.TakeSendOnce(i); err == nil {
			err = x.Close()
		}
	case port.ReceiveRight, port.GuardedReceiveRight:
		var x *port.Receive
		if x, err = k.got.TakeReceive(i); err == nil {
			err = x.Close()
		}
	case port.OutOfLineMemory:
		var x *port.OutOfLine
		if x, err = k.got.TakeOutOfLine(i); err == nil {
			for _, b := range x.Bytes() {
				if b != 0 {
					k.t.Fatal("memory is not what was sent")
				}
			}
			err = x.Close()
		}
	case port.SendArray:
		var all []*port.Send
		if all, err = k.got.TakeSends(i); err == nil {
			err = closeAll(all)
		}
	case port.SendOnceArray:
		var all []*port.SendOnce
		if all, err = k.got.TakeSendOnces(i); err == nil {
			err = closeAll(all)
		}
	case port.ReceiveArray:
		var all []*port.Receive
		if all, err = k.got.TakeReceives(i); err == nil {
			err = closeAll(all)
		}
	case port.Taken: // or there is none: then the header's
		var x *port.Send
		if x, err = k.got.TakeVoucher(); err == nil {
			err = x.Close()
		} else if x, err = k.got.TakeReplySend(); err == nil {
			err = x.Close()
		}
		k.is(err, port.ErrKind)
		return
	default:
		k.t.Fatalf("descriptor %d is %v", i, k.got.Kind(i))
	}
	ok(k.t, err)
}

func closeAll[T interface{ Close() error }](all []T) (err error) {
	for _, x := range all {
		err = errors.Join(err, x.Close())
	}
	return err
}

// Whatever is said in whatever order, sent into full queues, taken out or left:
// nothing fails, and afterwards the task has what it had before.
func FuzzConversation(f *testing.F) {
	for c := range byte(21) {
		f.Add([]byte{c, 1, 32, 0, 35, 0, 41, 0, 41, 1})                    // say, send, receive, take
		f.Add([]byte{c, 50, 32, 0, c, 50, 32, 0, c, 50, 32, 0, 32, 0})     // full
		f.Add([]byte{c, 1, 32, 0, 35, 0, 37, 0, c, 2, c, 3, 32, 0, 35, 0}) // answer, again
		f.Add([]byte{c, 99, c, 0, 38, 0, c, 7})                            // not sent
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		porttest.LeakCheck(t)
		k := newTalk(t)
		script = script[:min(len(script), 80)]
		for ; len(script) >= 2; script = script[2:] {
			if c := script[0] % 42; c < 21 {
				k.say(c, script[1])
			} else if c >= 32 {
				k.act(c-32, script[1])
			}
		}
	})
}
