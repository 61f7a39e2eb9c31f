//go:build linux && (amd64 || arm64)

package mem

import (
	"runtime/debug"
)

// Guard runs a function that touches guest memory. Where the host has nothing at an address
// although the table of regions says so (a mapped file has become shorter, another thread has
// unmapped it), the function is left, and ok is false. Other panics go on.
func Guard(f func()) (address uint64, ok bool) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if ok {
			return
		}
		p := recover()
		if p == nil {
			return // Goexit
		}
		at, isFault := FaultAddress(p)
		if !isFault {
			panic(p)
		}
		address = at
	}()
	f()
	return 0, true
}

// FaultAddress is the address of a fault that debug.SetPanicOnFault made a panic.
func FaultAddress(panicked any) (address uint64, ok bool) {
	f, ok := panicked.(interface{ Addr() uintptr })
	if !ok {
		return 0, false
	}
	return uint64(f.Addr()), true
}
