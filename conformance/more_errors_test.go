package conformance_test

import (
	"os"
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/ipc/mach_port.c, mach_port_is_connection_for_service.
func TestConnectionNames(t *testing.T) {
	begin(t)
	var filter uint64
	for _, name := range []mach.MachPort{none, mach.MACH_PORT_DEAD} {
		want(t, "mach_port_is_connection_for_service", mach.MachPortIsConnectionForService(self(), newPort(t), name, &filter), mach.KERN_INVALID_NAME)
	}
}

// xnu osfmk/vm/vm_map.c, vm_map_zero: what may not be written may not be
// zeroed.
func TestBehaviorZero(t *testing.T) {
	begin(t)
	a := alloc(t, page())
	fill(a, int(page()), 1)
	err := mach.MachVMBehaviorSet(self(), a, page(), mach.VM_BEHAVIOR_ZERO)
	if codeOf(err) == mach.KERN_INVALID_ARGUMENT && realMac() {
		t.Skip("VM_BEHAVIOR_ZERO is newer than this system")
	}
	ok(t, "mach_vm_behavior_set", err)
	equal(t, "a byte", view(a, 100)[99], 0)
	protect(t, a, page(), 0, mach.VM_PROT_READ)
	want(t, "mach_vm_behavior_set", mach.MachVMBehaviorSet(self(), a, page(), mach.VM_BEHAVIOR_ZERO), mach.KERN_PROTECTION_FAILURE)
}

// xnu osfmk/vm/vm_user.c, mach_vm_range_create_v1: for processes with an
// entitlement only.
func TestRangeCreate(t *testing.T) {
	begin(t)
	var recipe [64]byte
	want(t, "mach_vm_range_create", mach.MachVMRangeCreate(self(), mach.MACH_VM_RANGE_FLAVOR_V1, &recipe[0], 5), mach.KERN_NOT_SUPPORTED, mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_vm_range_create", mach.MachVMRangeCreate(self(), 99, &recipe[0], 5), mach.KERN_INVALID_ARGUMENT, mach.KERN_NOT_SUPPORTED)
}

// xnu bsd/vm/vm_unix.c, map_with_linking_np: nothing to link is out of bounds,
// and dyld has turned the call off.
func TestMapWithLinking(t *testing.T) {
	code := mach.KernReturn(mach.MapWithLinkingNp(nil, 0, nil, 0))
	if code == 0 {
		t.Error("no regions are linked with success")
	}
	record("__map_with_linking_np", code)
}

// xnu osfmk/ipc/mach_kernelrpc.c, mach_voucher_extract_attr_recipe_trap: the
// size is read first.
func TestVoucherTrapMemory(t *testing.T) {
	begin(t)
	bad := alloc(t, page())
	protect(t, bad, page(), 0, mach.VM_PROT_NONE)
	var recipe [64]byte
	want(t, "mach_voucher_extract_attr_recipe_trap", mach.MachVoucherExtractAttrRecipeTrap(sendPort(t), 1, &recipe[0], at[uint32](bad)), mach.KERN_MEMORY_ERROR)
}

// xnu osfmk/arm64/pcb.c and osfmk/i386/pcb.c, machine_task_set_state,
// THREAD_STATE_NONE: nothing was set, so nothing is cleared.
func TestTaskStateNone(t *testing.T) {
	begin(t)
	var words [8]mach.Natural
	want(t, "task_set_state", mach.TaskSetState(self(), mach.THREAD_STATE_NONE, &words[0], 0), mach.KERN_FAILURE)
	n := mach.MachMsgTypeNumber(8)
	want(t, "task_get_state", mach.TaskGetState(self(), nativeFlavor, &words[0], &n), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/kern/task_policy.c, task_policy_get, TASK_POLICY_STATE.
func TestPolicyStateIsRoots(t *testing.T) {
	begin(t)
	if os.Geteuid() == 0 {
		t.Skip("root may read it")
	}
	var words [64]mach.Integer
	n := mach.MachMsgTypeNumber(64)
	var d mach.Boolean
	want(t, "task_policy_get", mach.TaskPolicyGet(self(), mach.TASK_POLICY_STATE, &words[0], &n, &d), mach.KERN_PROTECTION_FAILURE)
}

// xnu osfmk/kern/task.c, task_set_exc_guard_behavior: the once bits cannot be
// added.
func TestGuardBehaviorOnce(t *testing.T) {
	begin(t)
	var b mach.TaskExcGuardBehavior
	ok(t, "task_get_exc_guard_behavior", mach.TaskGetExcGuardBehavior(self(), &b))
	if b&mach.TASK_EXC_GUARD_MP_ONCE != 0 && b&mach.TASK_EXC_GUARD_VM_ONCE != 0 {
		t.Skip("both bits are set already")
	}
	want(t, "task_set_exc_guard_behavior", mach.TaskSetExcGuardBehavior(self(), b|mach.TASK_EXC_GUARD_MP_ONCE|mach.TASK_EXC_GUARD_VM_ONCE), mach.KERN_DENIED)
}

// xnu osfmk/kern/mk_sp.c and thread_policy.c, thread_policy.
func TestOldThreadPolicy(t *testing.T) {
	begin(t)
	me := thread(t)
	var base [4]mach.Integer
	want(t, "thread_policy", mach.ThreadPolicy(me, 99, &base[0], 1, 0), mach.KERN_INVALID_POLICY)
	want(t, "thread_policy", mach.ThreadPolicy(me, mach.POLICY_TIMESHARE, &base[0], 0, 0), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/kern/task.c, task_dyld_process_info_notify_register and
// _deregister; task_dyld_process_info_notify_get_trap.
func TestDyldNotify(t *testing.T) {
	begin(t)
	p := newPort(t)
	if err := mach.TaskDyldProcessInfoNotifyDeregister(self(), none); codeOf(err) == mach.KERN_NOT_SUPPORTED && !realMac() {
		t.Skip("there is no dyld here to tell anything: KERN_NOT_SUPPORTED")
	} else {
		want(t, "task_dyld_process_info_notify_deregister", err, mach.KERN_INVALID_NAME)
	}
	want(t, "task_dyld_process_info_notify_deregister", mach.TaskDyldProcessInfoNotifyDeregister(self(), sendOnly(t)), mach.KERN_INVALID_RIGHT, mach.KERN_DENIED)
	want(t, "task_dyld_process_info_notify_deregister", mach.TaskDyldProcessInfoNotifyDeregister(self(), p), mach.KERN_FAILURE, mach.KERN_DENIED)
}
