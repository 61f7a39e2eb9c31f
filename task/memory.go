package task

import (
	"errors"
	"io"
	"runtime"

	"github.com/gomach/mach"
)

// most is how much one call copies: sizes of messages have 32 bits.
const most = 1 << 30

var (
	_ io.ReaderAt = (*Task)(nil)
	_ io.WriterAt = (*Task)(nil)
)

// ReadAt copies from the task's memory: off is the address. (Addresses of the
// upper half are negative offsets.) Where a part cannot be read, it copies what
// lies before, up to a page boundary, and fails with [mach.KERN_INVALID_ADDRESS]
// or [mach.KERN_PROTECTION_FAILURE]. The read port will do; it may wait for
// pages to come in.
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) ReadAt(p []byte, off int64) (int, error) {
	return t.pieces(p, uint64(off), (*Task).read)
}

// WriteAt copies into the task's memory, which must be writable as it is; see
// [Task.Patch] for code. off is the address. Where a part cannot be written, it
// writes what lies before, up to a page boundary, and fails like ReadAt. It
// takes the control port, and may wait for pages to come in.
//
// Mach calls: mach_vm_write.
func (t *Task) WriteAt(p []byte, off int64) (int, error) {
	return t.pieces(p, uint64(off), (*Task).write)
}

// pieces hands over p in pieces that a call can take, and page by page where
// one fails.
func (t *Task) pieces(p []byte, addr uint64, f func(*Task, []byte, uint64) error) (int, error) {
	done := 0
	for done < len(p) {
		piece := p[done:min(len(p), done+most)]
		err := f(t, piece, addr+uint64(done))
		if err == nil {
			done += len(piece)
			continue
		}
		if errors.Is(err, ErrClosed) {
			return done, err
		}
		n, err := t.pages(piece, addr+uint64(done), f, err)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// pages goes page by page up to the one that fails. All the pieces may succeed
// if the memory has changed since the error.
func (t *Task) pages(p []byte, addr uint64, f func(*Task, []byte, uint64) error, err error) (int, error) {
	done := 0
	for done < len(p) {
		at := addr + uint64(done)
		n := int(min(uint64(len(p)-done), mach.VMPageSize()-at&mach.VMPageMask()))
		if n == len(p) {
			return 0, err // that is what was tried
		}
		if err := f(t, p[done:done+n], at); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

func (t *Task) read(p []byte, addr uint64) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	var n mach.MachVMSize
	err = mach.MachVMReadOverwrite(name, addr, uint64(len(p)), addressOf(p), &n)
	runtime.KeepAlive(p)
	if err == nil && n != uint64(len(p)) {
		err = mach.KERN_FAILURE
	}
	return failedAt("mach_vm_read_overwrite", addr, uint64(len(p)), err)
}

func (t *Task) write(p []byte, addr uint64) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	err = mach.MachVMWrite(name, addr, addressOf(p), mach.MachMsgTypeNumber(len(p)))
	runtime.KeepAlive(p)
	return failedAt("mach_vm_write", addr, uint64(len(p)), err)
}
