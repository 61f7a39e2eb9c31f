package task

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// The exception types and masks of <mach/exception_types.h>.
const (
	firstException = 1 // 0 stands for none
	excMaskValid   = mach.EXC_MASK_ALL | mach.EXC_MASK_CRASH | mach.EXC_MASK_CORPSE_NOTIFY
)

// action is who is told of a type of exception, and how.
type action struct {
	port     ipc.Right // a send right, or no port
	behavior mach.ExceptionBehavior
	flavor   mach.ThreadStateFlavor
}

// Actions are the exception handlers of a thread, a task or the host.
type Actions struct {
	mu sync.Mutex
	a  [mach.EXC_TYPES_COUNT]action
	// none: nobody has set one, so there is nothing to tell. Only threads begin
	// so (osfmk/kern/ipc_tt.c, thread_get_exception_ports_internal).
	none bool
	over bool // the task or thread has ended
}

// End implements core.Ender: handlers learn that nobody holds rights to them.
func (x *Actions) End() {
	x.mu.Lock()
	old := x.a
	x.a, x.over = [mach.EXC_TYPES_COUNT]action{}, true
	x.mu.Unlock()
	for _, a := range old {
		a.port.Release()
	}
}

type actionsKey struct{}

func newActions() any { return &Actions{} }

// ThreadActions, TaskActions and HostActions give the handlers of an object.
func ThreadActions(th *core.Thread) *Actions {
	return th.State(actionsKey{}, func() any { return &Actions{none: true} }).(*Actions)
}
func TaskActions(t *core.Task) *Actions   { return t.State(actionsKey{}, newActions).(*Actions) }
func HostActions(k *core.Kernel) *Actions { return k.State(actionsKey{}, newActions).(*Actions) }

// any reports whether there is a handler for one of the types in the mask.
func (x *Actions) any(mask mach.ExceptionMask) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, a := range x.a {
		if mask&(1<<i) != 0 && a.port.Valid() && !a.port.Port.Dead() {
			return true
		}
	}
	return false
}

// snapshot gives the handler of a type with a send right of its own.
func (x *Actions) snapshot(t mach.ExceptionType) (action, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if t < firstException || int(t) >= len(x.a) || !x.a[t].port.Valid() {
		return action{}, false
	}
	a := x.a[t]
	a.port = ipc.NewSendRight(a.port.Port)
	return a, a.port.Valid()
}

// entry is one element of what the get and swap calls report.
type entry struct {
	mask mach.ExceptionMask
	of   *ipc.Port // the handler, by which entries are joined; action.port may be dead
	action
}

// group adds a type to the list, joined with one that has the same handler.
func group(list []entry, i int, a action) []entry {
	for j := range list {
		if e := &list[j]; e.of == a.port.Port && e.behavior == a.behavior && e.flavor == a.flavor {
			e.mask |= 1 << i
			return list
		}
	}
	of := a.port.Port
	a.port = ipc.NewSendRight(of)
	return append(list, entry{1 << i, of, a})
}

// get lists the handlers of the types in the mask; each entry has a right of
// its own.
func (x *Actions) get(mask mach.ExceptionMask) (list []entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.none {
		return nil
	}
	for i := firstException; i < len(x.a); i++ {
		if mask&(1<<i) != 0 {
			list = group(list, i, x.a[i])
		}
	}
	return list
}

// set makes a the handler of the types in the mask and consumes its right.
// With list it gives what was there before.
func (x *Actions) set(mask mach.ExceptionMask, a action, list bool) (old []entry) {
	var out []ipc.Right
	x.mu.Lock()
	x.none = false
	for i := firstException; i < len(x.a); i++ {
		if mask&(1<<i) == 0 {
			continue
		}
		if list {
			old = group(old, i, x.a[i])
		}
		out = append(out, x.a[i].port)
		if x.over {
			x.a[i] = action{}
			continue
		}
		x.a[i] = a
		x.a[i].port = ipc.NewSendRight(a.port.Port)
	}
	x.mu.Unlock()
	for _, r := range out {
		r.Release()
	}
	a.port.Release()
	return old
}
