package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// makeEntry: task, size (in and out), offset, permission, handle, parent (xnu
// osfmk/vm/vm_memory_entry.c mach_make_memory_entry_internal). On failure size
// and handle stay as they were: a MIG reply with an error carries nothing else.
func makeEntry(c *core.Ctx) mach.KernReturn {
	size, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	q := entryRequest{c: c, offset: c.U64(2), size: size, permission: c.U32(3)}
	q.prot = mach.VMProt(q.permission) & mach.VM_PROT_ALL
	e, p, kr := q.build()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	switch {
	case p != nil:
		kr = c.GivePort(4, p)
	case e != nil:
		kr = c.GivePort(4, newEntry(e))
	default:
		kr = c.Put32(4, uint32(mach.MACH_PORT_NULL))
	}
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if e != nil {
		size = e.size - e.data
	} else if q.has(mach.MAP_MEM_NAMED_CREATE) {
		size = 0
	}
	return c.Put64(1, size)
}

// entryRequest is what mach_make_memory_entry was asked for.
type entryRequest struct {
	c            *core.Ctx
	offset, size uint64
	permission   uint32
	prot         mach.VMProt
}

func (q *entryRequest) has(flag mach.VMProt) bool { return q.permission&uint32(flag) != 0 }

// wantsData tells whether the entry's data need not begin with a page.
func (q *entryRequest) wantsData() bool {
	return q.has(mach.MAP_MEM_USE_DATA_ADDR | mach.MAP_MEM_4K_DATA_ADDR)
}

// dataOffset is where in its first page the data begins
// (vm_memory_entry_get_offset_in_page).
func (q *entryRequest) dataOffset(offset, start uint64) uint64 {
	switch {
	case q.has(mach.MAP_MEM_4K_DATA_ADDR):
		return (offset - start) &^ 0xfff
	case q.has(mach.MAP_MEM_USE_DATA_ADDR):
		return offset - start
	}
	return 0
}

// access is the cache mode (GET_MAP_MEM). Linux does not let programs choose
// one: it is kept, and changes nothing.
func (q *entryRequest) access() uint32 { return q.permission >> 24 & 0xff }

// build gives a new entry, the port of one that serves, or neither where
// nothing was to be made.
func (q *entryRequest) build() (*memEntry, *ipc.Port, mach.KernReturn) {
	m, kr := mapArg(q.c, 0, core.Control)
	if m == nil && kr == mach.MACH_SEND_INVALID_DEST {
		return nil, nil, kr
	}
	const flags = mach.MAP_MEM_FLAGS_MASK &^ mach.MAP_MEM_FLAGS_USER
	if q.permission&uint32(flags) != 0 {
		return nil, nil, mach.KERN_INVALID_VALUE
	}
	parent, _ := entryArg(q.c, 5) // a port that is no entry counts as none
	if parent != nil && parent.copied {
		return nil, nil, mach.KERN_INVALID_ARGUMENT
	}
	switch {
	case q.has(mach.MAP_MEM_ONLY):
		return nil, nil, q.setAccess(parent)
	case q.has(mach.MAP_MEM_NAMED_CREATE):
		e, kr := q.create()
		return e, nil, kr
	case q.has(mach.MAP_MEM_VM_COPY), q.has(mach.MAP_MEM_VM_SHARE), q.has(mach.MAP_MEM_NAMED_REUSE), parent == nil:
		if q.size == 0 {
			return nil, nil, mach.KERN_INVALID_ARGUMENT
		}
		if wraps(q.offset, q.size) {
			return nil, nil, mach.KERN_INVALID_ARGUMENT
		}
		if m == nil {
			return nil, nil, mach.KERN_INVALID_TASK
		}
		start, end, ok := m.span(q.offset, q.size)
		if !ok {
			return nil, nil, mach.KERN_INVALID_ARGUMENT
		}
		if q.has(mach.MAP_MEM_VM_COPY) {
			e, kr := m.copyEntry(q, start, end)
			return e, nil, kr
		}
		return m.shareEntry(q, start, end, parent)
	}
	e, kr := parent.child(q)
	return e, nil, kr
}

