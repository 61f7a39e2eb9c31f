package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// older lists what kernels before macOS 13 answered where today's answer
// MIG_BAD_ID; only a real Mac may be as old.
func older(codes ...mach.KernReturn) []mach.KernReturn {
	if realMac() {
		return append(codes, mach.KERN_FAILURE, mach.KERN_NOT_SUPPORTED, mach.KERN_INVALID_ARGUMENT)
	}
	return codes
}

// xnu osfmk/mach/*.defs: routines that are "skip" there answer MIG_BAD_ID
// (osfmk/kern/ipc_kobject.c, ipc_kobject_server_internal).
func TestRoutinesThatAreGone(t *testing.T) {
	begin(t)
	var (
		me     = thread(t)
		h      = host(t)
		port   mach.MachPort
		n      uint32
		words  [64]mach.Integer
		addr   uint64
		zones  *mach.TaskZoneInfo_t
		names  *mach.MachZoneName
		vector *mach.MachVMOffset
		p      = sendPort(t)
	)
	clk := clock(t, mach.SYSTEM_CLOCK)
	for fn, err := range map[string]error{
		"lock_set_create":                         mach.LockSetCreate(self(), &port, 1, 0),
		"lock_set_destroy":                        mach.LockSetDestroy(self(), p),
		"task_assign":                             mach.TaskAssign(self(), none, 0),
		"task_assign_default":                     mach.TaskAssignDefault(self(), 0),
		"task_create":                             mach.TaskCreate(self(), nil, 0, 0, &port),
		"task_get_assignment":                     mach.TaskGetAssignment(self(), &port),
		"task_get_emulation_vector":               mach.TaskGetEmulationVector(self(), &words[0], &vector, &n),
		"task_policy":                             mach.TaskPolicy(self(), mach.POLICY_TIMESHARE, &words[0], 1, 0, 0),
		"task_sample":                             mach.TaskSample(self(), none),
		"task_set_emulation":                      mach.TaskSetEmulation(self(), 0, 0),
		"task_set_emulation_vector":               mach.TaskSetEmulationVector(self(), 0, vector, 0),
		"task_set_policy":                         mach.TaskSetPolicy(self(), none, mach.POLICY_TIMESHARE, &words[0], 1, &words[1], 1, 0),
		"task_set_ras_pc":                         mach.TaskSetRASPC(self(), 0, 0),
		"task_zone_info":                          mach.TaskZoneInfo(self(), &names, &n, &zones, &n),
		"etap_trace_thread":                       mach.EtapTraceThread(me, 0),
		"thread_assign":                           mach.ThreadAssign(me, none),
		"thread_assign_default":                   mach.ThreadAssignDefault(me),
		"thread_get_assignment":                   mach.ThreadGetAssignment(me, &port),
		"thread_sample":                           mach.ThreadSample(me, none),
		"mach_port_rename":                        mach.MachPortRename(self(), p, 0x9903),
		"processor_set_create":                    mach.ProcessorSetCreate(h, &port, &port),
		"processor_set_destroy":                   mach.ProcessorSetDestroy(h),
		"processor_set_max_priority":              mach.ProcessorSetMaxPriority(h, 1, 0),
		"processor_set_policy_control":            mach.ProcessorSetPolicyControl(h, 1, &words[0], 1, 0),
		"processor_set_policy_disable":            mach.ProcessorSetPolicyDisable(h, 1, 0),
		"processor_set_policy_enable":             mach.ProcessorSetPolicyEnable(h, 1),
		"kmod_create":                             mach.KmodCreate(h, 0, &words[0]),
		"kmod_destroy":                            mach.KmodDestroy(h, 0),
		"kmod_control":                            mach.KmodControl(h, 0, 0, nil, &n),
		"host_get_clock_control":                  mach.HostGetClockControl(h, 0, &port),
		"clock_set_attributes":                    mach.ClockSetAttributes(clk, 1, &words[0], 1),
		"clock_set_time":                          mach.ClockSetTime(clk, now(1, 1)),
		"vm_allocate_cpm":                         mach.VMAllocateCpm(h, self(), &addr, page(), 1),
		"host_security_set_task_token":            mach.HostSecuritySetTaskToken(h, self(), mach.SecurityToken{}, mach.AuditToken{}, h),
		"host_security_create_task_token":         mach.HostSecurityCreateTaskToken(h, self(), mach.SecurityToken{Val: [2]uint32{1, 2}}, mach.AuditToken{Val: [8]uint32{3}}, h, nil, 0, 0, &port),
		"host_register_mach_voucher_attr_manager": mach.HostRegisterMachVoucherAttrManager(h, none, 0, new(mach.MachVoucherAttrKey), &port),
		"host_register_well_known_mach_voucher_attr_manager": mach.HostRegisterWellKnownMachVoucherAttrManager(h, none, 0, 1, &port),
	} {
		want(t, fn, err, older(mach.MIG_BAD_ID)...)
	}
}

