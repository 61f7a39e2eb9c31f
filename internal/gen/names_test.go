package gen

import "testing"

func TestNames(t *testing.T) {
	for c, want := range map[string]string{
		"mach_vm_region_recurse":            "MachVMRegionRecurse",
		"pid_for_task":                      "PIDForTask",
		"task_for_pid":                      "TaskForPID",
		"host_statistics64":                 "HostStatistics64",
		"_kernelrpc_mach_vm_map_trap":       "KernelrpcMachVMMapTrap",
		"host_get_UNDServer":                "HostGetUNDServer",
		"task_basic_info_64_2":              "TaskBasicInfo64_2",
		"__map_with_linking_np":             "MapWithLinkingNp",
		"mach_port_allocate_qos":            "MachPortAllocateQOS",
		"task_set_ras_pc":                   "TaskSetRASPC",
		"_host_page_size":                   "XHostPageSize",
		"host_page_size":                    "HostPageSize",
		"task_register_dyld_set_dyld_state": "TaskRegisterDyldSetDyldState",
	} {
		if got := FuncName(c); got != want {
			t.Errorf("FuncName(%s) = %s, want %s", c, got, want)
		}
	}
	for c, want := range map[string]string{
		"task_basic_info_64_data_t":      "TaskBasicInfo64",
		"vm_region_basic_info_data_64_t": "VMRegionBasicInfo64",
		"mach_port_t":                    "MachPort",
		"NDR_record_t":                   "NDRRecord",
		"__darwin_arm_thread_state64":    "DarwinARMThreadState64",
		"x86_thread_state64_t":           "X86ThreadState64",
	} {
		if got := plainTypeName(c); got != want {
			t.Errorf("plainTypeName(%s) = %s, want %s", c, got, want)
		}
	}
	for c, want := range map[string]string{
		"x86_THREAD_STATE64": "X86_THREAD_STATE64",
		"kGUARD_EXC_DESTROY": "KGUARD_EXC_DESTROY",
		"_MACH_INIT_":        "MACH_INIT_",
	} {
		if got := ConstName(c); got != want {
			t.Errorf("ConstName(%s) = %s, want %s", c, got, want)
		}
	}
	for c, want := range map[string]string{
		"host_info_outCnt": "hostInfoOutCnt", "copy": "copy_", "type": "type_", "t": "t", "": "arg3", "vm_size": "vmSize", "task": "task",
	} {
		if got := ParamName(c, 3); got != want {
			t.Errorf("ParamName(%s) = %s, want %s", c, got, want)
		}
	}
}

// Every exported function and every typedef has one Go name, and no two C
// items share one.
func TestNamesAreUnique(t *testing.T) {
	g, err := New()
	if err != nil {
		t.Fatal(err) // clashes are found here
	}
	byGo := map[string]string{}
	for c := range g.funcs {
		n := FuncName(c)
		if o := byGo[n]; o != "" {
			t.Errorf("%s and %s are both %s", o, c, n)
		}
		byGo[n] = c
	}
	if len(byGo) != 405 {
		t.Errorf("%d function names, want 405", len(byGo))
	}
}

// A clash that the table does not resolve must not pass.
func TestClashIsAnError(t *testing.T) {
	g := &Gen{owner: map[string]string{}}
	if err := g.claim("Foo", "func foo"); err != nil {
		t.Fatal(err)
	}
	if err := g.claim("Foo", "func f_oo"); err == nil {
		t.Error("two C functions got the same Go name")
	}
}
