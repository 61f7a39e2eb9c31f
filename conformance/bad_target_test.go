package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// The kernel turns the first port of a request into its object by
// convert_port_to_* (xnu osfmk/kern/ipc_tt.c, ipc_host.c, sync_sema.c): a port
// of another kind gives a null object, which each routine answers in its own
// way. The wrong port here is another kernel object's, as only those answer at
// all: a request to an ordinary port would wait for its owner's reply.

type badTarget struct {
	fn   string
	code mach.KernReturn
	call func(wrong mach.MachPort) error
}

func runBadTargets(t *testing.T, wrong mach.MachPort, cases []badTarget) {
	t.Helper()
	for _, c := range cases {
		err := c.call(wrong)
		if reason, known := notHere[c.fn]; known && codeOf(err) == mach.KERN_NOT_SUPPORTED && !realMac() {
			t.Logf("%s is not supported here: %s", c.fn, reason)
			continue
		}
		want(t, c.fn, err, c.code)
	}
}

// notHere lists calls that this module's kernel need not have, with the reason.
var notHere = map[string]string{
	"task_generate_corpse":                     "a process of Linux cannot be copied with its threads",
	"task_register_hardened_exception_handler": "for processes with an entitlement of Apple's",
	"thread_adopt_exception_handler":           "for processes with an entitlement of Apple's",
	"task_dyld_process_info_notify_register":   "there is no dyld to tell",
	"thread_create":                            "a thread without libpthread cannot live beside Linux's",
	"thread_create_running":                    "a thread without libpthread cannot live beside Linux's",
	"processor_start":                          "processors are not switched",
	"processor_exit":                           "processors are not switched",
	"mach_memory_entry_access_tracking":        "for kernels that are built with it",
}

// xnu osfmk/ipc/mach_port.c and mach_debug.c: "space == IS_NULL".
func TestBadSpace(t *testing.T) {
	begin(t)
	runBadTargets(t, host(t), spaceTargets(t))
	ok(t, "task_set_port_space", mach.TaskSetPortSpace(self(), 100))
}

