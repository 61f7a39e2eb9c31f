package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu tests/vm_phys_footprint.c: memory counts in the footprint when it is
// written, not when it is allocated, and no longer when it goes or is volatile;
// a shared mapping of an entry counts once.
func TestFootprint(t *testing.T) {
	begin(t)
	const size, near = 64 << 20, 12 << 20 // the program has a life of its own
	footprint := func() int64 {
		info, _ := taskInfo[mach.TaskVMInfo](t, self(), mach.TASK_VM_INFO)
		return int64(info.PhysFootprint.Uint64())
	}
	grows := func(what string, want int64, f func()) {
		t.Helper()
		before := footprint()
		f()
		if d := footprint() - before; d < want-near || d > want+near {
			t.Errorf("%s: the footprint grows by %d KiB, want about %d", what, d>>10, want>>10)
		}
	}
	touch := func(addr uint64) {
		b := view(addr, size/2)
		for i := 0; i < len(b); i += int(page()) {
			b[i] = 1
		}
	}
	for _, flags := range []mach.Integer{0, mach.VM_FLAGS_PURGABLE} {
		var addr uint64
		grows("memory that is allocated", 0, func() {
			ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &addr, size, anywhere|flags))
		})
		grows("memory that is written", size/2, func() { touch(addr) })
		if flags != 0 {
			state := int32(mach.VM_PURGABLE_VOLATILE)
			grows("volatile memory", -size/2, func() {
				ok(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), addr, mach.VM_PURGABLE_SET_STATE, &state))
			})
			state = mach.VM_PURGABLE_NONVOLATILE
			grows("memory that is volatile no longer", size/2, func() {
				ok(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), addr, mach.VM_PURGABLE_SET_STATE, &state))
			})
			if state&mach.VM_PURGABLE_STATE_MASK == mach.VM_PURGABLE_EMPTY {
				t.Log("the memory was emptied meanwhile")
			}
		}
		grows("memory that is gone", -size/2, func() { deallocate(t, addr, size) })
	}
}
