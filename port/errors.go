package port

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
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
	// ErrClosed says that a right, memory or notifier cannot be used: it was
	// closed or moved away, or is nil or zero. An error's text says which of
	// what it is, and errors.Is matches this one. It is [fs.ErrClosed]; what is
	// nil, zero or for MACH_PORT_NULL is [fs.ErrInvalid] as well.
	ErrClosed = unusable.ErrClosed

	// ErrInUse says that memory cannot move, as a message that is not sent yet
	// refers to it.
	ErrInUse error = &misuse{text: "memory is in a message that is not sent"}

	// ErrMalformed says that bytes are not a message of the form that they
	// claim to have.
	ErrMalformed error = &misuse{text: "malformed message"}

	// ErrKind says that a message holds something else at that place than was
	// asked for, or that it was taken already. An error's text says which.
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

// noSuch says why there is nothing of the kind in descriptor i.
func (m *Received) noSuch(i int, want Kind) error {
	text := ""
	switch n := m.Descriptors(); {
	case !m.holds():
		text = "there is no message, and no " + want.String()
	case i < 0 || i >= n:
		text = fmt.Sprintf("the message has %d descriptors, and no number %d", n, i)
	case m.Kind(i) == Taken:
		text = fmt.Sprintf("descriptor %d was taken already", i)
	default:
		text = fmt.Sprintf("descriptor %d is of the kind %v, not %v", i, m.Kind(i), want)
	}
	return &misuse{text, ErrKind}
}

// errNoReply says why a message cannot be answered with the right that was
// asked for; as is that of the right that it has, or 0.
func errNoReply(as mach.MachMsgTypeName) error {
	text := "the message has no right to answer it, or no more"
	switch as {
	case mach.MACH_MSG_TYPE_MOVE_SEND:
		text = "the message is answered by a send right, not a send-once right"
	case mach.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		text = "the message is answered by a send-once right, not a send right"
	}
	return &misuse{text, ErrKind}
}
