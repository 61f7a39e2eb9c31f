package vm

import (
	"os"
	"sync"

	"github.com/gomach/mach/internal/kernel/core"
)

// object is a memory object that the kernel made: a file in memory, so that
// several mappings can share it.
type object struct {
	mu         sync.Mutex
	refs       int
	file       *os.File
	size       uint64
	id         uint32
	purgable   int32 // VM_PURGABLE_NONVOLATILE, VOLATILE or EMPTY, with its options
	can        bool  // may be made volatile
	kernelOnly bool  // but only by the kernel (MAP_MEM_PURGABLE_KERNEL_ONLY)
	owner      *core.Task
	page       uint64     // the owner's page size
	content    sync.Mutex // held while the file is mapped, copied or replaced; before mu
	shared     bool       // a mapping shows the file itself, and may change it; see content
	lazy       bool       // private mappings take what nobody wrote from the file; see content
	free       func()     // called when the last reference has gone
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

// newObject makes a memory object of zeros with one reference.
func newObject(size uint64) (*object, error) {
	f, err := newFile(size)
	if err != nil {
		return nil, err
	}
	return &object{refs: 1, file: f, size: size, id: nextID()}, nil
}
