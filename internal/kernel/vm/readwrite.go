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

// source checks a range that is to be read (vm_map_copyin).
func (m *vmMap) source(addr, size uint64) mach.KernReturn {
	if addr+size < addr {
		return mach.KERN_INVALID_ADDRESS
	}
	return m.check(addr, addr+size, mach.VM_PROT_READ)
}

// destination checks a range that is to be overwritten
// (vm_map_copy_overwrite).
func (m *vmMap) destination(addr, size uint64) mach.KernReturn {
	if addr+size < addr {
		return mach.KERN_INVALID_ADDRESS
	}
	return m.check(addr, addr+size, mach.VM_PROT_WRITE)
}

// vmReadOverwrite: task, address, size, data, outsize.
func vmReadOverwrite(c *core.Ctx, m *vmMap) mach.KernReturn {
	from, size, to := c.U64(1), c.U64(2), c.U64(3)
	if size > 0 {
		if kr := m.source(from, size); kr != mach.KERN_SUCCESS {
			return kr
		}
		if kr := m.copyTo(mapOf(c.Task), to, from, size); kr != mach.KERN_SUCCESS {
			return kr
		}
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
	if kr := c.Write(1, list); kr != mach.KERN_SUCCESS {
		return kr
	}
	return result
}

// vmWrite: task, address, data, count.
func vmWrite(c *core.Ctx, m *vmMap) mach.KernReturn {
	to, size := c.U64(1), uint64(c.U32(3))
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	if kr := m.destination(to, size); kr != mach.KERN_SUCCESS {
		return kr
	}
	b := make([]byte, min(size, chunk))
	for done := uint64(0); done < size; {
		n := min(size-done, uint64(len(b)))
		if kr := c.ReadAt(c.U64(2)+done, b[:n]); kr != mach.KERN_SUCCESS {
			return mach.MACH_SEND_INVALID_MEMORY // the message could not be made
		}
		if kr := m.write(b[:n], to+done); kr != mach.KERN_SUCCESS {
			return kr
		}
		done += n
	}
	return mach.KERN_SUCCESS
}

// vmCopy: task, source, size, destination, all in the same task.
func vmCopy(c *core.Ctx, m *vmMap) mach.KernReturn {
	from, size, to := c.U64(1), c.U64(2), c.U64(3)
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	if kr := m.source(from, size); kr != mach.KERN_SUCCESS {
		return kr
	}
	if kr := m.destination(to, size); kr != mach.KERN_SUCCESS {
		return kr
	}
	if to < from+size && from < to+size {
		// The short way reads and writes in an order of its own.
		b := make([]byte, size)
		if _, err := m.mem.ReadAt(b, from); err != nil {
			return mach.KERN_MEMORY_ERROR
		}
		return m.write(b, to)
	}
	return m.copyTo(m, to, from, size)
}
