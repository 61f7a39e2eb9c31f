package ipc

import (
	"runtime"
	"testing"
	"time"
)

// count counts what is in the pool.
func (p *msgPool) count(t *testing.T) (small, large, dropped int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range []*stack{&p.small, &p.large} {
		n := 0
		for m := s.top; m != nil; m = m.next {
			n++
			if s == &p.small && m.Data != nil || cap(m.Data) > maxBuffer {
				t.Errorf("a free message keeps %d bytes", cap(m.Data))
			}
		}
		if n != s.n || s.low > n {
			t.Fatalf("%d messages in a stack that says %d and %d", n, s.n, s.low)
		}
	}
	return p.small.n, p.large.n, p.dropped
}

// After a storm the pool is within its bounds, and the rest is given back to
// the system although the program does nothing any more.
func TestPoolAfterStorm(t *testing.T) {
	var list []*Message
	for i := range 4096 {
		size := []int{24, inline, inline + 1, 4 << 10, 64<<10 + headerSize, 100 << 10}[i%6]
		m := newMessage(size)
		for j := 0; j < size; j += 4096 {
			m.Data[j] = 1
		}
		list = append(list, m)
	}
	var full, now runtime.MemStats
	runtime.ReadMemStats(&full)
	for _, m := range list {
		m.free()
	}
	list = nil
	for range 200 { // the storm is over when nothing happens for a second
		small, large, dropped := pool.count(t)
		if small <= pool.small.most && large <= pool.large.most && dropped < storm {
			runtime.ReadMemStats(&now)
			if now.HeapAlloc < full.HeapAlloc/4 && now.HeapIdle-now.HeapReleased < full.HeapInuse/4 {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	small, large, dropped := pool.count(t)
	t.Errorf("%d and %d messages are kept, %d bytes were dropped and not collected; %d bytes of the heap in use and %d kept from the system, %d in use in the storm",
		small, large, dropped, now.HeapAlloc, now.HeapIdle-now.HeapReleased, full.HeapInuse)
}

// What is used between two ticks is kept, beyond the bounds too.
func TestPoolKeepsWhatIsUsed(t *testing.T) {
	p := msgPool{small: stack{most: 10}, large: stack{most: 2}, armed: true}
	wave := func(n, size int) {
		var list []*Message
		for range n {
			list = append(list, p.get(size))
		}
		for _, m := range list {
			p.put(m, 0)
		}
	}
	wave(100, 24)
	wave(20, 1000)
	for i, c := range []struct{ wave, small, large int }{{100, 100, 20}, {100, 100, 2}, {60, 100, 2}, {0, 60, 2}, {0, 10, 2}} {
		p.mu.Lock()
		p.small.trim()
		p.large.trim()
		p.mu.Unlock()
		if small, large, _ := p.count(t); small != c.small || large != c.large {
			t.Errorf("tick %d: %d and %d are kept, want %d and %d", i, small, large, c.small, c.large)
		}
		wave(c.wave, 24)
	}
}

// A message of any size fits what the pool has for it.
func TestPoolSizes(t *testing.T) {
	for _, size := range []int{64 << 10, 300, 5000, 299, 24, 64 << 10, 1 << 20} {
		m := newMessage(size)
		if len(m.Data) != size || m.next != nil || len(m.Descs) != 0 {
			t.Errorf("a message of %d bytes for %d", len(m.Data), size)
		}
		m.free()
		pool.count(t)
	}
}
