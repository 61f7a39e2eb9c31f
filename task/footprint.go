package task

import (
	"errors"
	"fmt"
	"time"

	"github.com/gomach/mach"
)

// Footprint is a task's memory in bytes.
type Footprint struct {
	Virtual      uint64 // address space that is mapped
	Resident     uint64 // pages in main memory, shared ones counted whole
	ResidentPeak uint64
	// Physical is what the task is to blame for: what the limits count and
	// Activity Monitor shows as memory.
	Physical     uint64
	PhysicalPeak uint64 // 0 if the system does not tell
	Compressed   uint64
	Regions      int
	PageSize     uint64 // the task's own
	// Revision is that of the struct that the system filled in: 0 to 7.
	Revision int
}

// Footprint reads how much memory the task uses. Any port of the task will do;
// it does not block if the kernel serves the port. It fails with
// errors.ErrUnsupported on a system that does not count the physical footprint.
//
// Mach calls: task_info with TASK_VM_INFO.
func (t *Task) Footprint() (Footprint, error) {
	a, err := Info[mach.TaskVMInfo](t)
	if err != nil {
		return Footprint{}, err
	}
	v := &a.Value
	if !a.Has(func(v *mach.TaskVMInfo) any { return &v.PhysFootprint }) {
		return Footprint{}, fmt.Errorf("task_info: no physical footprint: %w", errors.ErrUnsupported)
	}
	f := Footprint{
		Virtual: v.VirtualSize.Uint64(), Resident: v.ResidentSize.Uint64(), ResidentPeak: v.ResidentSizePeak.Uint64(),
		Physical: v.PhysFootprint.Uint64(), Compressed: v.Compressed.Uint64(),
		Regions: int(v.RegionCount), PageSize: uint64(uint32(v.PageSize)), Revision: vmInfoRevision(a.Words),
	}
	if a.Has(func(v *mach.TaskVMInfo) any { return &v.LedgerPhysFootprintPeak }) {
		f.PhysicalPeak = uint64(max(0, v.LedgerPhysFootprintPeak.Int64()))
	}
	return f, nil
}

// vmInfoRevision is the revision of task_vm_info that has that many words.
func vmInfoRevision(words mach.MachMsgTypeNumber) int {
	revision := 0
	for i, n := range [...]mach.MachMsgTypeNumber{
		mach.TASK_VM_INFO_REV0_COUNT, mach.TASK_VM_INFO_REV1_COUNT, mach.TASK_VM_INFO_REV2_COUNT, mach.TASK_VM_INFO_REV3_COUNT,
		mach.TASK_VM_INFO_REV4_COUNT, mach.TASK_VM_INFO_REV5_COUNT, mach.TASK_VM_INFO_REV6_COUNT, mach.TASK_VM_INFO_REV7_COUNT,
	} {
		if words >= n {
			revision = i
		}
	}
	return revision
}

// Times is how much processor time the task has used, in user and system mode,
// with its threads that have ended and those that live. Any port of the task
// will do; it does not block if the kernel serves the port. Under Rosetta, too, it is in the kernel's ticks,
// whichever of the two programs is translated.
//
// Mach calls: task_info with TASK_ABSOLUTETIME_INFO, mach_timebase_info.
func (t *Task) Times() (user, system time.Duration, err error) {
	a, err := Info[mach.TaskAbsolutetimeInfo](t)
	if err != nil {
		return 0, 0, err
	}
	if user, err = duration(a.Value.TotalUser); err != nil {
		return 0, 0, err
	}
	system, err = duration(a.Value.TotalSystem)
	return user, system, err
}