func spaceTargets(t testing.TB) []badTarget {
	var (
		name, port mach.MachPort
		ty         mach.MachPortType_t
		n, m       uint32
		names      *mach.MachPort
		types      *mach.MachPortType_t
		word       uint64
		info       mach.MachPortInfoExt
		kind       mach.MachMsgTypeName
		size, id   = uint32(0), int32(0)
		otype      mach.IPCInfoObjectType
		text       mach.KobjectDescription
		basic      mach.IPCInfoSpaceBasic
		space      mach.IPCInfoSpace
		table      *mach.IPCInfoName
		tree       *mach.IPCInfoTreeName
		q          mach.MachPortQOS
		p          = newPort(t)
		so         = sendPort(t)
	)
	const task, arg = mach.KERN_INVALID_TASK, mach.KERN_INVALID_ARGUMENT
	type P = mach.MachPort
	return []badTarget{
		{"mach_port_names", task, func(w P) error { return mach.MachPortNames(w, &names, &n, &types, &m) }},
		{"mach_port_type", task, func(w P) error { return mach.MachPortType(w, p, &ty) }},
		{"mach_port_allocate_name", task, func(w P) error { return mach.MachPortAllocateName(w, mach.MACH_PORT_RIGHT_RECEIVE, 0x9903) }},
		{"mach_port_allocate", task, func(w P) error { return mach.MachPortAllocate(w, mach.MACH_PORT_RIGHT_RECEIVE, &name) }},
		{"mach_port_allocate_qos", task, func(w P) error { return mach.MachPortAllocateQOS(w, mach.MACH_PORT_RIGHT_RECEIVE, &q, &name) }},
		{"mach_port_allocate_full", task, func(w P) error { return mach.MachPortAllocateFull(w, mach.MACH_PORT_RIGHT_RECEIVE, none, &q, &name) }},
		{"mach_port_destroy", task, func(w P) error { return mach.MachPortDestroy(w, p) }},
		{"mach_port_deallocate", task, func(w P) error { return mach.MachPortDeallocate(w, p) }},
		{"mach_port_get_refs", task, func(w P) error { return mach.MachPortGetRefs(w, p, mach.MACH_PORT_RIGHT_SEND, &n) }},
		{"mach_port_mod_refs", task, func(w P) error { return mach.MachPortModRefs(w, p, mach.MACH_PORT_RIGHT_SEND, 1) }},
		{"mach_port_peek", task, func(w P) error {
			n = 52
			return mach.MachPortPeek(w, p, 0, &m, &size, &id, (*byte)(pointer(&text)), &n)
		}},
		{"mach_port_set_mscount", task, func(w P) error { return mach.MachPortSetMscount(w, p, 1) }},
		{"mach_port_get_set_status", arg, func(w P) error { return mach.MachPortGetSetStatus(w, p, &names, &n) }},
		{"mach_port_move_member", task, func(w P) error { return mach.MachPortMoveMember(w, p, none) }},
		{"mach_port_request_notification", task, func(w P) error {
			return mach.MachPortRequestNotification(w, p, mach.MACH_NOTIFY_NO_SENDERS, 1, none, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &port)
		}},
		{"mach_port_insert_right", task, func(w P) error { return mach.MachPortInsertRight(w, 0x9903, so, mach.MACH_MSG_TYPE_COPY_SEND) }},
		{"mach_port_extract_right", task, func(w P) error {
			return mach.MachPortExtractRight(w, p, mach.MACH_MSG_TYPE_MAKE_SEND, &port, &kind)
		}},
		{"mach_port_set_seqno", task, func(w P) error { return mach.MachPortSetSeqno(w, p, 1) }},
		{"mach_port_get_attributes", arg, func(w P) error {
			n = 17
			return mach.MachPortGetAttributes(w, p, mach.MACH_PORT_INFO_EXT, mach.Info(&info), &n)
		}},
		{"mach_port_set_attributes", task, func(w P) error {
			return mach.MachPortSetAttributes(w, p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&info), 1)
		}},
		{"task_set_port_space", task, func(w P) error { return mach.TaskSetPortSpace(w, 10) }},
		{"mach_port_get_srights", task, func(w P) error { return mach.MachPortGetSrights(w, p, &n) }},
		{"mach_port_space_info", arg, func(w P) error { return mach.MachPortSpaceInfo(w, &space, &table, &n, &tree, &m) }},
		{"mach_port_dnrequest_info", task, func(w P) error { return mach.MachPortDnrequestInfo(w, p, &n, &m) }},
		{"mach_port_insert_member", task, func(w P) error { return mach.MachPortInsertMember(w, p, p) }},
		{"mach_port_extract_member", task, func(w P) error { return mach.MachPortExtractMember(w, p, p) }},
		{"mach_port_get_context", arg, func(w P) error { return mach.MachPortGetContext(w, p, &word) }},
		{"mach_port_set_context", task, func(w P) error { return mach.MachPortSetContext(w, p, 1) }},
		{"mach_port_kobject", arg, func(w P) error { return mach.MachPortKobject(w, p, &otype, &word) }},
		{"mach_port_kobject_description", arg, func(w P) error { return mach.MachPortKobjectDescription(w, p, &otype, &word, &text) }},
		{"mach_port_construct", task, func(w P) error { return mach.MachPortConstruct(w, &mach.MachPortOptions{}, 0, &name) }},
		{"mach_port_destruct", task, func(w P) error { return mach.MachPortDestruct(w, p, 0, 0) }},
		{"mach_port_guard", task, func(w P) error { return mach.MachPortGuard(w, p, 1, 0) }},
		{"mach_port_unguard", task, func(w P) error { return mach.MachPortUnguard(w, p, 1) }},
		{"mach_port_guard_with_flags", task, func(w P) error { return mach.MachPortGuardWithFlags(w, p, 1, 0) }},
		{"mach_port_swap_guard", task, func(w P) error { return mach.MachPortSwapGuard(w, p, 1, 2) }},
		{"mach_port_space_basic_info", task, func(w P) error { return mach.MachPortSpaceBasicInfo(w, &basic) }},
		{"mach_port_is_connection_for_service", task, func(w P) error { return mach.MachPortIsConnectionForService(w, p, p, &word) }},
		{"mach_port_assert_attributes", task, func(w P) error {
			return mach.MachPortAssertAttributes(w, p, mach.MACH_PORT_GUARD_INFO, mach.Info(&info), 2)
		}},
	}
}

