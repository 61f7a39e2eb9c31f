package task

import (
	"errors"
	"fmt"

	"github.com/gomach/mach/port"
)

// Error is the failure of a Mach call: it has the call's C name and wraps its
// error, usually a [mach.KernReturn]. It is the same type as in package port.
type Error = port.Error

// ErrClosed says that the task, thread or memory cannot be used: it was closed or
// handed on, or is nil or zero. An error's text says which of what it is, and
// errors.Is matches this one. It is fs.ErrClosed; what is nil, zero or for
// MACH_PORT_NULL is fs.ErrInvalid as well.
var ErrClosed = port.ErrClosed

// ErrNoImages says that a task has no dyld, or none yet, and nothing else that
// tells what it has loaded.
var ErrNoImages = fmt.Errorf("task: the task has no list of images: %w", errors.ErrUnsupported)

// failed names the call in an error.
func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Call: call, Err: err}
}

// failedAt names the call and the memory.
func failedAt(call string, addr, size uint64, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Call: fmt.Sprintf("%s of %#x-%#x", call, addr, addr+size), Err: err}
}
