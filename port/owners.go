package port

import "github.com/gomach/mach/internal/unusable"

// The four owners have the same content. A field without a size sets their
// types apart, so that Go converts none into another.
type (
	sendKind     struct{}
	sendOnceKind struct{}
	receiveKind  struct{}
	setKind      struct{}
)

// The right in an owner: nil in a nil one.

func (s *Send) right() *right {
	if s == nil {
		return nil
	}
	return &s.owner
}

func (s *SendOnce) right() *right {
	if s == nil {
		return nil
	}
	return &s.owner
}

func (r *Receive) right() *right {
	if r == nil {
		return nil
	}
	return &r.owner
}

func (s *Set) right() *right {
	if s == nil {
		return nil
	}
	return &s.owner
}

// owner is one of the four, which may be nil.
type owner interface {
	right() *right
	what() string
}

func (*Send) what() string     { return "Send" }
func (*SendOnce) what() string { return "SendOnce" }
func (*Receive) what() string  { return "Receive" }
func (*Set) what() string      { return "Set" }

// notUsable says why o's right could not be used.
func notUsable(o owner) error {
	state := unusable.Closed
	if r := o.right(); r == nil {
		state = unusable.Nil
	} else {
		switch s := r.state.Load(); {
		case s&isClosed != 0:
		case s&isLent != 0, uint32(s) != 0: // it was lent a moment ago
			state = unusable.Busy
		case r.kind == none:
			state = unusable.Zero
		default:
			state = unusable.Null
		}
	}
	return unusable.New("port", o.what(), state)
}

// named says of which owner a right's ErrClosed is.
func named(o owner, err error) error {
	if err == ErrClosed {
		return notUsable(o)
	}
	return err
}
