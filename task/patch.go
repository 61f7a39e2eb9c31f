package task

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomach/mach"
)

// Patch writes into memory that may be code or otherwise not writable: it makes
// a private copy of the pages writable, writes, makes the processors forget
// the instructions that they have read, and restores the protection, whether or
// not the writing went well. Regions of different protection may follow each
// other in the range. If it fails, the memory holds what it held before, unless
// the error says that this could not be restored.
//
// While it works, the pages cannot be executed by others on systems that do not
// permit writing and executing at once: suspend the task first. It takes the
// control port. In its own task, a program with the hardened runtime may not
// patch its code: [mach.KERN_PROTECTION_FAILURE].
//
// On Darwin, a process that enforces code signatures (most do on Apple silicon,
// and all with the hardened runtime) is killed when it executes a changed page,
// whoever changed it, unless a debugger has attached to it by ptrace
// (PT_ATTACHEXC).
//
// Mach calls: mach_vm_region_recurse, mach_vm_protect with VM_PROT_COPY,
// mach_vm_read_overwrite, mach_vm_write, mach_vm_machine_attribute,
// mach_vm_protect.
func (t *Task) Patch(addr uint64, p []byte) error {
	if addr+uint64(len(p)) < addr {
		return failedAt("mach_vm_write", addr, uint64(len(p)), mach.KERN_INVALID_ADDRESS)
	}
	type part struct {
		addr uint64
		was  []byte
		prot mach.VMProt
	}
	var done []part
	for len(p) > 0 {
		r, err := t.RegionAt(addr)
		n := uint64(len(p))
		var was []byte
		if err == nil {
			n = min(n, r.End()-addr)
			was, err = t.patch(addr, p[:n], r.Protection)
		}
		if err != nil {
			for _, d := range slices.Backward(done) {
				if _, e := t.patch(d.addr, d.was, d.prot); e != nil {
					err = errors.Join(err, fmt.Errorf("cannot restore the memory: %w", e))
				}
			}
			return err
		}
		done = append(done, part{addr, was, r.Protection})
		addr, p = addr+n, p[n:]
	}
	return nil
}

// patch writes into one region, and returns what was there. If it fails, that is
// there again.
func (t *Task) patch(addr uint64, p []byte, prot mach.VMProt) (was []byte, err error) {
	size := uint64(len(p))
	if prot&mach.VM_PROT_WRITE == 0 || prot&mach.VM_PROT_READ == 0 {
		err := t.Protect(addr, size, mach.VM_PROT_READ|mach.VM_PROT_WRITE|mach.VM_PROT_COPY)
		if err != nil {
			return nil, fmt.Errorf("cannot make memory writable: %w", err)
		}
		defer func() {
			if restored := t.Protect(addr, size, prot); restored != nil {
				err = errors.Join(err, fmt.Errorf("cannot restore the protection %s: %w", Protection(prot), restored))
			}
		}()
	}
	was = make([]byte, size)
	if _, err := t.ReadMemory(was, addr); err != nil {
		return nil, err
	}
	n, err := t.WriteMemory(p, addr)
	if err == nil {
		err = flush(t, addr, size)
		n = int(size)
	}
	if err != nil && n > 0 {
		_, back := t.WriteMemory(was[:n], addr)
		if flush(t, addr, size); back != nil {
			err = errors.Join(err, fmt.Errorf("cannot restore the memory: %w", back))
		}
	}
	return was, err
}

// flush is the method, but for tests that look whether it is called.
var flush = (*Task).flush

// flush makes data that was written visible as instructions. On Intel the
// processors see to that, and the kernel refuses (xnu osfmk/i386/pmap.h,
// pmap_attribute_cache_sync); only under Rosetta there is something to do. Whose
// CPU it is, is a question about the task, not about the caller.
func (t *Task) flush(addr, size uint64) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	value := mach.MATTR_VAL_CACHE_FLUSH
	err = mach.MachVMMachineAttribute(name, addr, size, mach.MATTR_CACHE, &value)
	if errors.Is(err, mach.KERN_INVALID_ADDRESS) && !t.onARM() {
		return nil
	}
	return failedAt("mach_vm_machine_attribute", addr, size, err)
}

// onARM reports whether the task's code is ARM's, by this program's own if the
// task does not tell.
func (t *Task) onARM() bool {
	c, err := t.CPU()
	if err != nil {
		return onARM
	}
	return c == mach.CPU_TYPE_ARM64
}

// Protect sets what may be done with memory, in whole pages. With
// [mach.VM_PROT_COPY] in prot, pages that are shared are copied when they are
// written. It takes the control port, and fails with
// [mach.KERN_PROTECTION_FAILURE] for more than the greatest protection permits,
// and [mach.KERN_INVALID_ADDRESS] where nothing is mapped.
//
// Mach calls: mach_vm_protect.
func (t *Task) Protect(addr, size uint64, prot mach.VMProt) error {
	return t.protect(addr, size, false, prot)
}

// ProtectMax lowers the greatest protection of memory, for good.
//
// Mach calls: mach_vm_protect.
func (t *Task) ProtectMax(addr, size uint64, prot mach.VMProt) error {
	return t.protect(addr, size, true, prot)
}

func (t *Task) protect(addr, size uint64, most bool, prot mach.VMProt) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	return failedAt("mach_vm_protect", addr, size, mach.MachVMProtect(name, addr, size, mach.BooleanOf(most), prot))
}
