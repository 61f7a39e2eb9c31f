package port_test

import (
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
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

// The inline path allocates nothing.
func TestInlineAllocatesNothing(t *testing.T) {
	if race {
		t.Skip("the race detector allocates")
	}
	r, s := pair(t)
	var data [benchData]byte
	var m port.Message
	var got port.Received
	defer got.Close()
	n := testing.AllocsPerRun(200, func() {
		m.Reset(1).Append(data[:]...)
		if s.Send(bg, &m) != nil || r.Receive(bg, &got) != nil {
			t.Fatal("lost")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
