package calls_test

import (
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

type simple struct {
	mach.MachMsgHeader
	Body    [8]uint32
	Trailer [17]uint32
}

func newPort(t testing.TB) mach.MachPort {
	var p mach.MachPort
	if err := mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, &p); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mach.MachPortModRefs(mach.MachTaskSelf(), p, mach.MACH_PORT_RIGHT_RECEIVE, -1) })
	return p
}

// BenchmarkRoundTrip is a request with a send-once reply right and the reply.
func BenchmarkRoundTrip(b *testing.B) {
	server, client := newPort(b), newPort(b)
	const size = 24 + 32
	done := make(chan error)
	go func() {
		var m simple
		for i := 0; i < b.N; i++ {
			var err error
			if i == 0 {
				err = mach.MachMsg(&m.MachMsgHeader, mach.MACH_RCV_MSG, 0, 124, server, 0, 0)
			} else {
				m.MsghBits = mach.MACH_MSGH_BITS_REMOTE_MASK & m.MsghBits
				m.MsghLocalPort = 0
				m.MsghSize = size
				err = mach.MachMsg(&m.MachMsgHeader, mach.MACH_SEND_MSG|mach.MACH_RCV_MSG, size, 124, server, 0, 0)
			}
			if err != nil {
				done <- err
				return
			}
		}
		m.MsghBits &= mach.MACH_MSGH_BITS_REMOTE_MASK
		m.MsghLocalPort = 0
		done <- mach.MachMsg(&m.MachMsgHeader, mach.MACH_SEND_MSG, size, 0, 0, 0, 0)
	}()
	var m simple
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		m.MsghBits = uint32(mach.MACH_MSG_TYPE_MAKE_SEND) | uint32(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)<<8
		m.MsghSize = size
		m.MsghRemotePort, m.MsghLocalPort = server, client
		if err := mach.MachMsg(&m.MachMsgHeader, mach.MACH_SEND_MSG|mach.MACH_RCV_MSG, size, 124, client, 0, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkChannelPair is the peer: two unbuffered hand-overs.
func BenchmarkChannelPair(b *testing.B) {
	there, back := make(chan int), make(chan int)
	go func() {
		for v := range there {
			back <- v
		}
	}()
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		there <- i
		<-back
	}
	close(there)
}

// BenchmarkSocketpair is the peer that other programs would use.
func BenchmarkSocketpair(b *testing.B) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		b.Fatal(err)
	}
	a, z := os.NewFile(uintptr(fds[0]), "a"), os.NewFile(uintptr(fds[1]), "z")
	defer a.Close()
	go func() {
		defer z.Close()
		var m [56]byte
		for {
			if _, err := io.ReadFull(z, m[:]); err != nil {
				return
			}
			z.Write(m[:])
		}
	}()
	var m [56]byte
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		a.Write(m[:])
		if _, err := io.ReadFull(a, m[:]); err != nil {
			b.Fatal(err)
		}
	}
}
