//go:build linux && (amd64 || arm64)

package mem

import "unsafe"

func addressOf(b *[64]byte) uintptr { return uintptr(unsafe.Pointer(b)) }
