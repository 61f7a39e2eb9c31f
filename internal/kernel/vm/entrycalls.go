package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// onEntry makes a Handler of a routine on a memory entry.
func onEntry(f func(c *core.Ctx, e *memEntry) mach.KernReturn) core.Handler {
	return core.K(func(c *core.Ctx) mach.KernReturn {
		e, null := entryArg(c, 0)
		if null {
			return mach.MACH_SEND_INVALID_DEST
		}
		if e == nil {
			if p, kr := c.PortArg(0); kr != mach.KERN_SUCCESS || p == nil || p.Dead() {
				return mach.MACH_SEND_INVALID_DEST
			}
			return mach.KERN_INVALID_ARGUMENT
		}
		return f(c, e)
	})
}

// entryPurgable: entry, control, state. The entry must be one whole object.
func entryPurgable(c *core.Ctx, e *memEntry) mach.KernReturn {
	control := mach.VMPurgable(c.I32(1))
	state, kr := purgableState(c, control, 2)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.copied || len(e.pieces) != 1 || !e.pieces[0].object.can {
		return mach.KERN_INVALID_ARGUMENT
	}
	o := e.pieces[0].object
	if e.pieces[0].size != o.size { // a part of an object has no state
		return mach.KERN_INVALID_ARGUMENT
	}
	return o.control(c, control, state, 2)
}

// entryOwnership: no memory is billed to anybody here, so none can change its
// owner (osfmk/vm/vm_memory_entry.c: an entry that is not wholly owned).
func entryOwnership(c *core.Ctx, _ *memEntry) mach.KernReturn {
	tag, flags := c.I32(2), c.U32(3)
	if tag < mach.VM_LEDGER_TAG_UNCHANGED || tag > mach.VM_LEDGER_TAG_MAX || flags&^uint32(mach.VM_LEDGER_FLAGS_USER) != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	return mach.KERN_NOT_SUPPORTED
}

// pagerEntry: host, internal, size, permission, pager, entry. Memory of the
// kernel's own has no pager (mach_memory_object_memory_entry_64).
func pagerEntry(c *core.Ctx) mach.KernReturn {
	if _, ok := c.Object(0, mach.IPC_OTYPE_HOST, mach.IPC_OTYPE_HOST_PRIV); !ok {
		if p, kr := c.PortArg(0); kr != mach.KERN_SUCCESS || p == nil {
			return mach.MACH_SEND_INVALID_DEST
		}
		return mach.KERN_INVALID_HOST
	}
	pager, kr := c.PortArg(4)
	if kr != mach.KERN_SUCCESS {
		return mach.MACH_SEND_INVALID_RIGHT
	}
	if pager != nil || !c.Bool(1) {
		return mach.KERN_INVALID_ARGUMENT
	}
	m := mapOf(c.Task)
	size := m.round(c.U64(2))
	if size == 0 || size < c.U64(2) {
		return mach.KERN_INVALID_ARGUMENT
	}
	o, err := newObject(size)
	if err != nil {
		return mach.KERN_RESOURCE_SHORTAGE
	}
	return c.GivePort(5, newEntry(&memEntry{
		pieces: []piece{{object: o, size: size, prot: mach.VM_PROT_ALL, most: mach.VM_PROT_ALL}},
		size:   size, prot: mach.VMProt(c.I32(3)) & mach.VM_PROT_ALL, owner: c.Task,
	}))
}
