//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// MapCursor answers MappingAt for callers that walk over a process's mappings
// from one to the next, at about the cost of reading /proc/PID/maps once. It
// reads some 60 mappings ahead; what it read is good for MaxAge, and is asked
// for anew after that. Questions out of order go to MappingAt.
//
// A change that the caller makes itself, or has made, within MaxAge could be
// missed: call Forget after it. The own process is never read ahead.
type MapCursor struct {
	// MaxAge is how old an answer may be; 0 means 100 µs.
	MaxAge time.Duration

	p      *Process
	mu     sync.Mutex
	fd     int
	buf    []byte
	lines  []byte // what is left of buf
	read   time.Time
	expect uint64 // the next question of a walk
	inStep int    // questions of a walk so far
	past   uint64 // the stream gave everything below this
}

// MapCursor makes a cursor. Close it after use.
func (p *Process) MapCursor() *MapCursor { return &MapCursor{p: p, fd: -1} }

// Close gives back the cursor's file.
func (c *MapCursor) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rewind()
	return nil
}

// Forget has the next question answered afresh.
func (c *MapCursor) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rewind()
}

func (c *MapCursor) rewind() {
	if c.fd >= 0 {
		unix.Close(c.fd)
	}
	c.fd, c.lines, c.inStep, c.past = -1, nil, 0, 0
}

// At finds the mapping that contains addr, or else the next one, as MappingAt
// does. The Path is valid until the next call.
func (c *MapCursor) At(addr uint64) (m Mapping, found bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if addr == c.expect && !c.p.self {
		c.inStep++
	} else {
		c.inStep = 0
	}
	if c.inStep >= 2 {
		if m, found = c.ahead(addr); found {
			c.expect = m.End
			return m, true, nil
		}
	}
	m, found, err = c.p.MappingAt(addr)
	c.expect = m.End
	return m, found, err
}

// ahead looks for the answer in what was read ahead, and reads on if that is
// used up. It says no to what it is not sure of.
func (c *MapCursor) ahead(addr uint64) (m Mapping, found bool) {
	age := c.MaxAge
	if age == 0 {
		age = 100 * time.Microsecond
	}
	if addr < c.past {
		if len(c.lines) == 0 || time.Since(c.read) > age {
			c.lines = nil
			return m, false
		}
		return c.scan(addr)
	}
	for range 1 << 16 { // far more reads than any process's mappings need
		if !c.readOn() {
			return m, false
		}
		if addr < c.past {
			return c.scan(addr)
		}
	}
	return m, false
}

// scan takes lines off the buffer up to the one that answers.
func (c *MapCursor) scan(addr uint64) (m Mapping, found bool) {
	for len(c.lines) > 0 {
		i := bytes.IndexByte(c.lines, '\n')
		if i < 0 || !ParseMapping(c.lines[:i], &m) {
			c.rewind()
			return m, false
		}
		c.lines = c.lines[i+1:]
		if m.End > addr {
			return m, true
		}
	}
	return m, false
}

// readOn reads the next piece of the maps file: whole lines, a page or so.
func (c *MapCursor) readOn() bool {
	if c.fd < 0 {
		fd, err := c.p.openMemory("maps", unix.O_RDONLY)
		if err != nil {
			return false
		}
		c.fd = fd
		if c.buf == nil {
			c.buf = make([]byte, 32<<10)
		}
	}
	n, err := unix.Read(c.fd, c.buf)
	if err != nil || n <= 0 || c.buf[n-1] != '\n' {
		c.rewind()
		return false
	}
	c.lines, c.read = c.buf[:n], time.Now()
	last := c.lines[:n-1]
	if i := bytes.LastIndexByte(last, '\n'); i >= 0 {
		last = last[i+1:]
	}
	var m Mapping
	if !ParseMapping(last, &m) {
		c.rewind()
		return false
	}
	c.past = m.End
	return true
}
