package vm

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// pages gives the dispositions of n pages from addr on. Pages that are not
// mapped, or are none of user addresses, are 0.
func (m *vmMap) pages(addr uint64, n int) ([]uint32, mach.KernReturn) {
	_, hi := m.mem.Bounds()
	known := 0
	if addr < hi {
		known = int(min(uint64(n), (hi-addr)/m.page))
	}
	if known == 0 {
		return make([]uint32, n), mach.KERN_SUCCESS
	}
	out, err := m.mem.Pages(addr, known)
	if err != nil {
		return nil, failure(err)
	}
	return append(out, make([]uint32, n-len(out))...), mach.KERN_SUCCESS
}

// page1 looks at the page at addr (xnu osfmk/vm/vm_map.c
// vm_map_page_range_info_internal): without an entry there is no object, no
// page, and no error. r is the region there, if any.
func (m *vmMap) page1(addr uint64) (disposition uint32, r *region, kr mach.KernReturn) {
	if m.round(addr+1) == 0 || addr+1 == 0 { // vm_map_page_range_info_sanitize
		return 0, nil, mach.KERN_INVALID_ADDRESS
	}
	addr = m.trunc(addr)
	d, kr := m.pages(addr, 1)
	if kr != mach.KERN_SUCCESS {
		return 0, nil, kr
	}
	at, kr := m.lookup(addr, false)
	if kr != mach.KERN_SUCCESS || at.Start > addr {
		return 0, nil, mach.KERN_SUCCESS
	}
	return d[0], &at, mach.KERN_SUCCESS
}

// vmPageQuery: task, address, disposition, reference count.
func vmPageQuery(c *core.Ctx, m *vmMap) mach.KernReturn {
	disposition, r, kr := m.page1(c.U64(1))
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	var refs uint32
	if r != nil {
		refs = r.refs()
	}
	if kr := c.Put32(2, disposition); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put32(3, refs)
}

// vmPageInfo: task, address, flavor, info, count. There may be room for one
// word too few, and for nothing else.
func vmPageInfo(c *core.Ctx, m *vmMap) mach.KernReturn {
	room, kr := c.Get32(4)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	const need = uint32(mach.VM_PAGE_INFO_BASIC_COUNT)
	if mach.VMPageInfoFlavor(c.I32(2)) != mach.VM_PAGE_INFO_BASIC || room != need && room != need-1 {
		return mach.KERN_INVALID_ARGUMENT
	}
	disposition, r, kr := m.page1(c.U64(1))
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	var info mach.VMPageInfoBasic
	if r != nil {
		info = mach.VMPageInfoBasic{
			Disposition: int32(disposition), RefCount: int32(r.refs()), ObjectID: mach.VMObjectID(m.objectID(r)),
			Offset: mach.MemoryObjectOffset(r.objectOffset() + m.trunc(c.U64(1)) - r.Start),
		}
	}
	w := words(&info)
	return c.PutInfo(3, 4, w, int(room))
}

// rangeAtOnce is how much of a range is asked about at once
// (osfmk/vm/vm_map.c MAX_PAGE_RANGE_QUERY).
const rangeAtOnce = 1 << 30

// vmPageRangeQuery: task, address, size, address of the dispositions in the
// caller's memory, their number (in: the room, out: how many).
func vmPageRangeQuery(c *core.Ctx, m *vmMap) mach.KernReturn {
	room, kr := c.Get64(4)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	addr, size, to := c.U64(1), c.U64(2), c.U64(3)
	start, end, ok := m.span(addr, size)
	if room > 1<<62-1 || wraps(to, 4*room) || size != 0 && !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	if room == 0 || size == 0 {
		return mach.KERN_SUCCESS // the number stays as it is
	}
	n := min((end-start)/m.page, room)
	for done := uint64(0); done < n; {
		some := min(n-done, rangeAtOnce/m.page)
		d, kr := m.pages(start+done*m.page, int(some))
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		b := make([]byte, 0, 4*len(d))
		for _, v := range d {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		if kr := mapOf(c.Task).write(b, to+4*done); kr != mach.KERN_SUCCESS {
			return efault
		}
		done += some
	}
	return c.Put64(4, n)
}

// efault is what copyout answers, which mach_vm_page_range_query hands on.
const efault mach.KernReturn = 14
