package vm

import (
	"os"
	"sync"

	"github.com/gomach/mach"
)

// object is a memory object that the kernel made: a file in memory, so that
// several mappings can share it.
type object struct {
	mu       sync.Mutex
	refs     int
	file     *os.File
	size     uint64
	id       uint32
	purgable mach.VMPurgable
	can      bool // may be made volatile
}

func (o *object) hold() {
	if o == nil {
		return
	}
	o.mu.Lock()
	o.refs++
	o.mu.Unlock()
}

func (o *object) drop() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refs--
	if o.refs == 0 && o.file != nil {
		o.file.Close()
		o.file = nil
	}
}
