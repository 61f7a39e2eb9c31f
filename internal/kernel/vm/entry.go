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
	copied bool // MAP_MEM_VM_COPY or VM_SHARE: no entries are cut from it
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

// entryArg gives the entry that argument i names, nil for MACH_PORT_NULL.
func entryArg(c *core.Ctx, i int) (e *memEntry, null bool) {
	p, kr := c.PortArg(i)
	if kr == mach.KERN_SUCCESS && p == nil {
		return nil, true
	}
	obj, ok := c.Object(i, mach.IPC_OTYPE_NAMED_ENTRY)
	if !ok {
		return nil, false
	}
	return obj.(*memEntry), false
}

// makeEntry: task, size (in and out), offset, permission, handle, parent. See
// xnu osfmk/vm/vm_memory_entry.c. On failure the size becomes 0.
func makeEntry(c *core.Ctx) mach.KernReturn {
	size, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	e, kr := buildEntry(c, size)
	if kr != mach.KERN_SUCCESS || e == nil {
		if bad := c.Put64(1, 0); bad != mach.KERN_SUCCESS {
			return bad
		}
		if kr == mach.KERN_SUCCESS { // nothing was asked for
			kr = c.Put32(4, uint32(mach.MACH_PORT_NULL))
		}
		return kr
	}
	if kr := c.GivePort(4, newEntry(e)); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(1, e.size-e.data)
}

// permissions that this kernel knows.
const knownPermission = mach.MAP_MEM_FLAGS_USER | uint32(mach.MAP_MEM_PROT_MASK) | 0xff<<24

func buildEntry(c *core.Ctx, size uint64) (*memEntry, mach.KernReturn) {
	m, kr := mapArg(c, 0, core.Control)
	permission := c.U32(3)
	if permission&^uint32(knownPermission) != 0 {
		return nil, mach.KERN_INVALID_VALUE
	}
	parent, null := entryArg(c, 5)
	if parent == nil && !null {
		parent = nil // a port that is no entry counts as none, as in xnu
	}
	prot := mach.VMProt(permission) & mach.VM_PROT_ALL
	switch {
	case permission&mach.MAP_MEM_ONLY != 0:
		return nil, mach.KERN_INVALID_ARGUMENT // cache modes are the hardware's
	case permission&mach.MAP_MEM_NAMED_CREATE != 0:
		return m.createEntry(c, size, permission, prot)
	case m == nil && parent == nil:
		if kr == mach.MACH_SEND_INVALID_DEST {
			return nil, kr
		}
		return nil, mach.KERN_INVALID_TASK
	case size == 0:
		return nil, mach.KERN_INVALID_ARGUMENT
	case permission&(mach.MAP_MEM_VM_COPY|mach.MAP_MEM_VM_SHARE) == 0 && parent != nil && permission&mach.MAP_MEM_NAMED_REUSE == 0:
		return parent.child(c, size, permission, prot)
	}
	if m == nil {
		return nil, mach.KERN_INVALID_TASK
	}
	return m.entryOf(c, size, permission, prot)
}