// setAccess changes an entry's cache mode (mach_make_memory_entry_mem_only).
func (q *entryRequest) setAccess(e *memEntry) mach.KernReturn {
	if wraps(q.offset, q.size) || q.wantsData() || e == nil {
		return mach.KERN_INVALID_ARGUMENT
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if q.access() != e.access && e.prot&mach.VM_PROT_WRITE == 0 {
		return mach.KERN_INVALID_RIGHT
	}
	if q.access() != mach.MAP_MEM_NOOP {
		e.access = q.access()
	}
	return mach.KERN_SUCCESS
}

// create makes new memory without an address
// (mach_make_memory_entry_named_create).
func (q *entryRequest) create() (*memEntry, mach.KernReturn) {
	if q.size == 0 {
		return nil, mach.KERN_SUCCESS
	}
	own := mapOf(q.c.Task)
	start, end, ok := own.span(q.offset, q.size)
	size := end - start
	switch {
	case !ok, q.wantsData():
		return nil, mach.KERN_INVALID_ARGUMENT
	case size > mostAnonymous:
		return nil, mach.KERN_FAILURE
	case q.has(mach.MAP_MEM_PURGABLE) && q.prot&mach.VM_PROT_WRITE == 0:
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	o, err := newObject(size)
	if err != nil {
		return nil, mach.KERN_FAILURE
	}
	o.can, o.owner, o.page = q.has(mach.MAP_MEM_PURGABLE), q.c.Task, own.page
	o.kernelOnly = q.has(mach.MAP_MEM_PURGABLE_KERNEL_ONLY)
	return &memEntry{
		pieces: []piece{{object: o, size: size, prot: mach.VM_PROT_ALL, most: mach.VM_PROT_ALL}},
		size:   size, prot: q.prot, access: q.access(), owner: q.c.Task,
	}, mach.KERN_SUCCESS
}

// shareEntry makes an entry of memory that is there, one that can be written
// by both (mach_make_memory_entry_share). Without MAP_MEM_VM_SHARE it ends
// with the first mapping.
func (m *vmMap) shareEntry(q *entryRequest, start, end uint64, parent *memEntry) (*memEntry, *ipc.Port, mach.KernReturn) {
	e := &memEntry{prot: q.prot, owner: q.c.Task, data: q.dataOffset(q.offset, start), copied: q.has(mach.MAP_MEM_VM_SHARE)}
	if !e.copied {
		r, kr := m.lookup(start, false)
		if kr != mach.KERN_SUCCESS {
			return nil, nil, kr
		}
		end = min(end, max(r.End, start+1))
		e.access = q.access()
	}
	masked := q.has(mach.VM_PROT_IS_MASK)
	have := mach.VMProt(mach.VM_PROT_ALL)
	kr := m.each(start, end, func(r region) mach.KernReturn {
		if !masked && (r.Prot&q.prot != q.prot || r.MaxProt&q.prot != q.prot) {
			return mach.KERN_PROTECTION_FAILURE
		}
		have &= r.Prot
		return mach.KERN_SUCCESS
	})
	if kr != mach.KERN_SUCCESS {
		return nil, nil, kr
	}
	if masked {
		if e.prot &= have; e.prot == mach.VM_PROT_NONE {
			return nil, nil, mach.KERN_PROTECTION_FAILURE
		}
	}
	if e.pieces, kr = m.share(start, end, !e.copied); kr != mach.KERN_SUCCESS {
		return nil, nil, kr
	}
	for _, p := range e.pieces {
		e.size += p.size
	}
	if q.has(mach.MAP_MEM_NAMED_REUSE) && parent.serves(e) {
		drop(e.pieces)
		e.pieces = nil
		p, kr := q.c.PortArg(5)
		return e, p, kr
	}
	return e, nil, mach.KERN_SUCCESS
}

// serves tells whether an entry can be given again for another one: it covers
// the same memory from the beginning of its object on.
func (e *memEntry) serves(other *memEntry) bool {
	if e == nil || other.copied || e == other {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.pieces) != 1 || len(other.pieces) != 1 {
		return false
	}
	a, b := e.pieces[0], other.pieces[0]
	return a.object == b.object && a.offset == 0 && b.offset == 0 && e.size == other.size && e.data == other.data
}

// copyEntry makes an entry of a copy of a range (mach_make_memory_entry_copy).
func (m *vmMap) copyEntry(q *entryRequest, start, end uint64) (*memEntry, mach.KernReturn) {
	e := &memEntry{prot: q.prot, owner: q.c.Task, data: q.dataOffset(q.offset, start), size: end - start, copied: true}
	kr := m.each(start, end, func(r region) mach.KernReturn {
		if r.Prot&mach.VM_PROT_READ == 0 {
			return mach.KERN_PROTECTION_FAILURE
		}
		p := piece{size: r.End - r.Start, prot: mach.VM_PROT_ALL, most: mach.VM_PROT_ALL, tag: r.attr.tag}
		kr := mach.KernReturn(mach.KERN_SUCCESS)
		if o := r.attr.object; o != nil && !r.attr.copied {
			var err error
			if p.object, err = o.clone(r.attr.offset+r.Start-r.attr.start, p.size); err != nil {
				return mach.KERN_RESOURCE_SHORTAGE
			}
		} else if p.object, kr = m.fill(r.Start, r.End); kr != mach.KERN_SUCCESS {
			return kr
		}
		e.pieces = append(e.pieces, p)
		return mach.KERN_SUCCESS
	})
	if kr != mach.KERN_SUCCESS {
		drop(e.pieces)
		return nil, kr
	}
	return e, mach.KERN_SUCCESS
}

// child cuts an entry out of another one: offset and size count from its
// beginning (mach_make_memory_entry_from_parent_entry).
func (e *memEntry) child(q *entryRequest) (*memEntry, mach.KernReturn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	page := mapOf(q.c.Task)
	offset := q.offset
	if q.wantsData() {
		if wraps(offset, e.data) {
			return nil, mach.KERN_INVALID_ARGUMENT
		}
		offset += e.data
	}
	if wraps(offset, q.size) {
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	start, end := page.trunc(offset), page.round(offset+q.size)
	if end < start || end > e.size {
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	prot := q.prot
	if q.has(mach.VM_PROT_IS_MASK) {
		prot &= e.prot
	}
	if prot&e.prot != prot {
		return nil, mach.KERN_PROTECTION_FAILURE
	}
	return &memEntry{
		prot: prot, owner: q.c.Task, size: end - start, data: q.dataOffset(offset, start), access: q.access(),
		pieces: e.cut(start, end-start),
	}, mach.KERN_SUCCESS
}
