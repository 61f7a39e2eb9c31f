package task

import (
	"errors"
	"io"
	"runtime"

	"github.com/gomach/mach"
)

const (
	// most is how much one call copies: sizes of messages have 32 bits.
	most = 1 << 30
	// smallestPage divides the pages of every task: 4 KiB of Intel's, 16 KiB of
	// Apple silicon's. The pages of another task may be smaller than ours.
	smallestPage = 4096
)

// MemoryReader is memory that is read by address, such as that of a [Task], a
// [Snapshot] or a core file. Addresses have 64 bits, which is why it is not an
// io.ReaderAt; [Section] makes one of a part.
type MemoryReader interface {
	// ReadMemory fills p from the address on. If it cannot fill all of p, it
	// says how much it has filled, and fails.
	ReadMemory(p []byte, addr uint64) (n int, err error)
}

var (
	_ MemoryReader = (*Task)(nil)
	_ MemoryReader = (*Snapshot)(nil)
)

// ReadMemory copies from the task's memory at an address. Where a part cannot be
// read, it copies what lies before, up to a page boundary of the task, and fails
// with [mach.KERN_INVALID_ADDRESS] or [mach.KERN_PROTECTION_FAILURE]. The read
// port will do. It may wait for pages to come in: see [Task.WithContext].
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) ReadMemory(p []byte, addr uint64) (int, error) {
	return t.pieces(p, addr, (*Task).readWithin)
}

// WriteMemory copies into the task's memory, which must be writable as it is;
// see [Task.Patch] for code. Where a part cannot be written, it writes what lies
// before, up to a page boundary of the task, and fails like ReadMemory. It takes
// the control port. It may wait for pages to come in: see [Task.WithContext].
//
// Mach calls: mach_vm_write.
func (t *Task) WriteMemory(p []byte, addr uint64) (int, error) {
	return t.pieces(p, addr, (*Task).writeWithin)
}

// Section is size bytes of memory from addr on as an io.ReaderAt and io.Reader,
// whose offsets count from addr, for packages that read files.
func Section(memory MemoryReader, addr, size uint64) *io.SectionReader {
	const longest = 1<<63 - 1
	return io.NewSectionReader(section{memory, addr}, 0, int64(min(size, longest)))
}

type section struct {
	memory MemoryReader
	start  uint64
}

// ReadAt is given offsets of 0 and more, as io.SectionReader sees to it.
func (s section) ReadAt(p []byte, off int64) (int, error) {
	if s.memory == nil {
		return 0, io.EOF
	}
	addr := s.start + uint64(off)
	if addr < s.start {
		return 0, io.EOF // behind the last address
	}
	return s.memory.ReadMemory(p, addr)
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
		if errors.Is(err, ErrClosed) || t.ended(err) {
			return done, err
		}
		n, err := t.prefix(piece, addr+uint64(done), f, err)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// prefix hands over what lies before the place where it fails with err, which
// is a page boundary of the task. Which pages the task has is not known, so it
// is looked for among the boundaries of the smallest. It succeeds if the memory
// has changed since.
func (t *Task) prefix(p []byte, addr uint64, f func(*Task, []byte, uint64) error, err error) (int, error) {
	good, bad := 0, len(p) // p[:good] is done; it fails in p[good:bad]
	tried := true          // p[good:bad] itself
	for {
		mid := boundary(addr, good, bad)
		if mid == 0 {
			break
		}
		if e := f(t, p[good:mid], addr+uint64(good)); t.ended(e) {
			return good, e
		} else if e != nil {
			bad, err, tried = mid, e, true
		} else {
			good, tried = mid, false
		}
	}
	if tried {
		return good, err
	}
	if err := f(t, p[good:bad], addr+uint64(good)); err != nil {
		return good, err
	}
	return bad, nil
}

// boundary is the offset of a page boundary between good and bad, about in the
// middle: 0 if there is none.
func boundary(addr uint64, good, bad int) int {
	mid := good + (bad-good)/2
	mid -= int((addr + uint64(mid)) % smallestPage)
	if mid <= good {
		mid = good + smallestPage - int((addr+uint64(good))%smallestPage)
	}
	if mid >= bad {
		return 0
	}
	return mid
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
