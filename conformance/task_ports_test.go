package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

func kindOf(t testing.TB, name mach.MachPort) (kind mach.IPCInfoObjectType) {
	t.Helper()
	var addr uint64
	ok(t, "mach_port_kobject", mach.MachPortKobject(self(), name, &kind, &addr))
	return kind
}

// xnu osfmk/kern/ipc_tt.c, task_get_special_port_internal.
func TestTaskSpecialPorts(t *testing.T) {
	begin(t)
	for which, kind := range map[mach.TaskSpecialPort]mach.IPCInfoObjectType{
		mach.TASK_NAME_PORT: mach.IPC_OTYPE_TASK_NAME, mach.TASK_READ_PORT: mach.IPC_OTYPE_TASK_READ,
		mach.TASK_INSPECT_PORT: mach.IPC_OTYPE_TASK_INSPECT,
	} {
		var p mach.MachPort
		ok(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), which, &p))
		equal(t, "kind", kindOf(t, p), kind)
		dropSend(t, p)
	}
	var p mach.MachPort
	ok(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), mach.TASK_HOST_PORT, &p))
	if k := kindOf(t, p); k != mach.IPC_OTYPE_HOST && k != mach.IPC_OTYPE_HOST_PRIV {
		t.Errorf("the host port is of kind %d", k)
	}
	dropSend(t, p)
	want(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), 99, &p), mach.KERN_INVALID_ARGUMENT)
	want(t, "task_set_special_port", mach.TaskSetSpecialPort(self(), 99, none), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/kern/ipc_tt.c, task_get_special_port: a port gives those of its
// own rank and lower.
func TestTaskPortRanks(t *testing.T) {
	begin(t)
	get := func(task mach.MachPort, which mach.TaskSpecialPort) (p mach.MachPort, err error) {
		err = mach.TaskGetSpecialPort(task, which, &p)
		return
	}
	read, err := get(self(), mach.TASK_READ_PORT)
	ok(t, "task_get_special_port", err)
	inspect, err := get(self(), mach.TASK_INSPECT_PORT)
	ok(t, "task_get_special_port", err)
	name, err := get(self(), mach.TASK_NAME_PORT)
	ok(t, "task_get_special_port", err)
	_, err = get(read, mach.TASK_KERNEL_PORT)
	want(t, "task_get_special_port", err, mach.KERN_INVALID_CAPABILITY)
	_, err = get(inspect, mach.TASK_READ_PORT)
	want(t, "task_get_special_port", err, mach.KERN_INVALID_CAPABILITY)
	again, err := get(read, mach.TASK_INSPECT_PORT)
	ok(t, "task_get_special_port", err)
	equal(t, "the same port", again, inspect)
	dropSend(t, again)
	_, err = get(name, mach.TASK_NAME_PORT)
	want(t, "task_get_special_port", err, mach.KERN_INVALID_ARGUMENT)
	// What each rank may do.
	a := alloc(t, page())
	var data uint64
	var n uint32
	ok(t, "mach_vm_read", mach.MachVMRead(read, a, 16, &data, &n))
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), data, uint64(n)))
	want(t, "mach_vm_read", mach.MachVMRead(inspect, a, 16, &data, &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_write", mach.MachVMWrite(read, a, a, 16), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_allocate", mach.MachVMAllocate(read, &data, page(), mach.VM_FLAGS_ANYWHERE), mach.KERN_INVALID_ARGUMENT)
	_, _ = taskInfo[mach.MachTaskBasicInfo](t, inspect, mach.MACH_TASK_BASIC_INFO)
	var list *mach.ThreadAct
	ok(t, "task_threads", mach.TaskThreads(inspect, &list, &n))
	for i, th := range take(t, list, n) {
		if i == 0 {
			equal(t, "kind of thread port", kindOf(t, th), mach.IPC_OTYPE_THREAD_INSPECT)
		}
		dropSend(t, th)
	}
	want(t, "task_threads", mach.TaskThreads(name, &list, &n), mach.KERN_INVALID_ARGUMENT)
	for _, p := range []mach.MachPort{read, inspect, name} {
		equal(t, "mach_task_is_self", mach.MachTaskIsSelf(p).Bool(), true)
		dropSend(t, p)
	}
}

// xnu osfmk/kern/ipc_tt.c, task_set_special_port: the bootstrap port.
func TestTaskSetBootstrapPort(t *testing.T) {
	begin(t)
	var old, got mach.MachPort
	ok(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), mach.TASK_BOOTSTRAP_PORT, &old))
	p := sendPort(t)
	ok(t, "task_set_special_port", mach.TaskSetSpecialPort(self(), mach.TASK_BOOTSTRAP_PORT, p))
	ok(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), mach.TASK_BOOTSTRAP_PORT, &got))
	equal(t, "bootstrap port", got, p)
	dropSend(t, got)
	var n mach.MachPortRights
	ok(t, "mach_port_get_srights", mach.MachPortGetSrights(self(), p, &n))
	equal(t, "send rights, the task's included", n, 2)
	ok(t, "task_set_special_port", mach.TaskSetSpecialPort(self(), mach.TASK_BOOTSTRAP_PORT, old))
	ok(t, "mach_port_get_srights", mach.MachPortGetSrights(self(), p, &n))
	equal(t, "send rights", n, 1)
	if old != none {
		dropSend(t, old)
	}
	want(t, "task_set_special_port", mach.TaskSetSpecialPort(self(), mach.TASK_KERNEL_PORT, p), mach.KERN_NO_ACCESS)
	want(t, "task_set_special_port", mach.TaskSetSpecialPort(self(), mach.TASK_HOST_PORT, p), mach.KERN_NO_ACCESS)
}

