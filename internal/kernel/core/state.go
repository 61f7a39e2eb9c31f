package core

import "errors"

// ErrInvalidState is the error of ThreadSub.SetState for values that the CPU
// or the system would not let a thread run with.
var ErrInvalidState = errors.New("invalid thread state")
