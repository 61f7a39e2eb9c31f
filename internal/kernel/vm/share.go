package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// piece is a part of a range that one object stands behind.
type piece struct {
	object     *object // a reference of the piece's own
	offset     uint64
	size       uint64
	prot, most mach.VMProt
	private    bool  // of a file that is mapped privately and was not written
	tag        uint8 // of the mapping that it was made from
}

func drop(pieces []piece) {
	for _, p := range pieces {
		p.object.drop()
	}
}

// share gives the objects behind a range. Memory that has none so far, as
// Linux's private memory, moves into an object of its own, where it is: the
// task does not notice. With single it stops at the end of the first object.
func (m *vmMap) share(start, end uint64, single bool) (list []piece, kr mach.KernReturn) {
	for at := start; at < end; {
		r, kr := m.lookup(at, false)
		if kr == mach.KERN_SUCCESS && r.Start > at {
			kr = mach.KERN_INVALID_ADDRESS
		}
		if kr != mach.KERN_SUCCESS {
			drop(list)
			return nil, kr
		}
		r.End = min(r.End, end)
		p, kr := m.pieceOf(&r, at)
		if kr != mach.KERN_SUCCESS {
			drop(list)
			return nil, kr
		}
		list = append(list, p)
		at = r.End
		if single {
			break
		}
	}
	return list, mach.KERN_SUCCESS
}

// pieceOf gives the object behind a region from at on.
func (m *vmMap) pieceOf(r *region, at uint64) (piece, mach.KernReturn) {
	p := piece{size: r.End - at, prot: r.Prot, most: r.MaxProt, tag: r.attr.tag}
	if o := r.attr.object; o != nil && !r.attr.copied {
		o.hold()
		p.object, p.offset = o, r.attr.offset+(at-r.attr.start)
		return p, mach.KERN_SUCCESS
	}
	if r.Inode != 0 && r.attr.object == nil && (r.Shared || r.Prot&mach.VM_PROT_WRITE == 0 && m.untouched(r)) {
		if f, ok := m.mem.(core.FileOpener); ok {
			if file, err := f.OpenRegion(&r.Region); err == nil {
				p.object = &object{refs: 1, file: file, id: uint32(m.objectID(r)), size: ^uint64(0), shared: true}
				p.offset, p.private = r.Offset+(at-r.Start), !r.Shared
				return p, mach.KERN_SUCCESS
			}
		}
	}
	return m.convert(r, at, p)
}

// untouched tells whether nothing was written to a private mapping of a file.
func (m *vmMap) untouched(r *region) bool {
	c := *r
	s, ok := m.mem.(core.RegionStatter)
	return ok && s.StatRegion(&c.Region) == nil && c.Dirty == 0 && c.Swapped == 0
}

// convert moves private memory into an object. It does so only with memory
// that a Mach call made, or of a task that can be held still meanwhile: the
// own process's other memory is in use.
func (m *vmMap) convert(r *region, at uint64, p piece) (piece, mach.KernReturn) {
	if m.task.Sub.Self() && !r.attr.mach {
		return p, mach.KERN_NOT_SUPPORTED
	}
	size := r.End - at
	var o *object
	kr := mach.KernReturn(mach.KERN_SUCCESS)
	err := m.freeze(func() (err error) {
		if r.Prot&mach.VM_PROT_READ == 0 {
			if err := m.mem.Protect(at, size, mach.VM_PROT_READ); err != nil {
				return err
			}
		}
		if o, kr = m.fill(at, r.End); kr != mach.KERN_SUCCESS {
			return nil
		}
		o.shared = true
		_, err = m.mem.Map(core.Mapping{
			Addr: at, Size: size, Fixed: true, Overwrite: true, Prot: r.Prot, Shared: true, File: o.file,
		})
		return err
	})
	if kr != mach.KERN_SUCCESS {
		return p, kr
	}
	if err != nil {
		o.drop()
		return p, failure(err)
	}
	m.mu.Lock()
	a := m.at(at)
	a.start, a.end, a.object, a.offset, a.copied, a.mach = at, at+size, o, 0, false, true
	m.set(a) // with a reference for the mapping
	m.mu.Unlock()
	p.object, p.offset = o, 0
	return p, mach.KERN_SUCCESS
}

// place maps pieces one behind the other into the map.
func (m *vmMap) place(r request, pieces []piece) (uint64, mach.KernReturn) {
	var size uint64
	for _, p := range pieces {
		size += p.size
	}
	whole := r
	whole.size, whole.object, whole.prot = size, nil, mach.VM_PROT_NONE
	addr, kr := m.enter(whole)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	at := addr
	for _, p := range pieces {
		part := r
		part.addr, part.size, part.mask = at, p.size, 0
		part.flags = r.flags&mach.VM_FLAGS_ALIAS_MASK | mach.VM_FLAGS_FIXED | mach.VM_FLAGS_OVERWRITE
		if part.flags>>24 == 0 {
			part.flags |= uint32(p.tag) << 24
		}
		part.object, part.offset = p.object, p.offset
		part.prot, part.maxProt = r.prot&p.prot, r.maxProt&p.most
		part.private = p.private && !r.copy
		if _, kr := m.enter(part); kr != mach.KERN_SUCCESS {
			m.remove(addr, size)
			return 0, kr
		}
		at += p.size
	}
	return addr, mach.KERN_SUCCESS
}
