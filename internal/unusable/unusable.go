// Package unusable says why an owner of a right or of memory cannot be used:
// because it is nil, zero or closed, or because it never got anything to own.
package unusable

import "io/fs"

// State is why something cannot be used.
type State uint8

const (
	Nil    State = iota // a nil pointer
	Zero                // a value that no function of its package has made
	Null                // made for MACH_PORT_NULL: there was no right to own
	Closed              // closed, moved into a message, or handed on
	Busy                // a send-once right that another goroutine sends with
)

// ErrClosed is what every error of this package is to errors.Is. It is
// [fs.ErrClosed].
var ErrClosed error = closed{}

type closed struct{}

func (closed) Error() string        { return "closed" }
func (closed) Is(target error) bool { return target == fs.ErrClosed }

// Error names what cannot be used. It is [ErrClosed], and [fs.ErrInvalid] as
// well where nothing was ever there to be closed.
type Error struct {
	Package string // that the type is of
	What    string // the type's name
	State   State
}

func (e *Error) Error() string {
	the := e.Package + ": the " + e.What
	switch e.State {
	case Nil:
		return e.Package + ": nil " + e.What
	case Zero:
		return the + " is a zero value, which owns nothing"
	case Null:
		return the + " owns no right: its name is MACH_PORT_NULL"
	case Busy:
		return the + " is in use by another send"
	}
	return the + " was closed or handed on"
}

// Is makes errors.Is know the classes.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrClosed, fs.ErrClosed:
		return true
	case fs.ErrInvalid:
		return e.State <= Null
	}
	return false
}

// New makes an [Error].
func New(pkg, what string, s State) error { return &Error{pkg, what, s} }
