package task

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Notes on what Linux lets through.
const (
	seenByWait   = "os.Process.Wait for a child is told of the stop: see package hosted"
	ownSuspended = "in a hosted process, a suspended thread of its own holds up Go's scheduler as soon as a goroutine that is locked to it is woken: resume it before"
)

func suspendTable() core.Table {
	return core.Table{
		"task_suspend":    fullNote(onTask(core.Read, taskSuspend), seenByWait),
		"task_resume":     full(onTask(core.Read, taskResume)),
		"thread_suspend":  fullNote(onThread(core.Read, threadSuspend), ownSuspended),
		"thread_resume":   full(onThread(core.Read, threadResume)),
		"task_suspend2":   fullNote(onTask(core.Read, taskSuspend2), seenByWait),
		"task_resume2":    full(core.K(taskResume2)),
		"thread_suspend2": fullNote(onThread(core.Read, threadSuspend2), ownSuspended),
		"thread_resume2":  full(core.K(threadResume2)),
	}
}

// holds are a task's suspensions (xnu osfmk/kern/task.c user_stop_count and
// legacy_stop_count).
type holds struct {
	mu     sync.Mutex
	count  int
	legacy map[*core.Task]int // those of task_suspend, by who made them
	// watched are the tasks whose death is waited for.
	watched map[*core.Task]bool
}

type holdsKey struct{}

func holdsOf(t *core.Task) *holds {
	return t.State(holdsKey{}, func() any { return &holds{legacy: map[*core.Task]int{}, watched: map[*core.Task]bool{}} }).(*holds)
}

// add counts one more suspension and stops the task if it is the first.
func (h *holds) add(t *core.Task) mach.KernReturn {
	h.count++
	if h.count > 1 {
		return mach.KERN_SUCCESS
	}
	if t.Sub.Self() {
		// The call comes back when somebody has let this process go on.
		err := t.Sub.Suspend()
		h.count--
		return taskFailure(err)
	}
	if err := t.Sub.Suspend(); err != nil {
		h.count--
		return taskFailure(ended(t, err))
	}
	return mach.KERN_SUCCESS
}

// drop takes n suspensions back and lets the task run if they were the last.
func (h *holds) drop(t *core.Task, n int) mach.KernReturn {
	if h.count == 0 || n == 0 {
		return mach.KERN_FAILURE
	}
	h.count -= n
	if h.count > 0 {
		return mach.KERN_SUCCESS
	}
	return taskFailure(ended(t, t.Sub.Resume()))
}

func taskSuspend(c *core.Ctx, t *core.Task) mach.KernReturn {
	h := holdsOf(t)
	h.mu.Lock()
	defer h.mu.Unlock()
	kr := h.add(t)
	if kr != mach.KERN_SUCCESS || t.Sub.Self() {
		return kr
	}
	h.legacy[c.Task]++
	if c.Task != t && !h.watched[c.Task] {
		h.watched[c.Task] = true
		go h.outlive(c.Task, t)
	}
	return mach.KERN_SUCCESS
}

// outlive ends the suspensions of a task that dies, as the no-senders
// notification of its hidden resume right does on Darwin.
func (h *holds) outlive(by, t *core.Task) {
	select {
	case <-by.Dead():
	case <-t.Dead():
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.legacy[by]
	delete(h.legacy, by)
	delete(h.watched, by)
	h.drop(t, n)
}

// taskResume takes a suspension back, of task_suspend if there is one and of
// task_suspend2 otherwise: xnu asks only that there is any
// (osfmk/kern/task.c release_task_hold).
func taskResume(c *core.Ctx, t *core.Task) mach.KernReturn {
	h := holdsOf(t)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == 0 {
		return mach.KERN_FAILURE
	}
	by := c.Task
	if h.legacy[by] == 0 {
		for by = range h.legacy {
			break
		}
	}
	if h.legacy[by]--; h.legacy[by] <= 0 {
		delete(h.legacy, by)
	}
	return h.drop(t, 1)
}

// threadHolds count a thread's own suspensions.
type threadHolds struct {
	mu    sync.Mutex
	count int
}

type threadHoldsKey struct{}

func threadHoldsOf(th *core.Thread) *threadHolds {
	return th.State(threadHoldsKey{}, func() any { return &threadHolds{} }).(*threadHolds)
}

func threadSuspend(_ *core.Ctx, th *core.Thread) mach.KernReturn {
	h := threadHoldsOf(th)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == 0 {
		if err := th.Sub.Suspend(); err != nil {
			return threadFailure(th, err)
		}
	}
	h.count++
	return mach.KERN_SUCCESS
}

// threadResume: KERN_FAILURE if the thread is not suspended (xnu
// osfmk/kern/thread_act.c thread_resume).
func threadResume(_ *core.Ctx, th *core.Thread) mach.KernReturn {
	h := threadHoldsOf(th)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == 0 {
		return mach.KERN_FAILURE
	}
	h.count--
	if h.count > 0 {
		return mach.KERN_SUCCESS
	}
	return threadFailure(th, th.Sub.Resume())
}
