package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Volatile counts the volatile objects of a task, or of all tasks if owner is
// nil, and the memory that they have, by the queues in which they would wait to
// be emptied (xnu osfmk/vm/vm_purgeable.c, vm_purgeable_stats;
// vm_object.c, vm_object_purgable_control chooses the queue).
func Volatile(k *core.Kernel, owner *core.Task) (info mach.TaskPurgableInfo_t) {
	v := volatilesOf(k)
	v.mu.Lock()
	defer v.mu.Unlock()
	for o := range v.objs {
		if owner != nil && o.owner != owner {
			continue
		}
		o.mu.Lock()
		state, file := o.purgable, o.file
		if file != nil {
			group := state & mach.VM_VOLATILE_GROUP_MASK >> mach.VM_VOLATILE_GROUP_SHIFT
			to := &info.FifoData[group]
			switch {
			case state&mach.VM_PURGABLE_ORDERING_MASK == mach.VM_PURGABLE_ORDERING_OBSOLETE:
				to = &info.ObsoleteData
			case state&mach.VM_PURGABLE_BEHAVIOR_MASK == mach.VM_PURGABLE_BEHAVIOR_LIFO:
				to = &info.LifoData[group]
			}
			to.Count++
			to.Size += resident(file, o.size, o.page)
		}
		o.mu.Unlock()
	}
	return info
}
