//go:build linux && (amd64 || arm64)

package bench

import (
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
)

const (
	trips    = 2000 // a run
	bodySize = 32
	sendSize = mach.MachMsgSize(24 + bodySize)
	roomSize = mach.MachMsgSize(24 + bodySize + 68)
)

// message is a simple message with 32 bytes, and room for a trailer.
type message struct {
	mach.MachMsgHeader
	body    [bodySize]byte
	trailer mach.MachMsgAuditTrailer
	_       [4]uint32
}

func newPort(t testing.TB) mach.MachPort {
	var p mach.MachPort
	must(t, mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, &p))
	t.Cleanup(func() { mach.MachPortModRefs(mach.MachTaskSelf(), p, mach.MACH_PORT_RIGHT_RECEIVE, -1) })
	return p
}

// request asks and waits for the answer, in one call each way: the request
// brings along a send-once right to answer to.
func request(m *message, server, client mach.MachPort) error {
	m.MsghBits = uint32(mach.MACH_MSG_TYPE_MAKE_SEND) | uint32(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)<<8
	m.MsghSize, m.MsghRemotePort, m.MsghLocalPort = sendSize, server, client
	return mach.MachMsg(&m.MachMsgHeader, mach.MACH_SEND_MSG|mach.MACH_RCV_MSG, sendSize, roomSize, client, 0, mach.MACH_PORT_NULL)
}

// answer answers every request until one has the identifier 1.
func answer(server mach.MachPort) error {
	m := new(message)
	err := mach.MachMsg(&m.MachMsgHeader, mach.MACH_RCV_MSG, 0, roomSize, server, 0, mach.MACH_PORT_NULL)
	for err == nil {
		last := m.MsghID == 1
		m.MsghBits &= mach.MACH_MSGH_BITS_REMOTE_MASK
		m.MsghLocalPort, m.MsghSize = mach.MACH_PORT_NULL, sendSize
		if last {
			return mach.MachMsg(&m.MachMsgHeader, mach.MACH_SEND_MSG, sendSize, 0, mach.MACH_PORT_NULL, 0, mach.MACH_PORT_NULL)
		}
		err = mach.MachMsg(&m.MachMsgHeader, mach.MACH_SEND_MSG|mach.MACH_RCV_MSG, sendSize, roomSize, server, 0, mach.MACH_PORT_NULL)
	}
	return err
}

// BenchmarkRoundTrip: a message to another goroutine and one back, against an
// unbuffered channel each way and against a socket pair. The figures are of
// 2000 round trips.
func BenchmarkRoundTrip(b *testing.B) {
	server, client := newPort(b), newPort(b)
	answered := make(chan error, 1)
	go func() { answered <- answer(server) }()

	there, back := make(chan int), make(chan int)
	go func() {
		for v := range there {
			back <- v
		}
	}()
	defer close(there)

	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	must(b, err)
	near, far := os.NewFile(uintptr(fds[0]), "near"), os.NewFile(uintptr(fds[1]), "far")
	defer near.Close()
	go func() {
		defer far.Close()
		var p [24 + bodySize]byte
		for {
			if _, err := io.ReadFull(far, p[:]); err != nil {
				return
			}
			far.Write(p[:])
		}
	}()

	m := new(message)
	exchange := func() {
		for range trips {
			if err := request(m, server, client); err != nil { // not must: b.Helper walks the stack
				b.Fatal(err)
			}
		}
	}
	contest(b, contestant{"mach_msg", exchange}, contestant{"channels", func() {
		for i := range trips {
			there <- i
			<-back
		}
	}}, contestant{"socketpair", func() {
		var p [24 + bodySize]byte
		for range trips {
			near.Write(p[:])
			if _, err := io.ReadFull(near, p[:]); err != nil {
				b.Fatal(err)
			}
		}
	}})
	b.ReportMetric(testing.AllocsPerRun(10, exchange)/trips, "allocs/trip")
	m.MsghID = 1
	must(b, request(m, server, client))
	must(b, <-answered)
}
