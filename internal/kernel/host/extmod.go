package host

import (
	"sync/atomic"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Extmod counts what tasks do to other tasks, for HOST_EXTMOD_INFO64. The
// subsystem that performs a call counts it, if it succeeds and the target is
// not the caller. For the host the acts are counted alone: the counts of callers
// stay 0 (xnu osfmk/kern/extmod_statistics.c).
type Extmod struct {
	TaskForPID, ThreadCreation, ThreadSetState atomic.Int64
}

func (e *Extmod) figures() mach.VMExtmodStatistics {
	return mach.VMExtmodStatistics{
		TaskForPIDCount: e.TaskForPID.Load(), ThreadCreationCount: e.ThreadCreation.Load(),
		ThreadSetStateCount: e.ThreadSetState.Load(),
	}
}

// CountExternal counts what the task subsystem tells it: see task.External.
func CountExternal(k *core.Kernel, what string) {
	e := &Of(k).Extmod
	switch what {
	case "task_for_pid":
		e.TaskForPID.Add(1)
	case "thread_create":
		e.ThreadCreation.Add(1)
	case "thread_set_state":
		e.ThreadSetState.Add(1)
	}
}