// Routines that the kernel has and refuses to everyone: xnu osfmk/kern/task.c,
// kmod.c, host.c, processor.c, ipc_voucher.c.
func TestRoutinesNotSupported(t *testing.T) {
	begin(t)
	var (
		h       = host(t)
		n       uint32
		limit   int32
		sizes   [3]uint64
		modules = pointer(&n)
		port    mach.MachPort
		recipe  [16]byte
		info    *mach.DyldKernelImageInfo
		proc    mach.DyldKernelProcessInfo
		table   *mach.HashInfoBucket
		state   int32
	)
	if realMac() {
		modules = nil
	}
	want(t, "task_get_dyld_image_infos", mach.TaskGetDyldImageInfos(self(), &info, &n), mach.KERN_NOT_SUPPORTED)
	want(t, "task_register_dyld_get_process_state", mach.TaskRegisterDyldGetProcessState(self(), &proc), mach.KERN_NOT_SUPPORTED)
	want(t, "task_register_dyld_set_dyld_state", mach.TaskRegisterDyldSetDyldState(self(), 1), mach.KERN_NOT_SUPPORTED)
	want(t, "task_set_corpse_forking_behavior", mach.TaskSetCorpseForkingBehavior(self(), 0), mach.KERN_NOT_SUPPORTED)
	want(t, "task_swap_mach_voucher", mach.TaskSwapMachVoucher(self(), none, &port), mach.KERN_NOT_SUPPORTED)
	want(t, "thread_swap_mach_voucher", mach.ThreadSwapMachVoucher(thread(t), none, &port), mach.KERN_NOT_SUPPORTED)
	want(t, "task_test_sync_upcall", mach.TaskTestSyncUpcall(self(), none), mach.KERN_NOT_SUPPORTED)
	want(t, "task_test_async_upcall_propagation", mach.TaskTestAsyncUpcallPropagation(self(), none, 1, 2), mach.KERN_NOT_SUPPORTED)
	want(t, "kmod_get_info", mach.KmodGetInfo(h, &modules, &n), mach.KERN_NOT_SUPPORTED)
	want(t, "host_check_multiuser_mode", mach.HostCheckMultiuserMode(h, &n), mach.KERN_NOT_SUPPORTED)
	want(t, "host_get_multiuser_config_flags", mach.HostGetMultiuserConfigFlags(h, &n), mach.KERN_NOT_SUPPORTED)
	want(t, "host_virtual_physical_table_info", mach.HostVirtualPhysicalTableInfo(h, &table, &n), mach.KERN_FAILURE)
	n = 16
	want(t, "mach_voucher_debug_info", mach.MachVoucherDebugInfo(self(), none, &recipe[0], &n), mach.KERN_NOT_SUPPORTED)
	want(t, "task_set_phys_footprint_limit", mach.TaskSetPhysFootprintLimit(self(), 1<<20, &limit), mach.KERN_NO_ACCESS, mach.KERN_FAILURE, mach.KERN_NOT_SUPPORTED)
	want(t, "processor_set_stack_usage", mach.ProcessorSetStackUsage(h, &n, &sizes[0], &sizes[1], &sizes[2], &sizes[0]), mach.KERN_NOT_SUPPORTED, mach.KERN_INVALID_ARGUMENT)
	size := page()
	var e mach.MachPort
	ok(t, "mach_make_memory_entry_64", mach.MachMakeMemoryEntry64(self(), &size, 0, mach.VMProt(mach.MAP_MEM_NAMED_CREATE)|mach.VM_PROT_DEFAULT, &e, none))
	want(t, "mach_memory_entry_access_tracking", mach.MachMemoryEntryAccessTracking(e, &state, &n, &n), mach.KERN_NOT_SUPPORTED)
	dropSend(t, e)
}

// Name servers and vouchers: xnu libsyscall/mach/servers, osfmk/ipc/ipc_voucher.c.
func TestNetname(t *testing.T) {
	begin(t)
	var port mach.MachPort
	var version mach.NetnameName
	want(t, "netname_check_in", mach.NetnameCheckIn(none, "a", none, none), mach.MACH_SEND_INVALID_DEST)
	want(t, "netname_check_out", mach.NetnameCheckOut(none, "a", none), mach.MACH_SEND_INVALID_DEST)
	want(t, "netname_look_up", mach.NetnameLookUp(none, "h", "a", &port), mach.MACH_SEND_INVALID_DEST)
	want(t, "netname_version", mach.NetnameVersion(none, &version), mach.MACH_SEND_INVALID_DEST)
}

