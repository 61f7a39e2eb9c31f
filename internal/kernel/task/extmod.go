package task

import (
	"sync/atomic"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
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

// External is told what a task did to another one: "task_for_pid",
// "thread_create" or "thread_set_state". The host subsystem counts it for
// HOST_EXTMOD_INFO64.
var External func(k *core.Kernel, what string)

func countExternal(by, on *core.Task, what string) {
	if by == on {
		return
	}
	b, o := extmodOf(by), extmodOf(on)
	switch what {
	case "task_for_pid":
		b.taskForPIDCaller.Add(1)
		o.taskForPID.Add(1)
	case "thread_create":
		b.threadCreationCaller.Add(1)
		o.threadCreation.Add(1)
	case "thread_set_state":
		b.threadSetStateCaller.Add(1)
		o.threadSetState.Add(1)
	}
	if External != nil {
		External(by.Kernel, what)
	}
}
