package exc

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// watchesAhead: the processor stops a thread before the access, which happens when
// the thread goes on without its watchpoints.
const watchesAhead = true

// setWatches puts the watchpoints into a thread's debug registers.
func setWatches(th *task.Thread, list [maxWatches]*Watchpoint) error {
	s, err := task.State[mach.ARMDebugState64](th)
	if err != nil {
		return err
	}
	armWatches(&s, list)
	return task.SetState(th, s)
}

// hitWatch is the number of the watchpoint that a thread has come to, or -1.
func hitWatch(s *Stop, list [maxWatches]*Watchpoint) (int, error) {
	if s.Exception.code(0) != mach.EXC_ARM_DA_DEBUG {
		return -1, nil
	}
	return armHit(list, uint64(s.Exception.code(1))), nil
}

// clearHits has nothing to do: the exception says what was met.
func clearHits(*task.Thread) error { return nil }

// leftWatch tells a watchpoint that is gone from other exceptions.
func leftWatch(e *Exception) bool { return e.code(0) == mach.EXC_ARM_DA_DEBUG }
