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

// resident tells how much of a file of zeros has been written: memory is taken
// by that alone.
func resident(f *os.File, size uint64) uint64 {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return 0
	}
	return min(uint64(st.Blocks)*512, size)
}
