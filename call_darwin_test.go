package mach_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/gomach/mach"
)

// A call that succeeds allocates nothing, whichever way it goes.
func TestNoAllocation(t *testing.T) {
	self := mach.MachTaskSelf()
	calls := map[string]func(){
		"short": func() {
			var kind mach.MachPortType_t
			mach.MachPortType(self, self, &kind)
		},
		"blocking": func() {
			var address mach.MachVMAddress
			mach.MachVMAllocate(self, &address, 4096, mach.VM_FLAGS_ANYWHERE)
			mach.MachVMDeallocate(self, address, 4096)
		},
		"stack arguments": func() {
			var address mach.MachVMAddress
			mach.MachVMMap(self, &address, 16384, 0, mach.VM_FLAGS_ANYWHERE, 0, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_ALL, mach.VM_INHERIT_COPY)
			mach.MachVMDeallocate(self, address, 16384)
		},
		"plain result": func() { mach.MachAbsoluteTime() },
	}
	for name, call := range calls {
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%s: %v allocations a call", name, n)
		}
	}
}

// deepen makes the goroutine's stack grow, so that the collector shrinks it.
//
//go:noinline
func deepen(n int) byte {
	var room [256]byte
	if n == 0 {
		return room[0]
	}
	return deepen(n-1) + room[1]
}

// Out-parameters on stacks that grow and shrink get their values.
func TestStacksMoveBetweenCalls(t *testing.T) {
	self := mach.MachTaskSelf()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 40 {
				deepen(i)
				var name mach.MachPortName
				if err := mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &name); err != nil || name == 0 {
					t.Errorf("name %#x, %v", uint32(name), err)
					return
				}
				if i%10 == 0 {
					runtime.GC()
				}
				var address mach.MachVMAddress
				if err := mach.MachVMMap(self, &address, 16384, 0, mach.VM_FLAGS_ANYWHERE, 0, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_ALL, mach.VM_INHERIT_COPY); err != nil || address == 0 {
					t.Errorf("address %#x, %v", address, err)
					return
				}
				if err := mach.MachVMDeallocate(self, address, 16384); err != nil {
					t.Error(err)
				}
				if err := mach.MachPortModRefs(self, name, mach.MACH_PORT_RIGHT_RECEIVE, -1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
