//go:build linux && (amd64 || arm64)

package hosted

import (
	"bytes"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// cursor makes a walk over all regions cheap. Asking the system for one
// mapping at a time costs a system call each, or before Linux 6.11 reading the
// whole text of /proc/PID/maps; the text has some fifty mappings to a read.
// So, when calls follow each other from region to region, the next ones are
// taken from the text, read piece by piece.
//
// What was read is used for at most 200 microseconds, in which a walk uses a
// piece up many times over: so an answer is never older than if the caller had
// been interrupted for a moment.
type cursor struct {
	mu    sync.Mutex
	last  uint64 // end of the region told last
	steps int    // how many calls followed each other

	fd      int // the maps file, where the text goes on; 0: none
	buf     []byte
	have    int // bytes of the text in buf that have not been parsed
	regions []core.Region
	at      int       // the region that comes next
	from    uint64    // what the regions cover, from here to the end of the last
	read    time.Time // when
}

const (
	walkSteps = 4
	walkFresh = 200 * time.Microsecond
)

// next gives the region that contains or follows addr, if a walk is under way
// and the text has it.
func (c *cursor) next(p *linux.Process, addr uint64) (core.Region, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if addr != c.last || addr == 0 {
		c.steps = 0
		return core.Region{}, false
	}
	if c.steps++; c.steps < walkSteps {
		return core.Region{}, false
	}
	for {
		if n := len(c.regions); n > 0 && addr < c.regions[n-1].End {
			// It is in what was read; if that is too old by now, the system is
			// asked, until the walk has passed it.
			if addr < c.from || time.Since(c.read) > walkFresh {
				return core.Region{}, false
			}
			for c.regions[c.at].End <= addr {
				c.at++
			}
			r := c.regions[c.at]
			c.last = r.End
			return r, true
		}
		if !c.more(p) {
			c.close()
			return core.Region{}, false
		}
	}
}

// told notes a region that was asked for otherwise.
func (c *cursor) told(r *core.Region) {
	c.mu.Lock()
	c.last = r.End
	c.mu.Unlock()
}

// stop forgets what was read.
func (c *cursor) stop() {
	c.mu.Lock()
	c.close()
	c.steps = 0
	c.mu.Unlock()
}

func (c *cursor) close() {
	if c.fd > 0 {
		unix.Close(c.fd)
	}
	c.fd, c.have, c.at, c.regions = 0, 0, 0, c.regions[:0]
}

// more reads the next piece of the text; it reports false at its end.
func (c *cursor) more(p *linux.Process) bool {
	if c.fd <= 0 {
		c.close()
		fd, err := unix.Open("/proc/"+strconv.Itoa(p.PID())+"/maps", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil || fd == 0 {
			return false
		}
		c.fd, c.from = fd, 0
		if !p.Alive() { // asked after the open: the file is this process's
			return false
		}
	}
	if c.buf == nil {
		c.buf = make([]byte, 16<<10)
	}
	if n := len(c.regions); n > 0 {
		c.from = c.regions[n-1].End
	}
	c.regions, c.at = c.regions[:0], 0
	if c.have == len(c.buf) {
		return false // a line longer than that
	}
	n, err := unix.Read(c.fd, c.buf[c.have:])
	if err != nil || n <= 0 {
		return false
	}
	c.read = time.Now()
	c.have += n
	c.parse()
	return true
}

func (c *cursor) parse() {
	text := c.buf[:c.have]
	var m linux.Mapping
	for {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			break
		}
		if linux.ParseMapping(text[:i], &m) && m.Start < 1<<63 {
			if m.Inode != 0 {
				m.Path = nil // nobody asks a walk for names of files
			}
			c.regions = append(c.regions, regionOf(&m))
		}
		text = text[i+1:]
	}
	c.have = copy(c.buf, text)
}
