//go:build !linux

package vm

import "os"

// newObject makes a memory object of zeros with one reference: a file
// without a name.
func newObject(size uint64) (*object, error) {
	f, err := os.CreateTemp("", "mach-object-*")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if err := f.Truncate(int64(size)); err != nil {
		f.Close()
		return nil, err
	}
	return &object{refs: 1, file: f, size: size, id: nextID()}, nil
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
