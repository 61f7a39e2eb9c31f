package core

import "errors"

// ErrInvalidState is the error of ThreadSub.SetState for values that the CPU
// or the system would not let a thread run with.
var ErrInvalidState = errors.New("invalid thread state")

// ErrNoSpace is the error of AddressSpace.Map when no gap is large enough.
var ErrNoSpace = errors.New("no space in the address space")
