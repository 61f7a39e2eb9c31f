package vm

import (
	"encoding/binary"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

const chunk = 1 << 20 // what copies go through where there is no shorter way

// copyTo copies between two address spaces. The ranges have been checked.
func (m *vmMap) copyTo(dst *vmMap, to, from, size uint64) mach.KernReturn {
	if x, ok := m.mem.(core.Copier); ok {
		n, err := x.CopyTo(dst.mem, to, from, size)
		if err == nil {
			return mach.KERN_SUCCESS
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			return dst.copyFailed(to+n, err)
		}
	}
	// Backwards if the ranges overlap that way, so that nothing is
	// overwritten before it was read.
	backwards := m == dst && to > from && to < from+size
	b := make([]byte, min(size, chunk))
	for done := uint64(0); done < size; {
		n := min(size-done, uint64(len(b)))
		at := done
		if backwards {
			at = size - done - n
		}
		if _, err := m.mem.ReadAt(b[:n], from+at); err != nil {
			return mach.KERN_MEMORY_ERROR
		}
		if kr := dst.write(b[:n], to+at); kr != mach.KERN_SUCCESS {
			return kr
		}
		done += n
	}
	return mach.KERN_SUCCESS
}

// copyFailed says what was wrong with a copy that stopped before addr of the
// destination, when the source had been checked.
func (m *vmMap) copyFailed(addr uint64, err error) mach.KernReturn {
	if kr := m.check(m.trunc(addr), m.trunc(addr)+1, mach.VM_PROT_WRITE); kr != mach.KERN_SUCCESS {
		return kr
	}
	return mach.KERN_MEMORY_ERROR
}

// write stores bytes where the task itself could.
func (m *vmMap) write(b []byte, addr uint64) mach.KernReturn {
	var err error
	if w, ok := m.mem.(core.CheckedWriter); ok {
		_, err = w.WriteAtChecked(b, addr)
	} else {
		_, err = m.mem.WriteAt(b, addr)
	}
	if err != nil {
		return m.copyFailed(addr, err)
	}
	return mach.KERN_SUCCESS
}

// small is the size up to which xnu copies by a buffer of its own instead of by
// mappings (osfmk/ipc/ipc_init.c msg_ool_size_small, osfmk/kern/kalloc.h
// KHEAP_MAX_SIZE). What it cannot read or write then is KERN_INVALID_ADDRESS,
// be it mapped or not.
func (m *vmMap) small() uint64 {
	if m.intel() {
		return 16 << 10
	}
	return 32 << 10
}

// source checks a range that is to be read (vm_map_copyin_internal).
func (m *vmMap) source(addr, size uint64) mach.KernReturn {
	if wraps(addr, size) {
		return mach.KERN_INVALID_ADDRESS
	}
	kr := m.check(addr, addr+size, mach.VM_PROT_READ)
	if size <= m.small() {
		if kr == mach.KERN_PROTECTION_FAILURE {
			kr = mach.KERN_INVALID_ADDRESS
		}
		return kr
	}
	if kr == mach.KERN_SUCCESS && m.hasSuperpages(addr, addr+size) {
		kr = mach.KERN_PROTECTION_FAILURE // memory that is contiguous is not copied by mappings
	}
	return kr
}

// hasSuperpages tells whether a range reaches into memory of large pages.
func (m *vmMap) hasSuperpages(start, end uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := m.find(start); i < len(m.attrs) && m.attrs[i].start < end; i++ {
		if m.attrs[i].super {
			return true
		}
	}
	return false
}

// destination checks a range that is to be overwritten (vm_map_copy_overwrite)
// and gives how many bytes may be: all or none of a large range, and of a small
// one those before the first page that must not be written.
func (m *vmMap) destination(addr, size uint64) (uint64, mach.KernReturn) {
	if wraps(addr, size) {
		return 0, mach.KERN_INVALID_ADDRESS
	}
	if size > m.small() {
		if kr := m.check(addr, addr+size, mach.VM_PROT_WRITE); kr != mach.KERN_SUCCESS {
			return 0, kr
		}
		return size, mach.KERN_SUCCESS
	}
	for at := addr; at < addr+size; {
		r, found, err := m.find1(at, false)
		if err != nil || !found || r.Start > at || r.Prot&mach.VM_PROT_WRITE == 0 {
			return at - addr, mach.KERN_INVALID_ADDRESS
		}
		at = r.End
	}
	return size, mach.KERN_SUCCESS
}

// overwrite copies from one map to another what its destination lets it.
func (m *vmMap) overwrite(dst *vmMap, to, from, size uint64) mach.KernReturn {
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	if kr := m.source(from, size); kr != mach.KERN_SUCCESS {
		return kr
	}
	if wraps(to, size) {
		return mach.KERN_INVALID_ADDRESS
	}
	if size > dst.small() {
		if _, kr := dst.destination(to, size); kr != mach.KERN_SUCCESS {
			return kr
		}
		return m.move(dst, to, from, size)
	}
	if m.move(dst, to, from, size) == mach.KERN_SUCCESS {
		return mach.KERN_SUCCESS
	}
	// To ask before would cost more than to try.
	n, kr := dst.destination(to, size)
	if n > 0 {
		if bad := m.move(dst, to, from, n); bad != mach.KERN_SUCCESS {
			return mach.KERN_INVALID_ADDRESS
		}
	}
	return kr
}

// move copies between ranges that have been checked, and may overlap.
func (m *vmMap) move(dst *vmMap, to, from, size uint64) mach.KernReturn {
	if m != dst || to >= from+size || from >= to+size {
		return m.copyTo(dst, to, from, size)
	}
	// The short way reads and writes in an order of its own.
	b := make([]byte, size)
	if _, err := m.mem.ReadAt(b, from); err != nil {
		return mach.KERN_MEMORY_ERROR
	}
	return m.write(b, to)
}

// vmReadOverwrite: task, address, size, data, outsize.
func vmReadOverwrite(c *core.Ctx, m *vmMap) mach.KernReturn {
	size := c.U64(2)
	if kr := m.overwrite(mapOf(c.Task), c.U64(3), c.U64(1), size); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(4, size)
}

// vmRead: task, address, size, data, count.
func vmRead(c *core.Ctx, m *vmMap) mach.KernReturn {
	from, size := c.U64(1), c.U64(2)
	if size > 1<<32-1 {
		return mach.KERN_INVALID_ARGUMENT
	}
	if kr := m.source(from, size); kr != mach.KERN_SUCCESS {
		return kr
	}
	if c.MIG != nil || size == 0 {
		b := make([]byte, size)
		if size > 0 {
			if _, err := m.mem.ReadAt(b, from); err != nil {
				return mach.KERN_MEMORY_ERROR
			}
		}
		return c.GiveMemory(3, 4, b, uint32(size))
	}
	to, kr := m.readNew(mapOf(c.Task), from, size)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if kr = c.Put64(3, to); kr == mach.KERN_SUCCESS {
		kr = c.Put32(4, uint32(size))
	}
	if kr != mach.KERN_SUCCESS {
		mapOf(c.Task).remove(to, size)
	}
	return kr
}

// readNew copies a range into fresh memory of dst.
func (m *vmMap) readNew(dst *vmMap, from, size uint64) (uint64, mach.KernReturn) {
	to, kr := dst.enter(request{
		size: size, flags: mach.VM_FLAGS_ANYWHERE, prot: mach.VM_PROT_DEFAULT, maxProt: mach.VM_PROT_ALL,
		inherit: mach.VM_INHERIT_DEFAULT,
	})
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	if kr := m.copyTo(dst, to, from, size); kr != mach.KERN_SUCCESS {
		dst.remove(to, size)
		return 0, kr
	}
	return to, mach.KERN_SUCCESS
}

// vmReadList: task, list of 256 pairs of address and size, count. A range that
// fails comes back as 0 and 0; the result is that of the last one.
func vmReadList(c *core.Ctx, m *vmMap) mach.KernReturn {
	count := c.U32(2)
	if count > mach.VM_MAP_ENTRY_MAX {
		return mach.KERN_INVALID_ARGUMENT
	}
	list := make([]byte, 16*count)
	if kr := c.Read(1, list); kr != mach.KERN_SUCCESS {
		return kr
	}
	result := mach.KernReturn(mach.KERN_SUCCESS)
	for e := list; len(e) > 0; e = e[16:] {
		from, size := binary.LittleEndian.Uint64(e), binary.LittleEndian.Uint64(e[8:])
		var to uint64
		if size != 0 {
			if result = m.source(from, size); result == mach.KERN_SUCCESS {
				to, result = m.readNew(mapOf(c.Task), from, size)
			}
			if result != mach.KERN_SUCCESS {
				to, size = 0, 0
			}
		}
		binary.LittleEndian.PutUint64(e, to)
		binary.LittleEndian.PutUint64(e[8:], size)
	}
	if result != mach.KERN_SUCCESS {
		return result // no reply but the code: what was copied is mapped, and nobody is told where
	}
	return c.Write(1, list)
}

// vmWrite: task, address, data, count. The message that the data comes in has
// been made before anything is written (osfmk/ipc/ipc_kmsg.c
// ipc_kmsg_copyin_ool_descriptor).
func vmWrite(c *core.Ctx, m *vmMap) mach.KernReturn {
	to, size := c.U64(1), uint64(c.U32(3))
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	most, kr := m.destination(to, size)
	b := make([]byte, min(size, chunk))
	for done := uint64(0); done < size; {
		n := min(size-done, uint64(len(b)))
		if kr := c.ReadAt(c.U64(2)+done, b[:n]); kr != mach.KERN_SUCCESS {
			return mach.MACH_SEND_INVALID_MEMORY // the message could not be made
		}
		if done < most {
			if kr := m.write(b[:min(n, most-done)], to+done); kr != mach.KERN_SUCCESS {
				return kr
			}
		}
		done += n
	}
	return kr
}

// vmCopy: task, source, size, destination, all in the same task.
func vmCopy(c *core.Ctx, m *vmMap) mach.KernReturn {
	return m.overwrite(m, c.U64(3), c.U64(1), c.U64(2))
}
