package port_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"

	"github.com/gomach/mach/internal/apitest"
)

// A thousand goroutines share a port for a million messages: none is lost, and
// each sender's arrive in the order in which they were sent.
func TestThousandSenders(t *testing.T) {
	porttest.LeakCheck(t)
	senders, each := 1000, 1000
	switch {
	case testing.Short():
		senders, each = 50, 100 // on Darwin each one that waits takes a thread
	case apitest.Race, runtime.GOOS == "darwin": // there each one that waits takes a thread
		each = 20
	}
	r, s := pair(t, port.QueueLimit(1024))
	var wg sync.WaitGroup
	for g := range senders {
		wg.Go(func() {
			var m port.Message
			for i := range each {
				m.Reset(int32(g)).AppendUint32(uint32(i))
				if err := s.Send(bg, &m); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	start := time.Now()
	// Several receivers take turns: the port's numbers tell the order.
	type taken struct{ seqno, sender, n uint32 }
	got := make([]taken, senders*each)
	var mu sync.Mutex
	left := senders * each
	var receivers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		receivers.Go(func() {
			var m port.Received
			defer m.Close()
			for {
				mu.Lock()
				if left == 0 {
					mu.Unlock()
					return
				}
				left--
				mu.Unlock()
				if err := r.Receive(bg, &m); err != nil {
					t.Error(err)
					return
				}
				n := m.Seqno()
				if int(n) >= len(got) || got[n] != (taken{}) {
					t.Errorf("number %d came twice or is too large", n)
					return
				}
				d := m.Data()
				got[n] = taken{n + 1, uint32(m.ID()), uint32(d[0]) | uint32(d[1])<<8 | uint32(d[2])<<16 | uint32(d[3])<<24}
			}
		})
	}
	wg.Wait()
	receivers.Wait()
	t.Logf("%d messages of %d senders in %v", len(got), senders, time.Since(start).Round(time.Millisecond))
	next := make([]uint32, senders)
	for i, x := range got {
		if x.seqno != uint32(i)+1 {
			t.Fatalf("message %d is lost", i)
		}
		if x.n != next[x.sender] {
			t.Fatalf("sender %d: message %d came when %d was due", x.sender, x.n, next[x.sender])
		}
		next[x.sender]++
	}
}