// xnu osfmk/vm/vm_user.c: "map == VM_MAP_NULL".
func TestBadMap(t *testing.T) {
	begin(t)
	runBadTargets(t, host(t), mapTargets(t))
}

func mapTargets(t testing.TB) []badTarget {
	var (
		a, size = alloc(t, page()), uint64(0)
		data    uint64
		n, r    uint32
		d, s    int32
		name    mach.MachPort
		info    mach.VMRegionSubmapInfo64
		pi      mach.VMPageInfoBasic
		cur     mach.VMProt
		max     mach.VMProt
		value   mach.VMMachineAttributeVal
		list    mach.MachVMReadEntry_t
		old     mach.VMReadEntry_t
	)
	const arg = mach.KERN_INVALID_ARGUMENT
	type P = mach.MachPort
	return []badTarget{
		{"mach_vm_allocate", arg, func(w P) error { return mach.MachVMAllocate(w, &data, page(), 1) }},
		{"mach_vm_deallocate", arg, func(w P) error { return mach.MachVMDeallocate(w, a, page()) }},
		{"mach_vm_behavior_set", arg, func(w P) error { return mach.MachVMBehaviorSet(w, a, page(), 0) }},
		{"mach_vm_copy", arg, func(w P) error { return mach.MachVMCopy(w, a, 8, a+16) }},
		{"mach_vm_inherit", arg, func(w P) error { return mach.MachVMInherit(w, a, page(), 1) }},
		{"mach_vm_machine_attribute", arg, func(w P) error { return mach.MachVMMachineAttribute(w, a, page(), mach.MATTR_CACHE, &value) }},
		{"mach_vm_map", arg, func(w P) error { return mach.MachVMMap(w, &data, page(), 0, 1, none, 0, 0, 1, 1, 1) }},
		{"mach_vm_msync", mach.KERN_INVALID_TASK, func(w P) error { return mach.MachVMMsync(w, a, page(), 1) }},
		{"mach_vm_page_info", arg, func(w P) error {
			n = mach.CountOf[mach.VMPageInfoBasic]()
			return mach.MachVMPageInfo(w, a, mach.VM_PAGE_INFO_BASIC, mach.Info(&pi), &n)
		}},
		{"mach_vm_page_query", arg, func(w P) error { return mach.MachVMPageQuery(w, a, &d, &s) }},
		{"mach_vm_page_range_query", arg, func(w P) error {
			size = 1
			return mach.MachVMPageRangeQuery(w, a, page(), a, &size)
		}},
		{"mach_vm_protect", arg, func(w P) error { return mach.MachVMProtect(w, a, page(), 0, 1) }},
		{"mach_vm_purgable_control", arg, func(w P) error { return mach.MachVMPurgableControl(w, a, mach.VM_PURGABLE_GET_STATE, &d) }},
		{"mach_vm_read", arg, func(w P) error { return mach.MachVMRead(w, a, 16, &data, &n) }},
		{"mach_vm_read_list", arg, func(w P) error { return mach.MachVMReadList(w, &list[0], 1) }},
		{"mach_vm_read_overwrite", arg, func(w P) error { return mach.MachVMReadOverwrite(w, a, 16, a+16, &size) }},
		{"mach_vm_region", arg, func(w P) error {
			n = 9
			return mach.MachVMRegion(w, &data, &size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &n, &name)
		}},
		{"mach_vm_region_recurse", arg, func(w P) error {
			n = mach.VM_REGION_SUBMAP_INFO_COUNT_64
			return mach.MachVMRegionRecurse(w, &data, &size, &r, mach.Info(&info), &n)
		}},
		{"mach_vm_remap", arg, func(w P) error {
			return mach.MachVMRemap(w, &data, page(), 0, 1, self(), a, 0, &cur, &max, 1)
		}},
		{"mach_vm_write", arg, func(w P) error { return mach.MachVMWrite(w, a, a+100, 16) }},
		{"vm_allocate", arg, func(w P) error { return mach.VMAllocate(w, &data, page(), 1) }},
		{"vm_deallocate", arg, func(w P) error { return mach.VMDeallocate(w, a, page()) }},
		{"vm_map_page_query", arg, func(w P) error { return mach.VMMapPageQuery(w, a, &d, &s) }},
		{"vm_read", arg, func(w P) error { return mach.VMRead(w, a, 16, &data, &n) }},
		{"vm_read_list", arg, func(w P) error { return mach.VMReadList(w, &old[0], 1) }},
		{"vm_region_64", arg, func(w P) error {
			n = 9
			return mach.VMRegion64(w, &data, &size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &n, &name)
		}},
		{"vm_region_recurse_64", arg, func(w P) error {
			n = mach.VM_REGION_SUBMAP_INFO_COUNT_64
			return mach.VMRegionRecurse64(w, &data, &size, &r, mach.Info(&info), &n)
		}},
		{"vm_write", arg, func(w P) error { return mach.VMWrite(w, a, a+100, 16) }},
		{"mach_make_memory_entry_64", mach.KERN_INVALID_TASK, func(w P) error {
			size = page()
			return mach.MachMakeMemoryEntry64(w, &size, a, mach.VMProt(mach.MAP_MEM_VM_SHARE)|1, &name, none)
		}},
		{"mach_memory_entry_ownership", arg, func(w P) error { return mach.MachMemoryEntryOwnership(w, none, mach.VM_LEDGER_TAG_DEFAULT, 0) }},
		{"mach_memory_entry_access_tracking", arg, func(w P) error { return mach.MachMemoryEntryAccessTracking(w, &d, &n, &r) }},
	}
}

