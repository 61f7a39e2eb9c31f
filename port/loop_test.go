package port_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// threads is how many threads the program has.
func threads(t testing.TB) int {
	t.Helper()
	var list *mach.ThreadAct
	var n mach.MachMsgTypeNumber
	ok(t, mach.TaskThreads(mach.MachTaskSelf(), &list, &n))
	for _, name := range mach.Slice(list, n) {
		mach.MachPortDeallocate(mach.MachTaskSelf(), name)
	}
	ok(t, mach.MachVMDeallocate(mach.MachTaskSelf(), mach.AddressOf(list), mach.SizeOf[mach.ThreadAct](n)))
	return int(n)
}

func newLoop(t testing.TB) *port.Loop {
	t.Helper()
	l := must(port.NewLoop())(t)
	t.Cleanup(func() { l.Close() })
	return l
}

// until lets others run until a condition holds.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !f(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// Thousands wait, and the program has hardly more threads than before. That it counts
// rightly shows the other way to wait, which holds a thread each (not so where the kernel is
// Go code in this process).
func TestLoopHoldsOneThread(t *testing.T) {
	porttest.LeakCheck(t)
	many := 4000
	if testing.Short() {
		many = 1000
	}
	l := newLoop(t)
	rights := make([]*port.Receive, many)
	sends := make([]*port.Send, many)
	for i := range rights {
		rights[i], sends[i] = pair(t)
	}
	before := threads(t)
	var wg sync.WaitGroup
	got := make([]int32, many)
	for i := range many {
		wg.Go(func() {
			var m port.Received
			defer m.Close()
			if err := l.Receive(bg, rights[i], &m); err != nil {
				t.Error(err)
			}
			got[i] = m.ID()
		})
	}
	until(t, "all wait", func() bool { return port.LoopWaits(l) == many })
	now := threads(t)
	t.Logf("%d threads with %d receivers, %d before", now, many, before)
	if now > before+many/20 {
		t.Errorf("%d threads for %d receivers that wait, %d before", now, many, before)
	}
	for i, s := range sends {
		ok(t, s.Send(bg, port.NewMessage(int32(i+1))))
	}
	wg.Wait()
	for i, id := range got {
		if id != int32(i+1) {
			t.Fatalf("receiver %d got message %d", i, id)
		}
	}
	if runtime.GOOS != "darwin" {
		return
	}
	const few = 40
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	for i := range few {
		wg.Go(func() {
			var m port.Received
			if err := rights[i].Receive(ctx, &m); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	until(t, "a thread for each", func() bool { return threads(t) >= few })
	cancel()
	wg.Wait()
}

// Several wait for one port: each message wakes one, in the order in which they came.
func TestLoopOrder(t *testing.T) {
	porttest.LeakCheck(t)
	l := newLoop(t)
	r, s := pair(t, port.QueueLimit(16))
	const n = 8
	var mu sync.Mutex
	var order []string
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			var m port.Received
			defer m.Close()
			if err := l.Receive(bg, r, &m); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, fmt.Sprint(i, m.ID()))
		})
		until(t, "the next waits", func() bool { return port.LoopWaits(l) == i+1 })
	}
	for i := range n {
		ok(t, s.Send(bg, port.NewMessage(int32(i))))
		until(t, "one has it", func() bool { mu.Lock(); defer mu.Unlock(); return len(order) == i+1 })
	}
	wg.Wait()
	for i, x := range order {
		if x != fmt.Sprint(i, i) {
			t.Errorf("receiver and message in place %d: %s", i, x)
		}
	}
	// All at once.
	for range n {
		wg.Go(func() {
			var m port.Received
			defer m.Close()
			if err := l.Receive(bg, r, &m); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all wait", func() bool { return port.LoopWaits(l) == n })
	for i := range n {
		ok(t, s.Send(bg, port.NewMessage(int32(i))))
	}
	wg.Wait()
}

// What ends while somebody waits: the context, the right, the loop. No message is lost, and
// queues stay as long as they are.
func TestLoopEnds(t *testing.T) {
	porttest.LeakCheck(t)
	l := newLoop(t)
	r, s := pair(t)
	wait := func(ctx context.Context, r *port.Receive) chan error {
		result := make(chan error, 1)
		n := port.LoopWaits(l)
		go func() {
			var m port.Received
			defer m.Close()
			result <- l.Receive(ctx, r, &m)
		}()
		until(t, "it waits", func() bool { return port.LoopWaits(l) == n+1 })
		return result
	}
	ctx, cancel := context.WithCancel(bg)
	first, second := wait(ctx, r), wait(bg, r)
	cancel()
	if err := <-first; err != context.Canceled {
		t.Error(err)
	}
	if n := port.LoopWaits(l); n != 1 {
		t.Errorf("%d wait", n)
	}
	ok(t, s.Send(bg, port.NewMessage(1)))
	ok(t, <-second)
	if err := l.Receive(ctx, r, new(port.Received)); err != context.Canceled {
		t.Error(err)
	}
	if err := l.Receive(within(t, time.Millisecond), r, new(port.Received)); err != context.DeadlineExceeded {
		t.Error(err)
	}
	// Nobody waits: messages stay in the queue, as many as it takes.
	for range 5 {
		ok(t, s.Send(bg, port.NewMessage(2)))
	}
	if st := must(r.Status())(t); st.MpsMsgcount != 5 {
		t.Errorf("%d messages in the queue", st.MpsMsgcount)
	}
	var m port.Received
	defer m.Close()
	ok(t, r.Receive(bg, &m))
	for range 4 {
		ok(t, l.Receive(bg, r, &m))
	}
	// The right.
	gone, _ := pair(t)
	result := wait(bg, gone)
	ok(t, gone.Close())
	if err := <-result; !errors.Is(err, port.ErrClosed) || err.Error() != "port: the Receive was closed or handed on" {
		t.Error(err)
	}
	handed, to := pair(t)
	result = wait(bg, handed)
	name, guard := handed.Relinquish()
	if err := <-result; !errors.Is(err, port.ErrClosed) {
		t.Error(err)
	}
	own := port.OwnGuardedReceive(name, guard)
	defer own.Close()
	result = wait(bg, own)
	ok(t, to.Send(bg, port.NewMessage(3)))
	ok(t, <-result)
	// Two loops.
	other := newLoop(t)
	result = wait(bg, r)
	if err := other.Receive(bg, r, &m); !errors.Is(err, mach.KERN_ALREADY_IN_SET) {
		t.Errorf("in a second loop: %v", err)
	}
	// The loop.
	ok(t, l.Close())
	if err := <-result; !errors.Is(err, port.ErrClosed) || err.Error() != "port: the Loop was closed or handed on" {
		t.Error(err)
	}
	ok(t, l.Close())
	if err := l.Receive(bg, r, &m); !errors.Is(err, port.ErrClosed) {
		t.Error(err)
	}
	ok(t, s.Send(bg, port.NewMessage(4)))
	ok(t, other.Receive(bg, r, &m))
	if m.ID() != 4 {
		t.Errorf("message %d", m.ID())
	}
}

// Senders, receivers by both ways, cancellations and closes meet; every message has one receiver.
func TestLoopStress(t *testing.T) {
	porttest.LeakCheck(t)
	rounds, ports, each := 40, 8, 30
	if testing.Short() { // receivers that hardly wait are expensive for an emulated processor
		rounds, ports, each = 3, 3, 10
	}
	for round := range rounds {
		l := must(port.NewLoop())(t)
		var wg, senders sync.WaitGroup
		ctx, cancel := context.WithCancel(bg)
		seen := make(chan int32, 2*ports*each)
		var rights []*port.Receive
		for p := range ports {
			r := must(port.NewReceive(port.QueueLimit(1 + p%3)))(t)
			rights = append(rights, r)
			s := must(r.MakeSend())(t)
			senders.Go(func() {
				defer s.Close()
				var m port.Message
				for i := range each {
					if err := s.Send(ctx, m.Reset(int32(p*each+i))); err != nil {
						t.Error(err)
					}
				}
			})
			for k := range 3 {
				wg.Go(func() {
					var m port.Received
					defer m.Close()
					for {
						short, stop := context.WithTimeout(ctx, time.Duration((round+k)%4)*time.Millisecond)
						var err error
						if k == 2 {
							err = r.Receive(short, &m)
						} else {
							err = l.Receive(short, r, &m)
						}
						stop()
						switch {
						case err == nil:
							seen <- m.ID()
						case ctx.Err() != nil, errors.Is(err, port.ErrClosed):
							return
						case !errors.Is(err, context.DeadlineExceeded):
							t.Error(err)
							return
						}
					}
				})
			}
		}
		senders.Wait()
		had := map[int32]bool{}
		for len(had) < ports*each {
			id := <-seen
			if had[id] {
				t.Fatalf("message %d came twice", id)
			}
			had[id] = true
		}
		switch round % 3 {
		case 0:
			cancel()
		case 1:
			ok(t, l.Close())
			for _, r := range rights {
				ok(t, r.Close())
			}
		case 2:
			for _, r := range rights {
				ok(t, r.Close())
			}
		}
		wg.Wait()
		cancel()
		ok(t, l.Close())
		for _, r := range rights {
			ok(t, r.Close())
		}
	}
}

// Large messages, rights and servers go through a loop as without.
func TestLoopServes(t *testing.T) {
	porttest.LeakCheck(t)
	l := newLoop(t)
	ctx, cancel := context.WithCancel(bg)
	var wg, calls sync.WaitGroup
	server := port.Server{Default: func(_ context.Context, in *port.Received, out *port.Message) error {
		out.Reset(in.ID() + 100).Append(in.Data()...)
		return nil
	}}
	for i := range 20 {
		r, s := pair(t)
		wg.Go(func() {
			if err := server.Serve(ctx, l.Source(r)); err != context.Canceled {
				t.Error(err)
			}
		})
		calls.Go(func() {
			var m port.Received
			defer m.Close()
			size := 4 << i
			if size > 1<<16 {
				size = 1 << 16
			}
			if err := s.Call(bg, port.NewMessage(int32(i)).Append(make([]byte, size)...), &m); err != nil || m.ID() != int32(i)+100 || len(m.Data()) != size {
				t.Errorf("call %d of %d bytes: %d with %d bytes, %v", i, size, m.ID(), len(m.Data()), err)
			}
		})
	}
	calls.Wait()
	until(t, "all servers wait", func() bool { return port.LoopWaits(l) == 20 })
	cancel()
	wg.Wait()
}
