package vm

import (
	"os"
	"sync"

	"github.com/gomach/mach/internal/kernel/core"
)

// object is a memory object that the kernel made: a file in memory, so that
// several mappings can share it.
type object struct {
	mu       sync.Mutex
	refs     int
	file     *os.File
	size     uint64
	id       uint32
	purgable int32 // VM_PURGABLE_NONVOLATILE, VOLATILE or EMPTY, with its options
	can      bool  // may be made volatile
	owner    *core.Task
	page     uint64 // the owner's page size
	free     func() // called when the last reference has gone
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
	o.refs--
	var free func()
	if o.refs == 0 {
		free = o.free
		if o.file != nil {
			o.file.Close()
			o.file = nil
		}
	}
	o.mu.Unlock()
	if free != nil {
		free()
	}
}
