package mach

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gomach/mach/internal/libsystem"
)

//go:generate go run ./internal/gen/mkz

// kernReturn turns the result of a call into an error.
func kernReturn(r uint64) error {
	if int32(r) == 0 {
		return nil
	}
	return failure(r)
}

// ErrNoKernel is the error of every call on a system other than Darwin while
// no kernel is registered. Its text says what to import, or why the hosted
// kernel could not start; on Darwin nothing returns it. It is both [KERN_NOT_SUPPORTED] and
// [errors.ErrUnsupported].
var ErrNoKernel error = noKernel{}

type noKernel struct{}

func (noKernel) Error() string {
	if err := libsystem.StartError(); err != nil {
		return "mach: the hosted Mach kernel could not start: " + err.Error()
	}
	return `mach: no Mach kernel in this process: import _ "github.com/gomach/mach/hosted"`
}

func (noKernel) Is(target error) bool { return target == errors.ErrUnsupported }
func (noKernel) Unwrap() error        { return KERN_NOT_SUPPORTED }

// UnsupportedError says that the running system lacks a function.
type UnsupportedError struct {
	Function string // the C name
	Since    string // the first macOS whose SDK was seen to have it
	Lacking  string // the last macOS whose SDK was seen to lack it
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("mach: this system has no %s: the SDK of macOS %s has it, that of %s does not", e.Function, e.Since, e.Lacking)
}

// Is makes the error [errors.ErrUnsupported] and [KERN_NOT_SUPPORTED].
func (e *UnsupportedError) Is(target error) bool {
	return target == errors.ErrUnsupported || target == error(KERN_NOT_SUPPORTED)
}

func unsupported(l *libsystem.Late) error {
	return &UnsupportedError{l.Name(), l.Since(), l.Lacking()}
}

// errNUL is the error of a string that C would cut short.
var errNUL = errors.New("mach: string contains a NUL byte")

// cString copies s into a C string.
func cString(s string) (*byte, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return nil, errNUL
	}
	b := make([]byte, len(s)+1)
	copy(b, s)
	return &b[0], nil
}
