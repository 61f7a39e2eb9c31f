package vm

import (
	"os"

	"golang.org/x/sys/unix"
)

// newObject makes a memory object of zeros with one reference.
func newObject(size uint64) (*object, error) {
	fd, err := unix.MemfdCreate("mach object", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "mach object")
	if err := f.Truncate(int64(size)); err != nil {
		f.Close()
		return nil, err
	}
	return &object{refs: 1, file: f, size: size, id: nextID()}, nil
}

// punch makes a file of zeros without ever making it shorter, which would
// leave mappings without a page.
func punch(f *os.File, size uint64) error {
	return unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, int64(size))
}

// resident tells how much of a file of zeros has been written, in whole pages:
// memory is taken by that alone.
func resident(f *os.File, size, page uint64) (sum uint64) {
	fd := int(f.Fd())
	for at := uint64(0); at < size; {
		data, err := unix.Seek(fd, int64(at), unix.SEEK_DATA)
		if err != nil {
			break // a hole up to the end
		}
		end, err := unix.Seek(fd, data, unix.SEEK_HOLE)
		if err != nil {
			break
		}
		first := max(uint64(data)/page*page, at)
		at = min((uint64(end)+page-1)/page*page, size)
		sum += at - first
	}
	return sum
}
