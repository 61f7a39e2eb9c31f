package task

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// guardBehavior is what a task wants done when a port or memory guard breaks.
type guardBehavior struct {
	mu   sync.Mutex
	bits uint32
}

type guardKey struct{}

func guardOf(t *core.Task) *guardBehavior {
	return t.State(guardKey{}, func() any { return &guardBehavior{} }).(*guardBehavior)
}

const (
	guardOnce = mach.TASK_EXC_GUARD_VM_ONCE | mach.TASK_EXC_GUARD_MP_ONCE
	guardKept = mach.TASK_EXC_GUARD_VM_FATAL | mach.TASK_EXC_GUARD_MP_FATAL | mach.TASK_EXC_GUARD_VM_DELIVER | mach.TASK_EXC_GUARD_MP_DELIVER
)

func getGuard(c *core.Ctx, t *core.Task) mach.KernReturn {
	g := guardOf(t)
	g.mu.Lock()
	defer g.mu.Unlock()
	return c.Put32(1, g.bits)
}

// setGuard: a task may only get stricter (xnu osfmk/kern/task.c
// task_set_exc_guard_behavior).
func setGuard(c *core.Ctx, t *core.Task) mach.KernReturn {
	bits := c.U32(1)
	if bits&^uint32(mach.TASK_EXC_GUARD_ALL) != 0 {
		return mach.KERN_INVALID_VALUE
	}
	g := guardOf(t)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bits&guardKept&^bits != 0 || bits&guardOnce&^g.bits != 0 {
		return mach.KERN_DENIED
	}
	g.bits = bits
	return mach.KERN_SUCCESS
}