// xnu osfmk/ipc/ipc_voucher.c, host_create_mach_voucher.
func TestVouchers(t *testing.T) {
	begin(t)
	h := host(t)
	var v mach.MachPort
	var big [6000]byte
	ok(t, "task_get_mach_voucher", mach.TaskGetMachVoucher(self(), mach.MACH_VOUCHER_SELECTOR_CURRENT, &v))
	equal(t, "voucher of the task", v, none)
	ok(t, "task_set_mach_voucher", mach.TaskSetMachVoucher(self(), none))
	ok(t, "thread_get_mach_voucher", mach.ThreadGetMachVoucher(thread(t), mach.MACH_VOUCHER_SELECTOR_CURRENT, &v))
	if v != none {
		dropSend(t, v)
	}
	want(t, "host_create_mach_voucher", mach.HostCreateMachVoucher(h, &big[0], 6000, &v), mach.MIG_ARRAY_TOO_LARGE)
	want(t, "host_create_mach_voucher_trap", mach.HostCreateMachVoucherTrap(h, &big[0], 6000, &v), mach.MIG_ARRAY_TOO_LARGE)
	want(t, "host_create_mach_voucher_trap", mach.HostCreateMachVoucherTrap(self(), &big[0], 16, &v), mach.MACH_SEND_INVALID_DEST)
	want(t, "host_create_mach_voucher_trap", mach.HostCreateMachVoucherTrap(h, &big[0], -1, &v), mach.KERN_INVALID_ARGUMENT)
	n := mach.MachMsgTypeNumber(64)
	want(t, "mach_voucher_extract_attr_recipe_trap", mach.MachVoucherExtractAttrRecipeTrap(sendPort(t), 1, &big[0], &n), mach.MACH_SEND_INVALID_DEST)
	n = 6000
	want(t, "mach_voucher_extract_attr_recipe_trap", mach.MachVoucherExtractAttrRecipeTrap(sendPort(t), 1, &big[0], &n), mach.MIG_ARRAY_TOO_LARGE)
}

// xnu osfmk/ipc/ipc_voucher.c, ipc_create_mach_voucher and
// mach_voucher_extract_*: a value that is stored in a voucher comes out again.
func TestVoucherRecipes(t *testing.T) {
	begin(t)
	h := host(t)
	b := newBuffer(256)
	n := place(b, 0, mach.MachVoucherAttrRecipe{Key: mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, Command: mach.MACH_VOUCHER_ATTR_USER_DATA_STORE, ContentSize: 5})
	n += copy(b.bytes()[n:], "hello")
	var v, w mach.MachPort
	err := mach.HostCreateMachVoucher(h, &b.bytes()[0], uint32(n), &v)
	if realMac() && err != nil {
		t.Skip("this system keeps no user data in vouchers: ", err)
	}
	ok(t, "host_create_mach_voucher", err)
	equal(t, "kind", kindOf(t, v), mach.IPC_OTYPE_VOUCHER)
	ok(t, "host_create_mach_voucher", mach.HostCreateMachVoucher(h, &b.bytes()[0], uint32(n), &w))
	equal(t, "voucher of the same recipe", w, v)
	ok(t, "mach_voucher_deallocate", mach.MachVoucherDeallocate(w))
	room := newBuffer(256)
	count := mach.MachMsgTypeNumber(256)
	ok(t, "mach_voucher_extract_attr_content", mach.MachVoucherExtractAttrContent(v, mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, &room.bytes()[0], &count))
	equal(t, "content", string(room.bytes()[:count]), "hello")
	count = 256
	ok(t, "mach_voucher_extract_attr_recipe", mach.MachVoucherExtractAttrRecipe(v, mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, &room.bytes()[0], &count))
	equal(t, "bytes of the recipe", int(count), n)
	equal(t, "key", pick[mach.MachVoucherAttrRecipe](room, 0).Key, mach.MACH_VOUCHER_ATTR_KEY_USER_DATA)
	equal(t, "content of the recipe", string(room.bytes()[16:21]), "hello")
	count = 256
	ok(t, "mach_voucher_extract_all_attr_recipes", mach.MachVoucherExtractAllAttrRecipes(v, &room.bytes()[0], &count))
	equal(t, "bytes of all recipes", int(count), n)
	count = 8
	want(t, "mach_voucher_extract_attr_recipe", mach.MachVoucherExtractAttrRecipe(v, mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, &room.bytes()[0], &count), mach.KERN_NO_SPACE)
	count = 8
	want(t, "mach_voucher_extract_all_attr_recipes", mach.MachVoucherExtractAllAttrRecipes(v, &room.bytes()[0], &count), mach.KERN_NO_SPACE)
	count = 8
	want(t, "mach_voucher_extract_attr_recipe_trap", mach.MachVoucherExtractAttrRecipeTrap(v, mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, &room.bytes()[0], &count), mach.KERN_NO_SPACE)
	ok(t, "mach_voucher_deallocate", mach.MachVoucherDeallocate(v))
}
