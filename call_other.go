//go:build !darwin

package mach

import (
	"errors"

	"github.com/gomach/mach/internal/libsystem"
)

// ErrNoKernel is the error of every call on a system other than Darwin while
// no kernel is registered. It is both [KERN_NOT_SUPPORTED] and
// [errors.ErrUnsupported].
var ErrNoKernel error = noKernel{}

type noKernel struct{}

func (noKernel) Error() string {
	return `mach: no Mach kernel in this process: import _ "github.com/gomach/mach/hosted"`
}

func (noKernel) Is(target error) bool { return target == errors.ErrUnsupported }
func (noKernel) Unwrap() error        { return KERN_NOT_SUPPORTED }

func failure(r uint64) error {
	if r == libsystem.NoKernel {
		return ErrNoKernel
	}
	return KernReturn(int32(r))
}