// xnu osfmk/kern/task.c, ipc_tt.c, thread.c: "task == TASK_NULL".
func TestBadTask(t *testing.T) {
	begin(t)
	runBadTargets(t, host(t), taskTargets(t))
}

func taskTargets(t testing.TB) []badTarget {
	var (
		n, u   uint32
		b      mach.Boolean
		room   mach.TaskInfo_t
		state  [500]mach.Natural
		port   mach.MachPort
		list   *mach.MachPort
		stats  mach.TaskPurgableInfo_t
		h      = &handlers{}
		info   [mach.EXC_TYPES_COUNT]mach.IPCInfoPort
		addr   uint64
		size   uint64
		images *mach.DyldKernelImageInfo
		ports  = []mach.MachPort{none, none, none}
		p      = sendPort(t)
	)
	const arg = mach.KERN_INVALID_ARGUMENT
	type P = mach.MachPort
	return []badTarget{
		{"mach_ports_register", arg, func(w P) error { return mach.MachPortsRegister(w, &ports[0], 3) }},
		{"semaphore_create", arg, func(w P) error { return mach.SemaphoreCreate(w, &port, 0, 0) }},
		{"task_create_identity_token", arg, func(w P) error { return mach.TaskCreateIdentityToken(w, &port) }},
		{"task_generate_corpse", arg, func(w P) error { return mach.TaskGenerateCorpse(w, &port) }},
		{"task_get_exc_guard_behavior", mach.KERN_INVALID_TASK, func(w P) error { return mach.TaskGetExcGuardBehavior(w, &u) }},
		{"task_set_exc_guard_behavior", mach.KERN_INVALID_TASK, func(w P) error { return mach.TaskSetExcGuardBehavior(w, 0) }},
		{"task_get_exception_ports", arg, func(w P) error {
			h.n = mach.EXC_TYPES_COUNT
			return mach.TaskGetExceptionPorts(w, emulation, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0])
		}},
		{"task_get_exception_ports_info", arg, func(w P) error {
			h.n = mach.EXC_TYPES_COUNT
			return mach.TaskGetExceptionPortsInfo(w, emulation, &h.masks[0], &h.n, &info[0], &h.behaviors[0], &h.flavors[0])
		}},
		{"task_set_exception_ports", arg, func(w P) error { return mach.TaskSetExceptionPorts(w, emulation, p, mach.EXCEPTION_DEFAULT, 0) }},
		{"task_swap_exception_ports", arg, func(w P) error {
			h.n = mach.EXC_TYPES_COUNT
			return mach.TaskSwapExceptionPorts(w, emulation, p, mach.EXCEPTION_DEFAULT, 0, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0])
		}},
		{"task_get_mach_voucher", mach.KERN_INVALID_TASK, func(w P) error { return mach.TaskGetMachVoucher(w, 0, &port) }},
		{"task_set_mach_voucher", mach.KERN_INVALID_TASK, func(w P) error { return mach.TaskSetMachVoucher(w, none) }},
		{"task_get_special_port", arg, func(w P) error { return mach.TaskGetSpecialPort(w, mach.TASK_NAME_PORT, &port) }},
		{"task_set_special_port", arg, func(w P) error { return mach.TaskSetSpecialPort(w, mach.TASK_BOOTSTRAP_PORT, p) }},
		{"task_get_state", arg, func(w P) error { n = debugCount; return mach.TaskGetState(w, debugFlavor, &state[0], &n) }},
		{"task_set_state", arg, func(w P) error { return mach.TaskSetState(w, debugFlavor, &state[0], debugCount) }},
		{"task_info", arg, func(w P) error { n = 1024; return mach.TaskInfo(w, mach.MACH_TASK_BASIC_INFO, &room[0], &n) }},
		{"task_inspect", arg, func(w P) error { n = 4; return mach.TaskInspect(w, mach.TASK_INSPECT_BASIC_COUNTS, &room[0], &n) }},
		{"task_map_corpse_info", arg, func(w P) error { return mach.TaskMapCorpseInfo(self(), w, &addr, &n) }},
		{"task_map_corpse_info_64", arg, func(w P) error { return mach.TaskMapCorpseInfo64(self(), w, &addr, &size) }},
		{"task_map_kcdata_object_64", arg, func(w P) error { return mach.TaskMapKcdataObject64(self(), w, &addr, &size) }},
		{"task_policy_get", arg, func(w P) error { n = 1; return mach.TaskPolicyGet(w, mach.TASK_CATEGORY_POLICY, &room[0], &n, &b) }},
		{"task_policy_set", arg, func(w P) error {
			room[0] = mach.Integer(mach.TASK_DEFAULT_APPLICATION)
			return mach.TaskPolicySet(w, mach.TASK_CATEGORY_POLICY, &room[0], 1)
		}},
		{"task_purgable_info", arg, func(w P) error { return mach.TaskPurgableInfo(w, &stats) }},
		{"task_register_dyld_image_infos", mach.KERN_INVALID_TASK, func(w P) error { return mach.TaskRegisterDyldImageInfos(w, images, 0) }},
		{"task_unregister_dyld_image_infos", mach.KERN_INVALID_TASK, func(w P) error { return mach.TaskUnregisterDyldImageInfos(w, images, 0) }},
		{"task_register_dyld_shared_cache_image_info", mach.KERN_INVALID_TASK, func(w P) error {
			return mach.TaskRegisterDyldSharedCacheImageInfo(w, mach.DyldKernelImageInfo{}, 0, 0)
		}},
		{"task_register_hardened_exception_handler", arg, func(w P) error {
			return mach.TaskRegisterHardenedExceptionHandler(w, 1, emulation, mach.EXCEPTION_STATE, nativeFlavor, p)
		}},
		{"task_resume", arg, func(w P) error { return mach.TaskResume(w) }},
		{"task_set_info", arg, func(w P) error { return mach.TaskSetInfo(w, 1, &room[0], 1) }},
		{"task_suspend", arg, func(w P) error { return mach.TaskSuspend(w) }},
		{"task_suspend2", arg, func(w P) error { return mach.TaskSuspend2(w, &port) }},
		{"task_terminate", arg, func(w P) error { return mach.TaskTerminate(w) }},
		{"task_threads", arg, func(w P) error { return mach.TaskThreads(w, &list, &n) }},
		{"task_dyld_process_info_notify_register", mach.KERN_INVALID_TASK, func(w P) error { return mach.TaskDyldProcessInfoNotifyRegister(w, p) }},
		{"thread_create", arg, func(w P) error { return mach.ThreadCreate(w, &port) }},
		{"thread_create_running", arg, func(w P) error {
			return mach.ThreadCreateRunning(w, nativeFlavor, &state[0], mach.CountOf[nativeState](), &port)
		}},
	}
}

