package mig

import (
	"testing"

	"github.com/gomach/mach/internal/proto"
)

// unplanned are routines that libSystem has no function for: those of 32-bit
// tasks and of debug kernels.
var unplanned = map[string]bool{
	"mach_vm_region_info": true, "mach_vm_region_info_64": true, "task_wire": true,
	"vm_map_exec_lockdown": true, "vm_mapped_pages_info": true, "vm_region": true, "vm_region_recurse": true,
}

func TestEveryRoutineHasAPlan(t *testing.T) {
	for i := range proto.Routines {
		r := &proto.Routines[i]
		if userSide[r.Subsystem] || unplanned[r.Name] {
			continue
		}
		p := plans()[r.ID]
		if p == nil {
			t.Errorf("%s %s (%d): no plan", r.Subsystem, r.Name, r.ID)
			continue
		}
		if p.routine != r {
			t.Errorf("%s %s (%d) is hidden by %s", r.Subsystem, r.Name, r.ID, p.routine.Name)
		}
	}
}
