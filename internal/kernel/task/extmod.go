package task

import (
	"sync/atomic"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/host"
)

// extmod counts what other tasks did to a task, and what it did to others
// (xnu osfmk/kern/task.c extmod_statistics_incr_*).
type extmod struct {
	taskForPID, taskForPIDCaller         atomic.Int64
	threadCreation, threadCreationCaller atomic.Int64
	threadSetState, threadSetStateCaller atomic.Int64
}

type extmodKey struct{}

func extmodOf(t *core.Task) *extmod {
	return t.State(extmodKey{}, func() any { return &extmod{} }).(*extmod)
}

func (e *extmod) figures() mach.VMExtmodStatistics {
	return mach.VMExtmodStatistics{
		TaskForPIDCount: e.taskForPID.Load(), TaskForPIDCallerCount: e.taskForPIDCaller.Load(),
		ThreadCreationCount: e.threadCreation.Load(), ThreadCreationCallerCount: e.threadCreationCaller.Load(),
		ThreadSetStateCount: e.threadSetState.Load(), ThreadSetStateCallerCount: e.threadSetStateCaller.Load(),
	}
}

// countExternal counts what a task did to another one, for both and for the
// host.
func countExternal(by, on *core.Task, what string) {
	if by == on {
		return
	}
	b, o := extmodOf(by), extmodOf(on)
	switch what {
	case "task_for_pid":
		b.taskForPIDCaller.Add(1)
		o.taskForPID.Add(1)
	case "thread_set_state":
		b.threadSetStateCaller.Add(1)
		o.threadSetState.Add(1)
	}
	host.CountExternal(by.Kernel, what)
}
