//go:build !darwin

package mach

import "github.com/gomach/mach/internal/libsystem"

func failure(r uint64) error {
	if r == libsystem.NoKernel {
		return ErrNoKernel
	}
	return KernReturn(int32(r))
}
