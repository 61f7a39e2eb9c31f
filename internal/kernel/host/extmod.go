package host

import (
	"sync/atomic"

	"github.com/gomach/mach"
)

// Extmod counts what tasks do to other tasks, for HOST_EXTMOD_INFO64. The
// subsystem that performs a call counts it, if it succeeds and the target is
// not the caller.
type Extmod struct {
	TaskForPID, ThreadCreation, ThreadSetState atomic.Int64
}

func (e *Extmod) figures() mach.VMExtmodStatistics {
	return mach.VMExtmodStatistics{
		TaskForPIDCount: e.TaskForPID.Load(), TaskForPIDCallerCount: e.TaskForPID.Load(),
		ThreadCreationCount: e.ThreadCreation.Load(), ThreadCreationCallerCount: e.ThreadCreation.Load(),
		ThreadSetStateCount: e.ThreadSetState.Load(), ThreadSetStateCallerCount: e.ThreadSetState.Load(),
	}
}
