//go:build linux

package mem

import "unsafe"

func addressOf(b *[64]byte) uintptr { return uintptr(unsafe.Pointer(b)) }