// createEntry makes new memory without an address.
func (m *vmMap) createEntry(c *core.Ctx, size uint64, permission uint32, prot mach.VMProt) (*memEntry, mach.KernReturn) {
	if size == 0 {
		return nil, mach.KERN_SUCCESS
	}
	page := mapOf(c.Task)
	rounded := page.round(size)
	switch {
	case rounded < size:
		return nil, mach.KERN_INVALID_ARGUMENT
	case permission&(mach.MAP_MEM_USE_DATA_ADDR|mach.MAP_MEM_4K_DATA_ADDR) != 0:
		return nil, mach.KERN_INVALID_ARGUMENT
	case permission&mach.MAP_MEM_PURGABLE != 0 && prot&mach.VM_PROT_WRITE == 0:
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	o, err := newObject(rounded)
	if err != nil {
		return nil, mach.KERN_FAILURE
	}
	o.can, o.owner, o.page = permission&mach.MAP_MEM_PURGABLE != 0, c.Task, page.page
	return &memEntry{
		pieces: []piece{{object: o, size: rounded, prot: mach.VM_PROT_ALL, most: mach.VM_PROT_ALL}},
		size:   rounded, prot: prot, owner: c.Task,
	}, mach.KERN_SUCCESS
}

// entryOf makes an entry of memory that is there.
func (m *vmMap) entryOf(c *core.Ctx, size uint64, permission uint32, prot mach.VMProt) (*memEntry, mach.KernReturn) {
	start, end, ok := m.span(c.U64(2), size)
	if !ok {
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	e := &memEntry{prot: prot, owner: c.Task}
	if permission&(mach.MAP_MEM_USE_DATA_ADDR|mach.MAP_MEM_4K_DATA_ADDR) != 0 {
		e.data = c.U64(2) - start
	}
	if permission&mach.MAP_MEM_VM_COPY != 0 {
		return m.snapshot(e, start, end)
	}
	single := permission&mach.MAP_MEM_VM_SHARE == 0
	to := end
	if single {
		r, kr := m.lookup(start, false)
		if kr != mach.KERN_SUCCESS {
			return nil, kr
		}
		to = min(end, max(r.End, start+1))
	}
	have, most, kr := m.least(start, to)
	if kr != mach.KERN_SUCCESS {
		return nil, kr
	}
	if mach.VMProt(permission)&mach.VM_PROT_IS_MASK != 0 {
		e.prot &= have
		if e.prot == mach.VM_PROT_NONE {
			return nil, mach.KERN_PROTECTION_FAILURE
		}
	} else if have&prot != prot || most&prot != prot {
		return nil, mach.KERN_PROTECTION_FAILURE
	}
	e.copied = !single
	if e.pieces, kr = m.share(start, to, single); kr != mach.KERN_SUCCESS {
		return nil, kr
	}
	for _, p := range e.pieces {
		e.size += p.size
	}
	return e, mach.KERN_SUCCESS
}

// snapshot fills an entry with a copy of a range.
func (m *vmMap) snapshot(e *memEntry, start, end uint64) (*memEntry, mach.KernReturn) {
	if kr := m.check(start, end, mach.VM_PROT_READ); kr != mach.KERN_SUCCESS {
		return nil, kr
	}
	o, err := newObject(end - start)
	if err != nil {
		return nil, mach.KERN_RESOURCE_SHORTAGE
	}
	b := make([]byte, min(end-start, chunk))
	for done := uint64(0); done < end-start; {
		n := min(end-start-done, uint64(len(b)))
		_, err := m.mem.ReadAt(b[:n], start+done)
		if err == nil {
			_, err = o.file.WriteAt(b[:n], int64(done))
		}
		if err != nil {
			o.drop()
			return nil, mach.KERN_MEMORY_ERROR
		}
		done += n
	}
	e.size, e.copied = end-start, true
	e.pieces = []piece{{object: o, size: e.size, prot: mach.VM_PROT_ALL, most: mach.VM_PROT_ALL}}
	return e, mach.KERN_SUCCESS
}

// child cuts an entry out of another one: offset and size count from its
// beginning.
func (e *memEntry) child(c *core.Ctx, size uint64, permission uint32, prot mach.VMProt) (*memEntry, mach.KernReturn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	page := mapOf(c.Task)
	offset := c.U64(2)
	if e.copied || offset+size < offset || offset+size > e.size {
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	if mach.VMProt(permission)&mach.VM_PROT_IS_MASK != 0 {
		prot &= e.prot
	}
	if prot&e.prot != prot {
		return nil, mach.KERN_PROTECTION_FAILURE
	}
	start, end := page.trunc(offset), page.round(offset+size)
	out := &memEntry{prot: prot, owner: c.Task, size: end - start}
	if permission&mach.MAP_MEM_USE_DATA_ADDR != 0 {
		out.data = offset - start
	}
	out.pieces = e.cut(start, end-start)
	return out, mach.KERN_SUCCESS
}

// vmMapCall: task, address, size, mask, flags, object, offset, copy, cur and
// max protection, inheritance (osfmk/vm/vm_map.c vm_map_enter_mem_object).
func vmMapCall(c *core.Ctx, m *vmMap) mach.KernReturn {
	flags := c.U32(4)
	if flags&^uint32(mach.VM_FLAGS_USER_MAP) != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	cur, most := mach.VMProt(c.I32(8)), mach.VMProt(c.I32(9))
	inherit := mach.VMInherit_t(c.U32(10))
	masked := (cur|most)&mach.VM_PROT_IS_MASK != 0
	cur, most = cur&^mach.VM_PROT_IS_MASK, most&^mach.VM_PROT_IS_MASK
	size, offset := c.U64(2), c.U64(6)
	if (cur|most)&^mach.VM_PROT_ALL != 0 || cur&^most != 0 || uint32(inherit) > uint32(mach.VM_INHERIT_LAST_VALID) || size == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	addr, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	r := request{
		addr: addr, size: size, mask: c.U64(3), flags: flags, prot: cur, maxProt: most, inherit: inherit, copy: c.Bool(7),
	}
	e, null := entryArg(c, 5)
	switch {
	case null:
		addr, kr = m.enter(r)
	case e == nil:
		return mach.KERN_INVALID_OBJECT
	default:
		addr, kr = m.mapEntry(e, r, offset, masked)
	}
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(1, addr)
}

// mapEntry maps a part of an entry.
func (m *vmMap) mapEntry(e *memEntry, r request, offset uint64, masked bool) (uint64, mach.KernReturn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if masked {
		r.prot, r.maxProt = r.prot&e.prot, r.maxProt&e.prot
	}
	if !r.copy && (r.prot&e.prot != r.prot || r.maxProt&e.prot != r.maxProt) {
		return 0, mach.KERN_INVALID_RIGHT
	}
	if r.copy && e.prot&mach.VM_PROT_READ == 0 {
		return 0, mach.KERN_INVALID_RIGHT
	}
	dataAddr := r.flags&(mach.VM_FLAGS_RETURN_DATA_ADDR|mach.VM_FLAGS_RETURN_4K_DATA_ADDR) != 0
	from := offset
	if dataAddr {
		from += e.data
	}
	if from+r.size < from || from+r.size > e.size && m.trunc(from)+m.round(r.size) > e.size {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	start, end := m.trunc(from), m.round(from+r.size)
	pieces := e.cut(start, min(end, e.size)-start)
	if len(pieces) == 0 {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	addr, kr := m.placeEntry(r, pieces)
	drop(pieces)
	if kr == mach.KERN_SUCCESS && dataAddr {
		addr += from - start
	}
	return addr, kr
}

// placeEntry is place, with the short way for what is one piece.
func (m *vmMap) placeEntry(r request, pieces []piece) (uint64, mach.KernReturn) {
	if len(pieces) > 1 {
		for i := range pieces { // the entry's protection counts, not the source's
			pieces[i].prot, pieces[i].most = mach.VM_PROT_ALL, mach.VM_PROT_ALL
		}
		return m.place(r, pieces)
	}
	p := pieces[0]
	r.object, r.offset, r.size = p.object, p.offset, p.size
	r.copy = r.copy || p.private
	return m.enter(r)
}
