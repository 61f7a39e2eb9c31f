//go:build !linux

package vm

import (
	"io"
	"os"
)

// newFile makes a file of zeros without a name.
func newFile(size uint64) (*os.File, error) {
	f, err := os.CreateTemp("", "mach-object-*")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if err := f.Truncate(int64(size)); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// copyData copies a range of a file to the beginning of another one.
func copyData(to, from *os.File, offset, size uint64) error {
	_, err := io.Copy(io.NewOffsetWriter(to, 0), io.NewSectionReader(from, int64(offset), int64(size)))
	return err
}

// punch overwrites a file with zeros.
func punch(f *os.File, size uint64) error {
	zeros := make([]byte, chunk)
	for at := uint64(0); at < size; at += chunk {
		if _, err := f.WriteAt(zeros[:min(size-at, chunk)], int64(at)); err != nil {
			return err
		}
	}
	return nil
}

// resident cannot be told.
func resident(*os.File, uint64, uint64) uint64 { return 0 }
