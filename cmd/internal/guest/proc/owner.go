//go:build linux && (amd64 || arm64)

package proc

// goroutine tells goroutines apart that live at the same time; see owner_*.s.
func goroutine() uintptr
