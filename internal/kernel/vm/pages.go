package vm

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// pages gives the dispositions of n pages from addr on. Pages that are not
// mapped are 0.
func (m *vmMap) pages(addr uint64, n int) ([]uint32, mach.KernReturn) {
	out, err := m.mem.Pages(addr, n)
	if err != nil {
		return nil, failure(err)
	}
	return out, mach.KERN_SUCCESS
}

// userPage tells whether addr is a user address.
func (m *vmMap) userPage(addr uint64) bool {
	_, hi := m.mem.Bounds()
	return addr < hi
}

// vmPageQuery: task, address, disposition, reference count.
func vmPageQuery(c *core.Ctx, m *vmMap) mach.KernReturn {
	addr := m.trunc(c.U64(1))
	disposition, refs, kr := m.page1(addr)
	if bad := c.Put32(2, disposition); bad != mach.KERN_SUCCESS {
		return bad
	}
	if bad := c.Put32(3, refs); bad != mach.KERN_SUCCESS {
		return bad
	}
	return kr
}

func (m *vmMap) page1(addr uint64) (disposition, refs uint32, kr mach.KernReturn) {
	if !m.userPage(addr) {
		return 0, 0, mach.KERN_INVALID_ADDRESS
	}
	d, kr := m.pages(addr, 1)
	if kr != mach.KERN_SUCCESS {
		return 0, 0, kr
	}
	r, kr := m.lookup(addr, false)
	if kr != mach.KERN_SUCCESS || r.Start > addr {
		return 0, 0, mach.KERN_SUCCESS
	}
	return d[0], r.refs(), mach.KERN_SUCCESS
}

// vmPageInfo: task, address, flavor, info, count.
func vmPageInfo(c *core.Ctx, m *vmMap) mach.KernReturn {
	room, kr := c.Get32(4)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if mach.VMPageInfoFlavor(c.I32(2)) != mach.VM_PAGE_INFO_BASIC || room < uint32(mach.VM_PAGE_INFO_BASIC_COUNT) {
		return mach.KERN_INVALID_ARGUMENT
	}
	addr := m.trunc(c.U64(1))
	disposition, refs, kr := m.page1(addr)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	info := mach.VMPageInfoBasic{Disposition: int32(disposition), RefCount: int32(refs)}
	if r, kr := m.lookup(addr, false); kr == mach.KERN_SUCCESS && r.Start <= addr {
		info.ObjectID = mach.VMObjectID(m.objectID(&r))
		info.Offset = mach.MemoryObjectOffset(r.objectOffset() + addr - r.Start)
	}
	w := words(&info)
	return c.PutInfo(3, 4, w, len(w))
}

// maxRange is the largest range that is asked about at once
// (osfmk/vm/vm_map.c MAX_PAGE_RANGE_QUERY).
const maxRange = 1 << 30

// vmPageRangeQuery: task, address, size, address of the dispositions in the
// caller's memory, their number (in: the room, out: how many).
func vmPageRangeQuery(c *core.Ctx, m *vmMap) mach.KernReturn {
	room, kr := c.Get64(4)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	start, end, ok := m.span(c.U64(1), c.U64(2))
	if room == 0 || c.U64(2) == 0 || !ok {
		if ok && (room == 0 || c.U64(2) == 0) {
			return c.Put64(4, 0)
		}
		return mach.KERN_INVALID_ARGUMENT
	}
	size := min(end-start, maxRange)
	n := min(size/m.page, room)
	d, kr := m.pages(start, int(n))
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	b := make([]byte, 0, 4*len(d))
	for _, v := range d {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	if kr := mapOf(c.Task).write(b, c.U64(3)); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(4, uint64(len(d)))
}
