package task

import (
	"errors"
	"fmt"

	"github.com/gomach/mach"
)

// Patch writes into memory that may be code or otherwise not writable: it makes
// a private copy of the pages writable, writes, makes the processors forget
// the instructions that they have read, and restores the protection, whether or
// not the writing went well. Regions of different protection may follow each
// other in the range.
//
// While it works, the pages cannot be executed by others on systems that do not
// permit writing and executing at once: suspend the task first. It takes the
// control port. In its own task, a program with the hardened runtime may not
// patch its code: [mach.KERN_PROTECTION_FAILURE].
//
// Mach calls: mach_vm_region_recurse, mach_vm_protect with VM_PROT_COPY,
// mach_vm_write, mach_vm_machine_attribute, mach_vm_protect.
func (t *Task) Patch(addr uint64, p []byte) error {
	if addr+uint64(len(p)) < addr {
		return failedAt("mach_vm_write", addr, uint64(len(p)), mach.KERN_INVALID_ADDRESS)
	}
	for len(p) > 0 {
		r, err := t.RegionAt(addr)
		if err != nil {
			return err
		}
		n := min(uint64(len(p)), r.End()-addr)
		if err := t.patch(addr, p[:n], r.Protection); err != nil {
			return err
		}
		addr, p = addr+n, p[n:]
	}
	return nil
}

// patch writes into one region.
func (t *Task) patch(addr uint64, p []byte, was mach.VMProt) (err error) {
	size := uint64(len(p))
	if was&mach.VM_PROT_WRITE == 0 {
		err := t.Protect(addr, size, mach.VM_PROT_READ|mach.VM_PROT_WRITE|mach.VM_PROT_COPY)
		if err != nil {
			return fmt.Errorf("cannot make memory writable: %w", err)
		}
		defer func() {
			if restored := t.Protect(addr, size, was); restored != nil {
				err = errors.Join(err, fmt.Errorf("cannot restore the protection %s: %w", Protection(was), restored))
			}
		}()
	}
	if _, err := t.WriteAt(p, int64(addr)); err != nil {
		return err
	}
	return flush(t, addr, size)
}

// flush is the method, but for tests that look whether it is called.
var flush = (*Task).flush

// flush makes data that was written visible as instructions. On Intel the
// processors see to that, and the kernel refuses (xnu osfmk/i386/pmap.h,
// pmap_attribute_cache_sync); only under Rosetta there is something to do.
func (t *Task) flush(addr, size uint64) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	value := mach.MATTR_VAL_CACHE_FLUSH
	err = mach.MachVMMachineAttribute(name, addr, size, mach.MATTR_CACHE, &value)
	if !onARM && errors.Is(err, mach.KERN_INVALID_ADDRESS) {
		return nil
	}
	return failedAt("mach_vm_machine_attribute", addr, size, err)
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
