package task

import (
	"math"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
)

// Allocation owns a range of a task's address space, in whole pages. Its
// methods may be called by several goroutines at once.
type Allocation struct {
	t          *Task
	mu         sync.Mutex
	addr, size uint64
}

// Allocate maps size bytes of zeros, anywhere, in whole pages, marked with a tag
// (0 for none; [mach.VM_MEMORY_APPLICATION_SPECIFIC_1] and up are for programs).
// The caller has to close the allocation before the task. It takes the control
// port, and fails with [mach.KERN_NO_SPACE].
//
// Mach calls: mach_vm_allocate.
func (t *Task) Allocate(size uint64, tag mach.VMMemory) (*Allocation, error) {
	return t.allocate(0, size, mach.VM_FLAGS_ANYWHERE|mach.VMMakeTag(tag))
}

// AllocateAt is Allocate at a fixed address. It fails with
// [mach.KERN_NO_SPACE] if something is mapped there, and with
// [mach.KERN_INVALID_ADDRESS] outside of the address space.
//
// Mach calls: mach_vm_allocate.
func (t *Task) AllocateAt(addr, size uint64, tag mach.VMMemory) (*Allocation, error) {
	return t.allocate(addr, size, mach.VM_FLAGS_FIXED|mach.VMMakeTag(tag))
}

// AllocatePurgeable is Allocate of memory that may be made volatile; see
// [Allocation.SetVolatile].
//
// Mach calls: mach_vm_allocate.
func (t *Task) AllocatePurgeable(size uint64, tag mach.VMMemory) (*Allocation, error) {
	return t.allocate(0, size, mach.VM_FLAGS_ANYWHERE|mach.VM_FLAGS_PURGABLE|mach.VMMakeTag(tag))
}

func (t *Task) allocate(addr, size uint64, flags int32) (*Allocation, error) {
	name, err := t.use()
	if err != nil {
		return nil, err
	}
	defer t.done()
	if err := mach.MachVMAllocate(name, &addr, size, flags); err != nil {
		return nil, failed("mach_vm_allocate", err)
	}
	return &Allocation{t: t, addr: addr, size: size}, nil
}

// Address is where the memory is, in its task: 0 once it is closed.
func (a *Allocation) Address() uint64 {
	addr, _ := a.where()
	return addr
}

// Size is how many bytes were asked for: 0 once it is closed.
func (a *Allocation) Size() uint64 {
	_, size := a.where()
	return size
}

func (a *Allocation) where() (addr, size uint64) {
	if a == nil {
		return 0, 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addr, a.size
}

// unusable says why there is no memory.
func (a *Allocation) unusable() error {
	state := unusable.Closed
	switch {
	case a == nil:
		state = unusable.Nil
	case a.t == nil:
		state = unusable.Zero
	}
	return unusable.New("task", "Allocation", state)
}

// Bytes views the memory if it is in the program's own task, and is nil
// otherwise. Do not use the slice after Close, nor write to it where that is not
// permitted: it ends the program.
func (a *Allocation) Bytes() []byte {
	addr, size := a.where()
	if size == 0 || size > math.MaxInt || !a.t.IsSelf() {
		return nil
	}
	return view(addr, int(size))
}

// Protect is [Task.Protect] of the whole allocation.
//
// Mach calls: mach_vm_protect.
func (a *Allocation) Protect(prot mach.VMProt) error {
	addr, size := a.where()
	if size == 0 {
		return a.unusable()
	}
	return a.t.Protect(addr, size, prot)
}

// Relinquish hands the memory over to the caller, who has to release it by
// mach_vm_deallocate or [Task.Deallocate].
func (a *Allocation) Relinquish() (addr, size uint64) {
	if a == nil {
		return 0, 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	addr, size = a.addr, a.size
	a.addr, a.size = 0, 0
	return addr, size
}

// Close unmaps the memory. A second Close does nothing. The memory of a task
// that has ended is gone anyway; the error says so.
//
// Mach calls: mach_vm_deallocate.
func (a *Allocation) Close() error {
	addr, size := a.Relinquish()
	if size == 0 {
		return nil
	}
	return a.t.Deallocate(addr, size)
}

// Deallocate unmaps a range of the task's memory, in whole pages. What is not
// mapped stays so. Take care with [Self]: whoever uses the memory crashes. It
// takes the control port.
//
// Mach calls: mach_vm_deallocate.
func (t *Task) Deallocate(addr, size uint64) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	return failedAt("mach_vm_deallocate", addr, size, mach.MachVMDeallocate(name, addr, size))
}

// Inherit sets what a child that is forked gets of the memory: a copy, a share,
// or nothing. It takes the control port.
//
// Mach calls: mach_vm_inherit.
func (t *Task) Inherit(addr, size uint64, how mach.VMInherit_t) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	return failedAt("mach_vm_inherit", addr, size, mach.MachVMInherit(name, addr, size, how))
}

// Advise says how the memory will be used, such as
// [mach.VM_BEHAVIOR_SEQUENTIAL] or, to give its contents up,
// [mach.VM_BEHAVIOR_REUSABLE]. It takes the control port.
//
// Mach calls: mach_vm_behavior_set.
func (t *Task) Advise(addr, size uint64, how mach.VMBehavior) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	return failedAt("mach_vm_behavior_set", addr, size, mach.MachVMBehaviorSet(name, addr, size, how))
}
