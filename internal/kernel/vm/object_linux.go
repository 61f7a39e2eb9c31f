package vm

import (
	"os"

	"golang.org/x/sys/unix"
)

// newFile makes a file in memory, of zeros.
func newFile(size uint64) (*os.File, error) {
	fd, err := unix.MemfdCreate("mach object", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "mach object")
	if err := f.Truncate(int64(size)); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// copyData copies a range of a file to the beginning of another one, which is
// all zeros: only what was ever written.
func copyData(to, from *os.File, offset, size uint64) error {
	in := int(from.Fd())
	b := make([]byte, min(size, chunk))
	for at, end := offset, offset+size; at < end; {
		data, err := unix.Seek(in, int64(at), unix.SEEK_DATA)
		if err == unix.ENXIO {
			return nil // a hole, or no file, from here on
		} else if err != nil {
			return err
		}
		hole, err := unix.Seek(in, data, unix.SEEK_HOLE)
		if err != nil {
			return err
		}
		for at = max(at, uint64(data)); at < min(end, uint64(hole)); {
			n, err := unix.Pread(in, b[:min(uint64(len(b)), min(end, uint64(hole))-at)], int64(at))
			if err == nil && n > 0 {
				_, err = to.WriteAt(b[:n], int64(at-offset))
			}
			if err != nil {
				return err
			}
			if n == 0 {
				return nil // the file has become shorter
			}
			at += uint64(n)
		}
		at = max(at, uint64(hole))
	}
	return nil
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
