package port

import (
	"errors"
	"io/fs"

	"github.com/gomach/mach"
)

// Error is the failure of a Mach call. It wraps the call's error, usually a
// [mach.KernReturn], so errors.Is works with codes.
type Error struct {
	Call string // the C name of the function
	Err  error
}

func (e *Error) Error() string { return e.Call + ": " + e.Err.Error() }

// Unwrap returns the error of the call.
func (e *Error) Unwrap() error { return e.Err }

// failed names the call in an error.
func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{call, err}
}

// code is the kern_return_t in err, or KERN_FAILURE.
func code(err error) mach.KernReturn {
	if err == nil {
		return mach.KERN_SUCCESS
	}
	var k mach.KernReturn
	if errors.As(err, &k) {
		return k
	}
	return mach.KERN_FAILURE
}

type misuse struct {
	text string
	is   error
}

func (e *misuse) Error() string { return "port: " + e.text }
func (e *misuse) Unwrap() error { return e.is }

var (
	// ErrClosed says that the right or memory was closed, moved away or never
	// owned. It is [fs.ErrClosed].
	ErrClosed error = &misuse{"right is closed", fs.ErrClosed}

	// ErrInUse says that memory cannot move, as a message that is not sent yet
	// refers to it.
	ErrInUse error = &misuse{text: "memory is in a message that is not sent"}

	// ErrMalformed says that bytes are not a message of the form that they
	// claim to have.
	ErrMalformed error = &misuse{text: "malformed message"}

	// ErrKind says that a message holds something else at that place than was
	// asked for, or that it was taken already.
	ErrKind error = &misuse{text: "message holds no such item"}

	// ErrNoMessage says that a message is nil. It is [fs.ErrInvalid].
	ErrNoMessage error = &misuse{"nil message", fs.ErrInvalid}

	// ErrImmovable says that a receive right cannot be sent to another task: it
	// was made so ([Immovable], [ForExceptions]) or came so. It is
	// [mach.KERN_INVALID_CAPABILITY].
	ErrImmovable error = &misuse{"receive right is immovable", mach.KERN_INVALID_CAPABILITY}

	// ErrHasReply says that a request that was to be called with brings a
	// right to answer of its own.
	ErrHasReply error = &misuse{text: "message has a reply right of its own"}

	// ErrNoReply says that the receiver of a request threw it away, or died,
	// without an answer. It is [mach.MIG_SERVER_DIED].
	ErrNoReply error = &misuse{"request was dropped without a reply", mach.MIG_SERVER_DIED}

	// ErrNameTooLong says that a service name does not fit into the 128 bytes
	// of bootstrap's name_t. It is [fs.ErrInvalid].
	ErrNameTooLong error = &misuse{"service name is longer than 127 bytes or has a NUL in it", fs.ErrInvalid}
)
