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

// Beginner is a TaskSub that can have its new threads begin with a state.
type Beginner interface {
	// NewThreads has threads that begin from now on do so with a state of this
	// flavor, where they can have it, or without words as they are. A new program
	// in the same process ends that.
	NewThreads(flavor mach.ThreadStateFlavor, words []uint32) error
}

// Forker is an Excepter that notices the processes that its task forks.
type Forker interface {
	// Forks has f called with each process that the task forks while Exceptions
	// has a function. The process stands still, before it runs any code, until the
	// function that f returns has run. f owns the child; it must not wait, and
	// must use neither the task nor the child: that is for the other function.
	Forks(f func(child TaskSub) (then func()))
}

// Taker is a TaskSub that can take another one's place: both are of one process.
type Taker interface {
	// Take uses up the other.
	Take(other TaskSub)
}
