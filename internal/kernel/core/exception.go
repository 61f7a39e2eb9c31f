package core

import "github.com/gomach/mach"

// Exception is something that a thread cannot go on after by itself.
type Exception struct {
	Thread int // the substrate's thread id
	Type   mach.ExceptionType
	Codes  [2]int64 // <mach/exception_types.h>, <mach/machine/exception.h>
}

// Excepter is a TaskSub that can tell of its threads' exceptions.
type Excepter interface {
	// Exceptions has f called when a thread is about to suffer from an
	// exception; the thread stands still meanwhile. If f returns true the
	// thread goes on, with whatever registers it has then; otherwise the
	// system does with it what it would have done. A nil f ends the watching.
	Exceptions(f func(Exception) (handled bool)) error
}
