package task

import (
	"errors"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// cpuExceptions are the types that a CPU raises.
const cpuExceptions = mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_BAD_INSTRUCTION | mach.EXC_MASK_ARITHMETIC |
	mach.EXC_MASK_BREAKPOINT | mach.EXC_MASK_SOFTWARE | mach.EXC_MASK_EMULATION

// watching says whether the substrate tells of a task's exceptions.
type watching struct {
	mu     sync.Mutex
	on     bool
	forget []func() // what an heir waits for, see born
}

// End implements core.Ender.
func (w *watching) End() {
	w.mu.Lock()
	all := w.forget
	w.forget = nil
	w.mu.Unlock()
	for _, f := range all {
		f()
	}
}

type watchingKey struct{}

// watch has the substrate tell of the exceptions that somebody now wants to
// hear of, or no longer.
func (s *subject) watch() mach.KernReturn {
	if s.task == nil {
		// The host's handlers serve the tasks that are watched already; to
		// trace every process of the machine for them would be a lot to ask.
		return mach.KERN_SUCCESS
	}
	return watchTask(s.task)
}

func watchingOf(t *core.Task) *watching {
	return t.State(watchingKey{}, func() any { return &watching{} }).(*watching)
}

func watchTask(t *core.Task) mach.KernReturn {
	x, ok := t.Sub.(core.Excepter)
	if !ok {
		return mach.KERN_SUCCESS
	}
	wanted := TaskActions(t).any(cpuExceptions)
	for _, th := range t.Known() {
		wanted = wanted || ThreadActions(th).any(cpuExceptions)
	}
	w := watchingOf(t)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.on == wanted {
		return mach.KERN_SUCCESS
	}
	var f func(core.Exception) bool
	if wanted {
		f = func(e core.Exception) bool {
			th, err := t.Thread(e.Thread)
			return err == nil && Raise(th, e.Type, e.Codes)
		}
		if x, ok := t.Sub.(core.Forker); ok {
			x.Forks(func(child core.TaskSub) func() {
				h := Leave(t)
				return func() { born(t.Kernel, child, h) }
			})
		}
	}
	if err := x.Exceptions(f); err != nil {
		if errors.Is(err, errors.ErrUnsupported) {
			return mach.KERN_SUCCESS
		}
		return taskFailure(err)
	}
	w.on = wanted
	return mach.KERN_SUCCESS
}
