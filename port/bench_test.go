package port_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/apitest"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

const benchData = 64

// BenchmarkInline builds, sends, receives and takes apart a message of 64
// bytes: nothing is allocated. BenchmarkRaw does the same with mach_msg alone.
func BenchmarkInline(b *testing.B) {
	r, s := pair(b)
	var data [benchData]byte
	var m port.Message
	var got port.Received
	defer got.Close()
	b.ReportAllocs()
	for b.Loop() {
		m.Reset(1).Append(data[:]...)
		if err := s.Send(bg, &m); err != nil {
			b.Fatal(err)
		}
		if err := r.Receive(bg, &got); err != nil {
			b.Fatal(err)
		}
		if len(got.Data()) != benchData {
			b.Fatal("size")
		}
	}
}

type rawMessage struct {
	head    mach.MachMsgHeader
	data    [benchData]byte
	trailer mach.MachMsgAuditTrailer
}

func BenchmarkRaw(b *testing.B) {
	r, _ := pair(b)
	name := r.Name()
	const size = 24 + benchData
	var data [benchData]byte
	out, in := new(rawMessage), new(rawMessage)
	b.ReportAllocs()
	for b.Loop() {
		out.data = data
		out.head = mach.MachMsgHeader{MsghBits: mach.MachMsgBits(mach.MACH_MSG_TYPE_COPY_SEND), MsghSize: size, MsghRemotePort: name, MsghID: 1}
		if err := mach.MachMsg(&out.head, mach.MACH_SEND_MSG, size, 0, 0, 0, 0); err != nil {
			b.Fatal(err)
		}
		err := mach.MachMsg(&in.head, mach.MACH_RCV_MSG|mach.MachMsgOption(mach.MACH_RCV_TRAILER_AUDIT<<24), 0, size+52, name, 0, 0)
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	s := serve(b, echo)
	var m port.Message
	var got port.Received
	defer got.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Call(bg, m.Reset(100).AppendUint32(1), &got); err != nil {
			b.Fatal(err)
		}
	}
}

// The inline path allocates nothing, whatever the size and the context; nor do
// rights, and calls.
func TestInlineAllocatesNothing(t *testing.T) {
	porttest.LeakCheck(t)
	if apitest.Race {
		t.Skip("the race detector allocates")
	}
	r, s := pair(t)
	server := serve(t, echo)
	var m port.Message
	var got port.Received
	defer got.Close()
	never := within(t, time.Hour)
	sized := func(size int, ctx context.Context) func() error {
		data := make([]byte, size)
		return func() error {
			m.Reset(1).Append(data...)
			return errors.Join(s.Send(ctx, &m), r.Receive(ctx, &got))
		}
	}
	for name, f := range map[string]func() error{
		"24 B": sized(24, bg), "256 B": sized(256, bg), "4 KiB": sized(4096, bg), "64 B with a deadline": sized(64, never),
		"call": func() error { return server.Call(bg, m.Reset(100).AppendUint32(1), &got) },
		"rights": func() error {
			m.Reset(1).CopySend(s).MakeSend(r).ReplyToSend(s)
			return errors.Join(s.Send(bg, &m), r.Receive(bg, &got), got.Close())
		},
	} {
		n := testing.AllocsPerRun(200, func() {
			if err := f(); err != nil {
				t.Error(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
