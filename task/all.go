package task

import "github.com/gomach/mach"

// All opens the tasks of all processes that the kernel has, with their control
// ports. The caller has to close them. It takes root: it fails with
// [mach.KERN_INVALID_ARGUMENT] without. On Linux these are the tasks that the
// program has opened before, and its own.
//
// Mach calls: mach_host_self, processor_set_default, host_processor_set_priv,
// processor_set_tasks, mach_vm_deallocate, mach_port_deallocate.
func All() ([]*Task, error) {
	hostPort := mach.MachHostSelf()
	defer release(hostPort)
	var name, set mach.MachPort
	if err := mach.ProcessorSetDefault(hostPort, &name); err != nil {
		return nil, failed("processor_set_default", err)
	}
	defer release(name)
	if err := mach.HostProcessorSetPriv(hostPort, name, &set); err != nil {
		return nil, failed("host_processor_set_priv", err)
	}
	defer release(set)
	var list *mach.MachPort
	var n mach.MachMsgTypeNumber
	if err := mach.ProcessorSetTasks(set, &list, &n); err != nil {
		return nil, failed("processor_set_tasks", err)
	}
	var out []*Task
	for _, name := range mach.Slice(list, n) {
		if name != mach.MACH_PORT_NULL {
			out = append(out, Own(name))
		}
	}
	if n == 0 {
		return out, nil
	}
	return out, failed("mach_vm_deallocate", mach.MachVMDeallocate(mach.MachTaskSelf(), mach.AddressOf(list), mach.SizeOf[mach.MachPort](n)))
}
