package core

import "errors"

// ErrInvalidState is the error of ThreadSub.SetState for values that the CPU
// or the system would not let a thread run with.
var ErrInvalidState = errors.New("invalid thread state")

// ErrNoDebugRegisters is the error of ThreadSub.SetState for breakpoints and
// watchpoints that the machine would never stop a thread for.
var ErrNoDebugRegisters = errors.New("debug registers stop no thread on this machine")

// ErrNoSpace is the error of AddressSpace.Map when no gap is large enough.
var ErrNoSpace = errors.New("no space in the address space")