// xnu osfmk/kern/thread_act.c, thread_policy.c, ipc_tt.c: "thread ==
// THREAD_NULL".
func TestBadThread(t *testing.T) {
	begin(t)
	runBadTargets(t, host(t), threadTargets(t))
}

func threadTargets(t testing.TB) []badTarget {
	var (
		n     uint32
		b     mach.Boolean
		room  mach.ThreadInfo_t
		state [500]mach.Natural
		port  mach.MachPort
		h     = &handlers{}
		info  [mach.EXC_TYPES_COUNT]mach.IPCInfoPort
		p     = sendPort(t)
	)
	const arg = mach.KERN_INVALID_ARGUMENT
	type P = mach.MachPort
	return []badTarget{
		{"act_get_state", arg, func(w P) error { n = 500; return mach.ActGetState(w, nativeFlavor, &state[0], &n) }},
		{"act_set_state", arg, func(w P) error { return mach.ActSetState(w, nativeFlavor, &state[0], mach.CountOf[nativeState]()) }},
		{"thread_abort", arg, func(w P) error { return mach.ThreadAbort(w) }},
		{"thread_abort_safely", arg, func(w P) error { return mach.ThreadAbortSafely(w) }},
		{"thread_adopt_exception_handler", arg, func(w P) error { return mach.ThreadAdoptExceptionHandler(w, none, emulation, 0, 0) }},
		{"thread_convert_thread_state", arg, func(w P) error {
			n = 500
			return mach.ThreadConvertThreadState(w, 1, nativeFlavor, &state[0], mach.CountOf[nativeState](), &state[0], &n)
		}},
		{"thread_depress_abort", arg, func(w P) error { return mach.ThreadDepressAbort(w) }},
		{"thread_get_exception_ports", arg, func(w P) error {
			h.n = mach.EXC_TYPES_COUNT
			return mach.ThreadGetExceptionPorts(w, emulation, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0])
		}},
		{"thread_get_exception_ports_info", arg, func(w P) error {
			h.n = mach.EXC_TYPES_COUNT
			return mach.ThreadGetExceptionPortsInfo(w, emulation, &h.masks[0], &h.n, &info[0], &h.behaviors[0], &h.flavors[0])
		}},
		{"thread_set_exception_ports", arg, func(w P) error { return mach.ThreadSetExceptionPorts(w, emulation, p, mach.EXCEPTION_DEFAULT, 0) }},
		{"thread_swap_exception_ports", arg, func(w P) error {
			h.n = mach.EXC_TYPES_COUNT
			return mach.ThreadSwapExceptionPorts(w, emulation, p, mach.EXCEPTION_DEFAULT, 0, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0])
		}},
		{"thread_get_mach_voucher", arg, func(w P) error { return mach.ThreadGetMachVoucher(w, 0, &port) }},
		{"thread_set_mach_voucher", arg, func(w P) error { return mach.ThreadSetMachVoucher(w, none) }},
		{"thread_get_special_port", arg, func(w P) error { return mach.ThreadGetSpecialPort(w, mach.THREAD_READ_PORT, &port) }},
		{"thread_set_special_port", arg, func(w P) error { return mach.ThreadSetSpecialPort(w, mach.THREAD_KERNEL_PORT, p) }},
		{"thread_get_state", arg, func(w P) error { n = 500; return mach.ThreadGetState(w, nativeFlavor, &state[0], &n) }},
		{"thread_set_state", arg, func(w P) error { return mach.ThreadSetState(w, nativeFlavor, &state[0], mach.CountOf[nativeState]()) }},
		{"thread_info", arg, func(w P) error { n = 32; return mach.ThreadInfo(w, mach.THREAD_BASIC_INFO, &room[0], &n) }},
		{"thread_policy", arg, func(w P) error { return mach.ThreadPolicy(w, mach.POLICY_TIMESHARE, &room[0], 1, 0) }},
		{"thread_set_policy", arg, func(w P) error {
			return mach.ThreadSetPolicy(w, none, mach.POLICY_TIMESHARE, &room[0], 1, &room[1], 1)
		}},
		{"thread_policy_get", arg, func(w P) error {
			n = 4
			return mach.ThreadPolicyGet(w, mach.THREAD_PRECEDENCE_POLICY, &room[0], &n, &b)
		}},
		{"thread_policy_set", arg, func(w P) error { return mach.ThreadPolicySet(w, mach.THREAD_PRECEDENCE_POLICY, &room[0], 1) }},
		{"thread_resume", arg, func(w P) error { return mach.ThreadResume(w) }},
		{"thread_suspend", arg, func(w P) error { return mach.ThreadSuspend(w) }},
		{"thread_terminate", arg, func(w P) error { return mach.ThreadTerminate(w) }},
	}
}

