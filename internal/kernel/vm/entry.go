package vm

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// memEntry is what a memory entry port stands for: a list of pieces.
type memEntry struct {
	mu     sync.Mutex
	pieces []piece
	size   uint64
	data   uint64 // offset of the data in the first page
	prot   mach.VMProt
	copied bool   // MAP_MEM_VM_COPY or VM_SHARE: it is mapped as a whole, and no entries are cut from it
	access uint32 // MAP_MEM_NOOP, or the cache mode that was asked for
	owner  *core.Task
}

// newEntry makes a port for an entry. The entry goes with its last right.
func newEntry(e *memEntry) *ipc.Port {
	p := ipc.NewKernelPort(mach.IPC_OTYPE_NAMED_ENTRY, e)
	p.OnNoSenders(func(p *ipc.Port) {
		p.Destroy()
		e.mu.Lock()
		defer e.mu.Unlock()
		drop(e.pieces)
		e.pieces = nil
	})
	return p
}

// cut gives the pieces from offset on, as many as size needs, each with a
// reference. It wants e.mu held.
func (e *memEntry) cut(offset, size uint64) (list []piece) {
	for _, p := range e.pieces {
		if offset >= p.size {
			offset -= p.size
			continue
		}
		p.offset += offset
		p.size = min(p.size-offset, size)
		offset = 0
		if p.size == 0 {
			break
		}
		p.object.hold()
		list = append(list, p)
		size -= p.size
	}
	return list
}

// entryArg gives the entry that argument i names, nil for MACH_PORT_NULL and dead names.
func entryArg(c *core.Ctx, i int) (e *memEntry, null bool) {
	p, kr := c.PortArg(i)
	if kr == mach.KERN_SUCCESS && (p == nil || p.Dead()) {
		return nil, true
	}
	obj, ok := c.Object(i, mach.IPC_OTYPE_NAMED_ENTRY)
	if !ok {
		return nil, false
	}
	return obj.(*memEntry), false
}
