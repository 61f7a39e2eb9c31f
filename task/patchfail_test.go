package task_test

import (
	"bytes"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// A patch that reaches into nothing changes nothing: the regions before have
// their bytes and their protection back.
func TestPatchFailsHalfWay(t *testing.T) {
	begin(t)
	for name, x := range map[string]*task.Task{"self": task.Self(), "child": spawn(t).Task} {
		a, err := x.Allocate(3*page(), tag)
		must(t, err)
		before := bytes.Repeat([]byte{1, 2, 3, 4}, int(page()/2))
		_, err = x.WriteMemory(before, a.Address())
		must(t, err)
		must(t, x.Protect(a.Address(), page(), mach.VM_PROT_READ))
		must(t, x.Deallocate(a.Address()+2*page(), page()))
		wantErr(t, x.Patch(a.Address()+page()-8, make([]byte, page()+16)), mach.KERN_INVALID_ADDRESS)
		after := make([]byte, len(before))
		_, err = x.ReadMemory(after, a.Address())
		must(t, err)
		if !bytes.Equal(after, before) {
			t.Errorf("%s: the memory has changed", name)
		}
		for i, want := range []mach.VMProt{mach.VM_PROT_READ, mach.VM_PROT_DEFAULT} {
			r, err := x.RegionAt(a.Address() + uint64(i)*page())
			must(t, err)
			if r.Protection != want {
				t.Errorf("%s: page %d has protection %s, want %s", name, i, task.Protection(r.Protection), task.Protection(want))
			}
		}
		must(t, x.Deallocate(a.Address(), 2*page()))
		a.Relinquish()
	}
}
