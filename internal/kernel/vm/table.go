package vm

import "github.com/gomach/mach/internal/kernel/core"

// Table is the support table of virtual memory.
func Table() core.Table {
	t := tableOf{core.Table{}}
	t.both("allocate", full(onMap(core.Control, vmAllocate)))
	t.both("deallocate", full(onMap(core.Control, vmDeallocate)))
	return t.Table
}