// xnu osfmk/kern/ipc_tt.c, mach_ports_register; libsyscall/mach/task.c,
// mach_ports_lookup.
func TestRegisteredPorts(t *testing.T) {
	begin(t)
	lookup := func() []mach.MachPort {
		t.Helper()
		var list *mach.MachPort
		var n mach.MachMsgTypeNumber
		ok(t, "mach_ports_lookup", mach.MachPortsLookup(self(), &list, &n))
		equal(t, "count", n, mach.TASK_PORT_REGISTER_MAX)
		return take(t, list, n)
	}
	old := lookup()
	p, q := sendPort(t), sendPort(t)
	set := []mach.MachPort{p, none, q}
	ok(t, "mach_ports_register", mach.MachPortsRegister(self(), &set[0], 3))
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	got := lookup()
	equal(t, "first", got[0], p)
	equal(t, "second", got[1], none)
	equal(t, "third", got[2], q)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 2)
	dropSend(t, p)
	dropSend(t, q)
	ok(t, "mach_ports_register", mach.MachPortsRegister(self(), &set[0], 1))
	got = lookup()
	equal(t, "first", got[0], p)
	equal(t, "third after a shorter registration", got[2], none)
	dropSend(t, p)
	four := []mach.MachPort{p, p, p, p}
	want(t, "mach_ports_register", mach.MachPortsRegister(self(), &four[0], 4), mach.KERN_INVALID_ARGUMENT)
	ok(t, "mach_ports_register", mach.MachPortsRegister(self(), &old[0], 3))
	for _, o := range old {
		if o != none {
			dropSend(t, o)
		}
	}
}

// xnu osfmk/kern/task_ident.c.
func TestIdentityToken(t *testing.T) {
	begin(t)
	var token, p mach.MachPort
	ok(t, "task_create_identity_token", mach.TaskCreateIdentityToken(self(), &token))
	equal(t, "kind", kindOf(t, token), mach.IPC_OTYPE_TASK_ID_TOKEN)
	ok(t, "task_identity_token_get_task_port", mach.TaskIdentityTokenGetTaskPort(token, mach.TaskFlavor(mach.TASK_FLAVOR_NAME), &p))
	equal(t, "kind of port", kindOf(t, p), mach.IPC_OTYPE_TASK_NAME)
	equal(t, "mach_task_is_self", mach.MachTaskIsSelf(p).Bool(), true)
	dropSend(t, p)
	want(t, "task_identity_token_get_task_port", mach.TaskIdentityTokenGetTaskPort(token, 9, &p), mach.KERN_INVALID_ARGUMENT)
	dropSend(t, token)
	want(t, "task_identity_token_get_task_port", mach.TaskIdentityTokenGetTaskPort(host(t), mach.TaskFlavor(mach.TASK_FLAVOR_NAME), &p), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/kern/task.c, task_get_exc_guard_behavior and
// task_set_exc_guard_behavior: a task may be made stricter only.
func TestGuardBehavior(t *testing.T) {
	begin(t)
	var b mach.TaskExcGuardBehavior
	ok(t, "task_get_exc_guard_behavior", mach.TaskGetExcGuardBehavior(self(), &b))
	if b&^mach.TASK_EXC_GUARD_ALL != 0 {
		t.Errorf("behavior %#x", b)
	}
	ok(t, "task_set_exc_guard_behavior", mach.TaskSetExcGuardBehavior(self(), b))
	want(t, "task_set_exc_guard_behavior", mach.TaskSetExcGuardBehavior(self(), 1<<20), mach.KERN_INVALID_VALUE)
}

// xnu osfmk/kern/task_policy.c, task_policy_set and task_policy_get.
func TestTaskPolicy(t *testing.T) {
	begin(t)
	var c mach.TaskCategoryPolicy
	n := mach.TASK_CATEGORY_POLICY_COUNT
	var d mach.Boolean
	ok(t, "task_policy_get", mach.TaskPolicyGet(self(), mach.TASK_CATEGORY_POLICY, mach.Info(&c), &n, &d))
	equal(t, "count", n, mach.TASK_CATEGORY_POLICY_COUNT)
	n = 0
	want(t, "task_policy_get", mach.TaskPolicyGet(self(), mach.TASK_CATEGORY_POLICY, mach.Info(&c), &n, &d), mach.KERN_INVALID_ARGUMENT)
	n = 1
	want(t, "task_policy_get", mach.TaskPolicyGet(self(), 777, mach.Info(&c), &n, &d), mach.KERN_INVALID_ARGUMENT)
	want(t, "task_policy_set", mach.TaskPolicySet(self(), 777, mach.Info(&c), 1), mach.KERN_INVALID_ARGUMENT)
	want(t, "task_policy_set", mach.TaskPolicySet(self(), mach.TASK_CATEGORY_POLICY, mach.Info(&c), 0), mach.KERN_INVALID_ARGUMENT)
	c.Role = 99
	want(t, "task_policy_set", mach.TaskPolicySet(self(), mach.TASK_CATEGORY_POLICY, mach.Info(&c), 1), mach.KERN_INVALID_ARGUMENT)
}
