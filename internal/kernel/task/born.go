package task

import (
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// born makes a task of a process that a watched task has forked: it is the heir,
// so its exceptions come to the handlers that its parent had (ipc_task_init, see
// Leave). When these have died, nobody watches it any more.
func born(k *core.Kernel, sub core.TaskSub, h *Inheritance) {
	child := k.Born(sub)
	handlers := map[*ipc.Port]bool{}
	for _, a := range h.actions {
		if a.port.Valid() {
			handlers[a.port.Port] = true
		}
	}
	h.Give(child)
	watchTask(child)
	w := watchingOf(child)
	for p := range handlers {
		// Of its own: a port may die anywhere, and to let go of a process takes a while.
		forget := p.OnDeath(func() { go watchTask(child) })
		w.mu.Lock()
		w.forget = append(w.forget, forget)
		w.mu.Unlock()
	}
	if !child.Alive() {
		w.End()
	}
}
