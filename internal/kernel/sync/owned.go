package sync

import (
	"sync"

	"github.com/gomach/mach/internal/kernel/core"
)

// owned are the semaphores of a task, which end with it.
type owned struct {
	task *core.Task
	mu   sync.Mutex
	all  map[*Semaphore]bool
	over bool
}

type ownedKey struct{}

func ownedBy(t *core.Task) *owned {
	return t.State(ownedKey{}, func() any { return &owned{task: t, all: map[*Semaphore]bool{}} }).(*owned)
}

// add reports false if the task has ended.
func (o *owned) add(s *Semaphore) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return false
	}
	o.all[s] = true
	return true
}

func (o *owned) remove(s *Semaphore) {
	o.mu.Lock()
	delete(o.all, s)
	o.mu.Unlock()
}

// End implements core.Ender.
func (o *owned) End() {
	o.mu.Lock()
	all := o.all
	o.all, o.over = nil, true
	o.mu.Unlock()
	for s := range all {
		s.destroy(o.task)
	}
}
