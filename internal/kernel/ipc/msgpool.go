package ipc

import (
	"runtime/debug"
	"sync"
	"time"
)

// msgPool keeps messages that are free for those to come. A storm of messages
// may fill it beyond its bounds; what nobody used for a second is dropped then.
// Dropped messages are garbage of Go's, and so is out-of-line memory. A program
// that only waits after the storm allocates nothing, and Go would collect it
// after minutes: the pool counts it and sees to it.
type msgPool struct {
	mu      sync.Mutex
	small   stack // messages without a buffer of their own
	large   stack // messages with one
	dropped int   // bytes that were left to the collector since it was last asked
	before  int   // dropped at the last tick
	armed   bool  // a timer runs
}

// stack is a list of free messages.
type stack struct {
	top  *Message
	n    int
	low  int // the least n since the last tick: so many were not used
	most int // how many are kept in quiet times
}

const (
	maxBuffer    = 1<<16 + 1<<12 // a buffer that is kept: 64 KiB and a header
	messageBytes = 640           // of a Message, about

	storm = 32 << 20 // bytes dropped that are worth a collection
	tick  = time.Second
)

var pool = msgPool{small: stack{most: 512}, large: stack{most: 64}}

func (s *stack) push(m *Message) {
	m.next, s.top = s.top, m
	s.n++
}

func (s *stack) pop() *Message {
	m := s.top
	if m == nil {
		return nil
	}
	s.top, m.next = m.next, nil
	s.n--
	s.low = min(s.low, s.n)
	return m
}

// trim drops what was not used since the last tick, but for what is kept in
// quiet times, and gives its size.
func (s *stack) trim() (bytes int) {
	for range min(s.low, s.n-s.most) {
		bytes += messageBytes + cap(s.pop().Data)
	}
	s.low = s.n
	return bytes
}

// get takes a message with room for size bytes.
func (p *msgPool) get(size int) *Message {
	from := &p.small
	if size > inline {
		from = &p.large
	}
	p.mu.Lock()
	m := from.pop()
	p.mu.Unlock()
	if m == nil {
		m = new(Message)
	}
	switch {
	case size <= inline:
		m.Data = m.buf[:size]
	case size <= cap(m.Data):
		m.Data = m.Data[:size]
	default:
		m.Data = make([]byte, size)
	}
	return m
}

// put takes a message back. dropped is the size of the out-of-line memory that
// it had.
func (p *msgPool) put(m *Message, dropped int) {
	to, data := &p.small, m.Data
	m.reset()
	switch n := cap(data); {
	case len(data) <= inline:
	case n <= maxBuffer:
		m.Data = data[:0]
		to = &p.large
	default:
		dropped += n
	}
	p.mu.Lock()
	to.push(m)
	p.dropped += dropped
	if !p.armed && (to.n > to.most || p.dropped >= storm) {
		p.arm()
	}
	p.mu.Unlock()
}

// arm has the pool look after itself in a while. It wants p.mu held.
func (p *msgPool) arm() {
	p.armed, p.before = true, p.dropped
	time.AfterFunc(tick, p.tidy)
}

// tidy drops what is not used, and once that is over gives memory back to the
// system.
func (p *msgPool) tidy() {
	p.mu.Lock()
	p.dropped += p.small.trim() + p.large.trim()
	if p.dropped != p.before || p.small.n > p.small.most || p.large.n > p.large.most {
		p.arm()
		p.mu.Unlock()
		return
	}
	collect := p.dropped >= storm
	if collect {
		p.dropped = 0
	}
	p.armed = false
	p.mu.Unlock()
	if collect {
		debug.FreeOSMemory()
	}
}
