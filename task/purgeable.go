package task

import "github.com/gomach/mach"

// Purge says what has become of purgeable memory.
type Purge int32

// The states of purgeable memory.
const (
	Nonvolatile Purge = Purge(mach.VM_PURGABLE_NONVOLATILE) // the contents stay
	Volatile    Purge = Purge(mach.VM_PURGABLE_VOLATILE)    // the kernel may take them
	Emptied     Purge = Purge(mach.VM_PURGABLE_EMPTY)       // they are gone: zeros are left
)

// String is the state in a word.
func (p Purge) String() string {
	switch p {
	case Nonvolatile:
		return "nonvolatile"
	case Volatile:
		return "volatile"
	case Emptied:
		return "empty"
	}
	return "unknown"
}

// SetVolatile lets the kernel take the contents when memory is short. Do not use
// the memory until [Allocation.SetNonvolatile] has said whether they are still
// there. It fails with [mach.KERN_INVALID_ARGUMENT] unless the memory is from
// [Task.AllocatePurgeable].
//
// Mach calls: mach_vm_purgable_control.
func (a *Allocation) SetVolatile() error {
	_, err := a.purgeable(mach.VM_PURGABLE_SET_STATE, Volatile)
	return err
}

// SetNonvolatile takes the memory back, and reports whether the kernel has
// taken the contents: if so, it is zeros.
//
// Mach calls: mach_vm_purgable_control.
func (a *Allocation) SetNonvolatile() (lost bool, err error) {
	was, err := a.purgeable(mach.VM_PURGABLE_SET_STATE, Nonvolatile)
	return was == Emptied, err
}

// Empty throws the contents away.
//
// Mach calls: mach_vm_purgable_control.
func (a *Allocation) Empty() error {
	_, err := a.purgeable(mach.VM_PURGABLE_SET_STATE, Emptied)
	return err
}

// Purged tells the state of the memory.
//
// Mach calls: mach_vm_purgable_control.
func (a *Allocation) Purged() (Purge, error) {
	return a.purgeable(mach.VM_PURGABLE_GET_STATE, 0)
}

// purgeable returns the state before the call.
func (a *Allocation) purgeable(control mach.VMPurgable, to Purge) (Purge, error) {
	addr, size := a.where()
	if size == 0 {
		return 0, a.unusable()
	}
	name, err := a.t.use()
	if err != nil {
		return 0, err
	}
	defer a.t.done()
	state := int32(to)
	if err := mach.MachVMPurgableControl(name, addr, control, &state); err != nil {
		return 0, failedAt("mach_vm_purgable_control", addr, size, err)
	}
	return Purge(state & int32(mach.VM_PURGABLE_STATE_MASK)), nil
}
