//go:build linux && (amd64 || arm64)

package hosted

import (
	"fmt"
	"io/fs"
	"runtime/debug"
	"unsafe"
)

// userMemory is this process's own memory by address, as the pointer arguments
// of calls mean it. A fault is an error.
type userMemory struct{}

func (userMemory) ReadAt(p []byte, addr uint64) (int, error) {
	return move(p, addr, false)
}

func (userMemory) WriteAt(p []byte, addr uint64) (int, error) {
	return move(p, addr, true)
}

// lowest is the first address that can be mapped: below it, Go's runtime takes
// a fault for a nil pointer whatever SetPanicOnFault says, which is as good.
// Above half the address space, addresses are the kernel's.
const highest = 1 << 56

// move copies between p and addr. The race detector does not see it: the
// caller's memory is the caller's to guard, as with any system call.
//
//go:norace
//go:nocheckptr
func move(p []byte, addr uint64, out bool) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if addr < 4096 || addr >= highest || uint64(len(p)) > highest-addr {
		return 0, badAddress(addr)
	}
	if watched.Load() { // see ownfault.go
		copying.Add(1)
		defer copying.Add(-1)
	}
	defer recoverFault(debug.SetPanicOnFault(true), addr, &n, &err)
	user := unsafe.Slice((*byte)(pointer(addr)), len(p))
	if out {
		return copy(user, p), nil
	}
	return copy(p, user), nil
}

// pointer makes a pointer of an address without the conversion that vet and
// checkptr rightly suspect.
//
//go:nocheckptr
func pointer(addr uint64) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&addr))
}

func recoverFault(old bool, addr uint64, n *int, err *error) {
	debug.SetPanicOnFault(old)
	if r := recover(); r != nil {
		*n, *err = 0, badAddress(addr)
	}
}

type addressError uint64

func badAddress(addr uint64) error { return addressError(addr) }

func (a addressError) Error() string   { return fmt.Sprintf("no memory at %#x", uint64(a)) }
func (a addressError) Is(t error) bool { return t == fs.ErrInvalid }