// xnu osfmk/kern/host.c, host_notify.c, processor.c, clock_oldops.c,
// ipc_voucher.c and zalloc.c: no host, processor, set, clock or voucher.
func TestBadHost(t *testing.T) {
	begin(t)
	var (
		n, m    uint32
		size    uint64
		port    mach.MachPort
		list    *mach.MachPort
		room    mach.HostInfo_t
		words   *mach.Integer
		version mach.KernelVersion
		boot    mach.KernelBootInfo
		ts      mach.MachTimespec
		locks   *mach.LockgroupInfo
		names   *mach.MachZoneName
		zones   *mach.MachZoneInfo_t
		mem     *mach.MachMemoryInfo_t
		zone    mach.MachZoneInfo_t
		h       = &handlers{}
		recipe  [64]byte
		p       = sendPort(t)
	)
	const arg, nohost = mach.KERN_INVALID_ARGUMENT, mach.KERN_INVALID_HOST
	type P = mach.MachPort
	runBadTargets(t, self(), []badTarget{
		{"_host_page_size", arg, func(w P) error { return mach.XHostPageSize(w, &size) }},
		{"host_info", arg, func(w P) error { n = 1024; return mach.HostInfo(w, mach.HOST_BASIC_INFO, &room[0], &n) }},
		{"host_statistics", nohost, func(w P) error { n = 1024; return mach.HostStatistics(w, mach.HOST_VM_INFO, &room[0], &n) }},
		{"host_statistics64", nohost, func(w P) error { n = 1024; return mach.HostStatistics64(w, mach.HOST_VM_INFO64, &room[0], &n) }},
		{"host_priv_statistics", nohost, func(w P) error { n = 1024; return mach.HostPrivStatistics(w, mach.HOST_VM_INFO, &room[0], &n) }},
		{"host_kernel_version", arg, func(w P) error { return mach.HostKernelVersion(w, &version) }},
		{"host_get_boot_info", nohost, func(w P) error { return mach.HostGetBootInfo(w, &boot) }},
		{"host_get_clock_service", arg, func(w P) error { return mach.HostGetClockService(w, 0, &port) }},
		{"host_get_io_main", arg, func(w P) error { return mach.HostGetIOMain(w, &port) }},
		{"host_lockgroup_info", nohost, func(w P) error { return mach.HostLockgroupInfo(w, &locks, &n) }},
		{"host_processor_info", arg, func(w P) error { return mach.HostProcessorInfo(w, mach.PROCESSOR_BASIC_INFO, &n, &words, &m) }},
		{"host_request_notification", arg, func(w P) error { return mach.HostRequestNotification(w, 0, newPort(t)) }},
		{"host_create_mach_voucher", arg, func(w P) error { return mach.HostCreateMachVoucher(w, &recipe[0], 16, &port) }},
		{"host_default_memory_manager", nohost, func(w P) error { return mach.HostDefaultMemoryManager(w, &port, 0) }},
		{"host_get_exception_ports", arg, func(w P) error {
			h.n = mach.EXC_TYPES_COUNT
			return mach.HostGetExceptionPorts(w, emulation, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0])
		}},
		{"host_set_exception_ports", arg, func(w P) error { return mach.HostSetExceptionPorts(w, emulation, p, mach.EXCEPTION_DEFAULT, 0) }},
		{"host_swap_exception_ports", arg, func(w P) error {
			h.n = mach.EXC_TYPES_COUNT
			return mach.HostSwapExceptionPorts(w, emulation, p, mach.EXCEPTION_DEFAULT, 0, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0])
		}},
		{"host_get_special_port", arg, func(w P) error { return mach.HostGetSpecialPort(w, mach.HOST_LOCAL_NODE, mach.HOST_PORT, &port) }},
		{"host_set_special_port", arg, func(w P) error { return mach.HostSetSpecialPort(w, mach.HOST_MAX_SPECIAL_PORT, p) }},
		{"host_processor_set_priv", arg, func(w P) error { return mach.HostProcessorSetPriv(w, none, &port) }},
		{"host_processor_sets", arg, func(w P) error { return mach.HostProcessorSets(w, &list, &n) }},
		{"host_processors", arg, func(w P) error { return mach.HostProcessors(w, &list, &n) }},
		{"mach_vm_wire", nohost, func(w P) error { return mach.MachVMWire(w, self(), 0, 0, 0) }},
		{"mach_memory_info", nohost, func(w P) error { return mach.MachMemoryInfo(w, &names, &n, &zones, &m, &mem, &n) }},
		{"mach_zone_info_for_zone", nohost, func(w P) error { return mach.MachZoneInfoForZone(w, mach.MachZoneName{}, &zone) }},
		{"mach_memory_object_memory_entry_64", nohost, func(w P) error {
			return mach.MachMemoryObjectMemoryEntry64(w, 1, page(), mach.VM_PROT_DEFAULT, none, &port)
		}},
		{"processor_set_default", arg, func(w P) error { return mach.ProcessorSetDefault(w, &port) }},
		{"processor_set_info", arg, func(w P) error {
			n = 5
			return mach.ProcessorSetInfo(w, mach.PROCESSOR_SET_BASIC_INFO, &port, &room[0], &n)
		}},
		{"processor_set_statistics", mach.KERN_INVALID_PROCESSOR_SET, func(w P) error {
			n = 4
			return mach.ProcessorSetStatistics(w, mach.PROCESSOR_SET_LOAD_INFO, &room[0], &n)
		}},
		{"processor_set_tasks", arg, func(w P) error { return mach.ProcessorSetTasks(w, &list, &n) }},
		{"processor_info", arg, func(w P) error { n = 9; return mach.ProcessorInfo(w, mach.PROCESSOR_BASIC_INFO, &port, &room[0], &n) }},
		{"processor_get_assignment", arg, func(w P) error { return mach.ProcessorGetAssignment(w, &port) }},
		{"processor_start", arg, func(w P) error { return mach.ProcessorStart(w) }},
		{"processor_exit", arg, func(w P) error { return mach.ProcessorExit(w) }},
		{"clock_get_time", arg, func(w P) error { return mach.ClockGetTime(w, &ts) }},
		{"clock_get_attributes", arg, func(w P) error { n = 1; return mach.ClockGetAttributes(w, mach.CLOCK_GET_TIME_RES, &room[0], &n) }},
		{"clock_alarm", arg, func(w P) error { return mach.ClockAlarm(w, mach.TIME_RELATIVE, now(0, 0), none) }},
		{"mach_voucher_attr_command", arg, func(w P) error {
			n = 16
			return mach.MachVoucherAttrCommand(w, mach.MACH_VOUCHER_ATTR_KEY_BANK, 1, &recipe[0], 4, &recipe[8], &n)
		}},
		{"mach_voucher_extract_all_attr_recipes", arg, func(w P) error { n = 64; return mach.MachVoucherExtractAllAttrRecipes(w, &recipe[0], &n) }},
		{"mach_voucher_extract_attr_content", arg, func(w P) error { n = 64; return mach.MachVoucherExtractAttrContent(w, 3, &recipe[0], &n) }},
		{"mach_voucher_extract_attr_recipe", arg, func(w P) error { n = 64; return mach.MachVoucherExtractAttrRecipe(w, 3, &recipe[0], &n) }},
	})
}
