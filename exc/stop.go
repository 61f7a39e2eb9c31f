package exc

import (
	"fmt"

	"github.com/gomach/mach/task"
)

// Stop says why the process stands still. It is good until it is used up.
type Stop struct {
	Reason    Reason
	Thread    *task.Thread // lent until the stop is used up
	Address   uint64       // of the instruction that is next
	Exception Exception    // without rights; the zero one of an [Interrupted] or [Launched] stop
	Point     *Breakpoint  // at a breakpoint
	Watch     *Watchpoint  // behind an instruction that has used watched memory

	verdict    chan error // nil if there is no exception to judge
	suspension *task.Suspension
	ahead      bool // the instruction that uses what is watched is still to be executed
	again      bool // this breakpoint of the thread was told already; it waits for a step's end
}

// Reason is why a process stopped.
type Reason uint8

// The reasons.
const (
	Crashed      Reason = iota // an exception that is no doing of the debugger
	AtBreakpoint               // a thread is at a breakpoint, which it has not executed yet
	Stepped                    // a step is over
	Interrupted                // by [Debugger.Interrupt]; the thread is any that there is
	AtWatchpoint               // a thread has used memory that is watched
	Signalled                  // a Unix signal is about to be delivered: see [Debugger]
	Launched                   // the program is before its first instruction: see [Launch]
	stray                      // of a step or breakpoint that is over: nobody is told
)

// String is the reason in a word.
func (r Reason) String() string {
	switch r {
	case Crashed:
		return "crashed"
	case AtBreakpoint:
		return "breakpoint"
	case Stepped:
		return "stepped"
	case Interrupted:
		return "interrupted"
	case AtWatchpoint:
		return "watchpoint"
	case Signalled:
		return "signal"
	case Launched:
		return "launched"
	}
	return "invalid"
}

// String says why the process stopped, and where.
func (s *Stop) String() string {
	switch {
	case s == nil:
		return "no stop"
	case s.Reason == Interrupted || s.Reason == Launched:
		return fmt.Sprintf("%v at %#x", s.Reason, s.Address)
	}
	return fmt.Sprintf("%v at %#x: %v", s.Reason, s.Address, &s.Exception)
}
