package task

import (
	"slices"

	"github.com/gomach/mach"
)

// Right is a name of a task's port name space and what it stands for.
type Right struct {
	Name mach.MachPortName
	// Type are bits of MACH_PORT_TYPE_: send and receive may stand together under
	// one name. MACH_PORT_TYPE_DNREQUEST says that a notification is asked for.
	Type mach.MachPortType_t
	// References are the user references of the send rights or dead names.
	References mach.MachPortUrefs
	// Object tells ports apart: two names, also of two tasks, with the same number
	// are rights to the same port. It is no address. 0 for a dead name.
	Object uint32
}

// Has reports whether the name stands for a right of that kind.
func (r Right) Has(kind mach.MachPortType_t) bool { return r.Type&kind != 0 }

// Rights lists the names in the task's port name space, in the order of the kernel's
// table, as they are now.
//
// The read port will do. The list is the caller's. It does not block if the kernel
// serves the port. It fails with [mach.KERN_INVALID_TASK] or
// [mach.MACH_SEND_INVALID_DEST] when the task has ended.
//
// Mach calls: mach_port_space_info, mach_vm_deallocate.
func (t *Task) Rights() ([]Right, error) {
	name, err := t.use()
	if err != nil {
		return nil, err
	}
	defer t.done()
	var (
		space   mach.IPCInfoSpace
		table   *mach.IPCInfoName
		tree    *mach.IPCInfoTreeName
		n, none mach.MachMsgTypeNumber
	)
	if err := mach.MachPortSpaceInfo(name, &space, &table, &n, &tree, &none); err != nil {
		return nil, t.refused("mach_port_space_info", err)
	}
	var out []Right
	for _, e := range mach.Slice(table, n) {
		if e.IinType&mach.MACH_PORT_TYPE_ALL_RIGHTS == 0 {
			continue // a slot in no use
		}
		r := Right{Name: e.IinName, Type: e.IinType, References: e.IinUrefs}
		if !r.Has(mach.MACH_PORT_TYPE_DEAD_NAME) {
			r.Object = e.IinObject
		}
		out = append(out, r)
	}
	if n > 0 {
		err = mach.MachVMDeallocate(mach.MachTaskSelf(), mach.AddressOf(table), mach.SizeOf[mach.IPCInfoName](n))
	}
	return out, failed("mach_vm_deallocate", err)
}

// PortStatus tells of the port of a receive right in the task: its queue, its limit,
// and which rights to it there are. It takes what [Task.Rights] takes. It fails with
// [mach.KERN_INVALID_NAME] or [mach.KERN_INVALID_RIGHT] if the name is no receive
// right.
//
// Mach calls: mach_port_get_attributes.
func (t *Task) PortStatus(right mach.MachPortName) (mach.MachPortStatus, error) {
	var s mach.MachPortStatus
	name, err := t.use()
	if err != nil {
		return s, err
	}
	defer t.done()
	n := mach.CountOf[mach.MachPortStatus]()
	err = mach.MachPortGetAttributes(name, right, mach.MACH_PORT_RECEIVE_STATUS, mach.Info(&s), &n)
	return s, failed("mach_port_get_attributes", err)
}

// KernelObject is what a send or receive right of the task stands for in the kernel:
// [mach.IPC_OTYPE_NONE] if another task, or nobody, receives from its port. It takes
// what [Task.Rights] takes. It fails with [mach.KERN_INVALID_NAME] or
// [mach.KERN_INVALID_RIGHT] if the name is neither.
//
// Mach calls: mach_port_kobject.
func (t *Task) KernelObject(right mach.MachPortName) (mach.IPCInfoObjectType, error) {
	name, err := t.use()
	if err != nil {
		return 0, err
	}
	defer t.done()
	var kind mach.IPCInfoObjectType
	var addr mach.MachVMAddress
	err = mach.MachPortKobject(name, right, &kind, &addr)
	return kind, failed("mach_port_kobject", err)
}

// PortSetMembers are the receive rights in a port set of the task. It takes what
// [Task.Rights] takes. It fails with [mach.KERN_INVALID_NAME] or
// [mach.KERN_INVALID_RIGHT] if the name is no port set.
//
// Mach calls: mach_port_get_set_status, mach_vm_deallocate.
func (t *Task) PortSetMembers(set mach.MachPortName) ([]mach.MachPortName, error) {
	name, err := t.use()
	if err != nil {
		return nil, err
	}
	defer t.done()
	var members *mach.MachPortName
	var n mach.MachMsgTypeNumber
	if err := mach.MachPortGetSetStatus(name, set, &members, &n); err != nil {
		return nil, failed("mach_port_get_set_status", err)
	}
	out := slices.Clone(mach.Slice(members, n))
	if n > 0 {
		err = mach.MachVMDeallocate(mach.MachTaskSelf(), mach.AddressOf(members), mach.SizeOf[mach.MachPortName](n))
	}
	return out, failed("mach_vm_deallocate", err)
}
