package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// privileged is the privileged host port, which only root has, and which is
// not used on a real Mac: some of the calls would change it.
func privileged(t testing.TB) mach.MachPort {
	t.Helper()
	if realMac() {
		t.Skip("calls with the privileged host port are not made on a real Mac")
	}
	h := host(t)
	if kindOf(t, h) != mach.IPC_OTYPE_HOST_PRIV {
		t.Skip("the privileged host port is root's")
	}
	return h
}

// xnu osfmk/kern/host.c, host_priv_statistics; machine.c, host_processors;
// processor.c, processor_info.
func TestPrivilegedInfo(t *testing.T) {
	h := privileged(t)
	begin(t)
	var room mach.HostInfo_t
	n := mach.MachMsgTypeNumber(1024)
	ok(t, "host_priv_statistics", mach.HostPrivStatistics(h, mach.HOST_CPU_LOAD_INFO, &room[0], &n))
	equal(t, "count", n, mach.HOST_CPU_LOAD_INFO_COUNT)
	n = 1
	want(t, "host_priv_statistics", mach.HostPrivStatistics(h, mach.HOST_VM_INFO, &room[0], &n), mach.KERN_FAILURE)
	n = 1024
	want(t, "host_priv_statistics", mach.HostPrivStatistics(h, 7777, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
	var boot mach.KernelBootInfo
	ok(t, "host_get_boot_info", mach.HostGetBootInfo(h, &boot))

	var list *mach.Processor
	ok(t, "host_processors", mach.HostProcessors(h, &list, &n))
	cpus := take(t, list, n)
	b, _ := hostInfo[mach.HostBasicInfo](t, mach.HOST_BASIC_INFO)
	equal(t, "processors", len(cpus), int(b.LogicalCPUMax))
	for i, cpu := range cpus {
		equal(t, "kind", kindOf(t, cpu), mach.IPC_OTYPE_PROCESSOR)
		var info mach.ProcessorBasicInfo
		var back mach.MachPort
		n = mach.PROCESSOR_BASIC_INFO_COUNT
		ok(t, "processor_info", mach.ProcessorInfo(cpu, mach.PROCESSOR_BASIC_INFO, &back, mach.Info(&info), &n))
		equal(t, "count", n, mach.PROCESSOR_BASIC_INFO_COUNT)
		equal(t, "slot", int(info.SlotNum), i)
		dropSend(t, back)
		n = 1
		want(t, "processor_info", mach.ProcessorInfo(cpu, mach.PROCESSOR_BASIC_INFO, &back, mach.Info(&info), &n), mach.KERN_FAILURE)
		var set mach.MachPort
		ok(t, "processor_get_assignment", mach.ProcessorGetAssignment(cpu, &set))
		equal(t, "kind", kindOf(t, set), mach.IPC_OTYPE_PROCESSOR_SET_NAME)
		dropSend(t, set)
		want(t, "processor_assign", mach.ProcessorAssign(cpu, none, 0), mach.KERN_FAILURE)
		want(t, "processor_control", mach.ProcessorControl(cpu, &room[0], 1), mach.KERN_FAILURE)
		want(t, "processor_start", mach.ProcessorStart(cpu), mach.KERN_FAILURE, mach.KERN_NOT_SUPPORTED)
		want(t, "processor_exit", mach.ProcessorExit(cpu), mach.KERN_FAILURE, mach.KERN_NOT_SUPPORTED)
		dropSend(t, cpu)
	}
}

// xnu osfmk/kern/host.c, host_processor_set_priv; processor.c,
// processor_set_tasks: the control port of the set gives tasks.
func TestPrivilegedSet(t *testing.T) {
	h := privileged(t)
	begin(t)
	var name, set mach.MachPort
	ok(t, "processor_set_default", mach.ProcessorSetDefault(h, &name))
	defer mach.MachPortDeallocate(self(), name)
	ok(t, "host_processor_set_priv", mach.HostProcessorSetPriv(h, name, &set))
	defer mach.MachPortDeallocate(self(), set)
	equal(t, "kind", kindOf(t, set), mach.IPC_OTYPE_PROCESSOR_SET)
	var list *mach.Task
	var n mach.MachMsgTypeNumber
	ok(t, "host_processor_sets", mach.HostProcessorSets(h, &list, &n))
	for _, s := range take(t, list, n) {
		equal(t, "name port", s, name)
		dropSend(t, s)
	}
	ok(t, "processor_set_tasks_with_flavor", mach.ProcessorSetTasksWithFlavor(set, mach.TASK_FLAVOR_NAME, &list, &n))
	mine := 0
	for _, task := range take(t, list, n) {
		if task == none {
			continue
		}
		if mach.MachTaskIsSelf(task).Bool() {
			mine++
		}
		mach.MachPortDeallocate(self(), task)
	}
	equal(t, "times that the own task is listed", mine, 1)
	want(t, "processor_set_tasks_with_flavor", mach.ProcessorSetTasksWithFlavor(set, 99, &list, &n), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/vm/vm_user.c, mach_vm_wire_external.
func TestWire(t *testing.T) {
	h := privileged(t)
	begin(t)
	a := alloc(t, 3*page())
	ok(t, "mach_vm_wire", mach.MachVMWire(h, self(), a, page(), mach.VM_PROT_READ))
	ok(t, "mach_vm_wire", mach.MachVMWire(h, self(), a, page(), mach.VM_PROT_NONE))
	want(t, "mach_vm_wire", mach.MachVMWire(h, sendPort(t), a, page(), mach.VM_PROT_READ), mach.KERN_INVALID_TASK)
	protect(t, a, page(), 0, mach.VM_PROT_READ)
	want(t, "mach_vm_wire", mach.MachVMWire(h, self(), a, page(), mach.VM_PROT_DEFAULT), mach.KERN_PROTECTION_FAILURE)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a+page(), page()))
	want(t, "mach_vm_wire", mach.MachVMWire(h, self(), a, 3*page(), mach.VM_PROT_READ), mach.KERN_INVALID_ADDRESS)
}

// xnu osfmk/kern/host.c, zalloc.c, thread.c: calls that answer the wrong port
// or everyone with an error.
func TestPrivilegedErrors(t *testing.T) {
	begin(t)
	me := thread(t)
	want(t, "thread_wire", mach.ThreadWire(host(t), me, 1), mach.KERN_NOT_SUPPORTED, mach.KERN_INVALID_ARGUMENT)
	want(t, "host_set_multiuser_config_flags", mach.HostSetMultiuserConfigFlags(self(), 0), mach.KERN_NOT_SUPPORTED, mach.KERN_INVALID_ARGUMENT)
	if realMac() {
		t.Skip("the rest is not for a real Mac")
	}
	want(t, "host_reboot", mach.HostReboot(self(), 0), mach.KERN_INVALID_HOST, mach.KERN_NOT_SUPPORTED)
	want(t, "host_set_atm_diagnostic_flag", mach.HostSetAtmDiagnosticFlag(host(t), 0), mach.KERN_NOT_SUPPORTED, mach.KERN_NO_ACCESS)
	h := privileged(t)
	var zone mach.MachZoneInfo_t
	want(t, "mach_zone_info_for_zone", mach.MachZoneInfoForZone(h, mach.MachZoneName{}, &zone), mach.KERN_INVALID_ARGUMENT, mach.KERN_NOT_SUPPORTED)
	p := sendPort(t)
	want(t, "host_default_memory_manager", mach.HostDefaultMemoryManager(h, &p, 0), mach.KERN_NO_ACCESS)
	want(t, "host_set_special_port", mach.HostSetSpecialPort(h, mach.HOST_PORT, p), mach.KERN_INVALID_ARGUMENT, mach.KERN_NO_ACCESS)
	stay := sendPort(t)
	ok(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), stay, guardWord, mach.MPG_IMMOVABLE_RECEIVE))
	want(t, "host_set_exception_ports", mach.HostSetExceptionPorts(h, emulation, stay, mach.EXCEPTION_DEFAULT, 0), mach.KERN_INVALID_RIGHT)
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), stay, guardWord))
}
