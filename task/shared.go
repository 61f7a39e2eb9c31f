package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
	"github.com/gomach/mach/port"
)

// SharedMemory owns a send right to memory that several tasks can map: a memory
// entry. The memory lives while a right or a mapping does. The right can be sent
// in a message; whoever has it maps the memory with [SharedMemory.Map].
type SharedMemory struct {
	entry *port.Send
	size  uint64
}

// NewSharedMemory makes size bytes of zeros, in whole pages, that are mapped
// nowhere yet. The caller has to close it.
//
// Mach calls: mach_make_memory_entry_64 with MAP_MEM_NAMED_CREATE.
func NewSharedMemory(size uint64) (*SharedMemory, error) {
	return Self().entry(0, size, mach.VM_PROT_DEFAULT|mach.MAP_MEM_NAMED_CREATE)
}

// Share makes memory that the task has mapped available to others, who may do
// with it what prot permits at most; the pages are the same ones. The memory has
// to be of one object: what is shared ends where that does, see
// [SharedMemory.Size] and [Task.ShareRange]. The caller has to close it. It takes
// the control port, and fails with [mach.KERN_PROTECTION_FAILURE] for more in prot
// than the memory's own protection permits.
//
// Mach calls: mach_make_memory_entry_64.
func (t *Task) Share(addr, size uint64, prot mach.VMProt) (*SharedMemory, error) {
	return t.entry(addr, size, prot)
}

// ShareRange is [Task.Share] of all of a range, which may go over several objects
// and regions. It fails with [mach.KERN_INVALID_ADDRESS] if nothing is mapped in a
// part of it.
//
// Mach calls: mach_make_memory_entry_64 with MAP_MEM_VM_SHARE.
func (t *Task) ShareRange(addr, size uint64, prot mach.VMProt) (*SharedMemory, error) {
	return t.entry(addr, size, prot|mach.MAP_MEM_VM_SHARE)
}

func (t *Task) entry(addr, size uint64, prot mach.VMProt) (*SharedMemory, error) {
	name, err := t.use()
	if err != nil {
		return nil, err
	}
	defer t.done()
	var entry mach.MachPort
	if err := mach.MachMakeMemoryEntry64(name, &size, addr, prot, &entry, mach.MACH_PORT_NULL); err != nil {
		return nil, failed("mach_make_memory_entry_64", err)
	}
	return &SharedMemory{port.OwnSend(entry), size}, nil
}

// OwnSharedMemory takes over a right to a memory entry of that size, such as a
// message brought. It checks neither.
func OwnSharedMemory(entry *port.Send, size uint64) *SharedMemory {
	return &SharedMemory{entry, size}
}

// Entry borrows the right, to send copies of it.
func (m *SharedMemory) Entry() *port.Send {
	if m == nil {
		return nil
	}
	return m.entry
}

// Size is the number of bytes, in whole pages.
func (m *SharedMemory) Size() uint64 {
	if m == nil {
		return 0
	}
	return m.size
}

// Map maps a part of the memory into a task, anywhere, for reading and, with
// [mach.VM_PROT_WRITE] in prot, for writing. offset is in whole pages. The caller
// has to close the allocation before the task; it stays good when the memory is
// closed. It fails with [mach.KERN_INVALID_RIGHT] if the entry does not permit
// prot.
//
// Mach calls: mach_vm_map.
func (m *SharedMemory) Map(t *Task, offset, size uint64, prot mach.VMProt) (*Allocation, error) {
	if m == nil || m.entry.Name() == mach.MACH_PORT_NULL {
		return nil, m.unusable() // a null entry would map fresh memory
	}
	entry, err := m.entry.Copy()
	if err != nil {
		return nil, err
	}
	defer entry.Close()
	name, err := t.use()
	if err != nil {
		return nil, err
	}
	defer t.done()
	var addr mach.MachVMAddress
	err = mach.MachVMMap(name, &addr, size, 0, mach.VM_FLAGS_ANYWHERE, entry.Name(), offset, mach.BooleanOf(false), prot, prot, mach.VM_INHERIT_SHARE)
	if err != nil {
		return nil, failed("mach_vm_map", err)
	}
	return &Allocation{t: t, addr: addr, size: size}, nil
}

// unusable says why there is no entry.
func (m *SharedMemory) unusable() error {
	state := unusable.Closed
	switch {
	case m == nil:
		state = unusable.Nil
	case m.entry == nil:
		state = unusable.Zero
	}
	return unusable.New("task", "SharedMemory", state)
}

// Close gives the right back; mappings stay. A second Close does nothing.
//
// Mach calls: mach_port_deallocate.
func (m *SharedMemory) Close() error {
	if m == nil {
		return nil
	}
	return m.entry.Close()
}
