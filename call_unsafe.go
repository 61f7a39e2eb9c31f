package mach

import (
	"unsafe"

	"github.com/gomach/mach/internal/libsystem"
)

// goString copies a C string that a call returned.
func goString(r uint64) string {
	p := libsystem.ValuePointer(r)
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(p), n))
}
