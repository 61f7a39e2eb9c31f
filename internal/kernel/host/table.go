package host

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Table are the calls of <mach/mach_host.h>, <mach/host_priv.h>,
// <mach/processor.h> and <mach/processor_set.h>.
func Table() core.Table {
	t := core.Table{}
	add := func(level core.Level, note string, calls map[string]func(*core.Ctx) mach.KernReturn) {
		for name, f := range calls {
			t[name] = core.Entry{Handler: core.K(f), Level: level, Note: note}
		}
	}
	t["mach_host_self"] = core.Entry{Handler: machHostSelf, Level: core.Full}
	add(core.Full, "", map[string]func(*core.Ctx) mach.KernReturn{
		"_host_page_size":                 messagePageSize,
		"host_page_size":                  libraryPageSize,
		"host_info":                       hostInfo,
		"host_processors":                 hostProcessors,
		"host_processor_info":             hostProcessorInfo,
		"host_processor_sets":             hostProcessorSets,
		"host_processor_set_priv":         hostProcessorSetPriv,
		"host_get_boot_info":              hostGetBootInfo,
		"host_get_special_port":           hostGetSpecialPort,
		"host_get_UNDServer":              hostGetUNDServer,
		"host_get_atm_diagnostic_flag":    hostGetATMDiagnosticFlag,
		"host_set_atm_diagnostic_flag":    hostSetATMDiagnosticFlag,
		"host_default_memory_manager":     hostDefaultMemoryManager,
		"host_request_notification":       hostRequestNotification,
		"processor_get_assignment":        processorGetAssignment,
		"processor_control":               processorControl,
		"processor_set_default":           processorSetDefault,
		"processor_set_info":              processorSetInfo,
		"processor_set_statistics":        processorSetStatistics,
		"processor_set_tasks":             processorSetTasks,
		"processor_set_tasks_with_flavor": processorSetTasksWithFlavor,
		"processor_set_threads":           processorSetThreads,
	})
	add(core.Full, "always fresh; fields that Linux keeps no count of are 0", map[string]func(*core.Ctx) mach.KernReturn{
		"host_statistics":      hostStatistics,
		"host_statistics64":    hostStatistics64,
		"host_priv_statistics": hostPrivStatistics,
	})
	add(core.Full, "PROCESSOR_CPU_STAT, on Apple silicon, counts interrupts; Linux does not count the exceptions of programs, which are 0", map[string]func(*core.Ctx) mach.KernReturn{
		"processor_info": processorInfo,
	})
	add(core.Full, "Linux' release and version, in the form of Darwin's line", map[string]func(*core.Ctx) mach.KernReturn{
		"host_kernel_version": hostKernelVersion,
	})
	add(core.Full, "allowed to root, as with System Integrity Protection off", map[string]func(*core.Ctx) mach.KernReturn{
		"host_set_special_port": hostSetSpecialPort,
		"host_set_UNDServer":    hostSetUNDServer,
	})
	add(core.Partial, "there is no device tree: the port is MACH_PORT_NULL", map[string]func(*core.Ctx) mach.KernReturn{
		"host_get_io_main":   hostGetIOMain,
		"host_get_io_master": hostGetIOMain,
	})
	add(core.Partial, "the zones are Linux' object caches, which root may read", map[string]func(*core.Ctx) mach.KernReturn{
		"mach_zone_info":          machZoneInfo,
		"mach_zone_info_for_zone": machZoneInfoForZone,
	})
	add(core.Partial, "the zones are Linux' object caches, which root may read; memory by tag is not told", map[string]func(*core.Ctx) mach.KernReturn{
		"mach_memory_info":          machMemoryInfo,
		"mach_memory_info_redacted": machMemoryInfo,
	})
	add(core.Partial, "the kernel has no lock groups: the list is empty", map[string]func(*core.Ctx) mach.KernReturn{
		"host_lockgroup_info": hostLockgroupInfo,
	})
	t.Add(goneTable())
	return t
}

// goneTable are the functions that XNU answers without doing anything.
func goneTable() core.Table {
	t := core.Table{}
	for kr, names := range map[mach.KernReturn][]string{
		mach.MIG_BAD_ID: {
			"processor_set_create", "processor_set_destroy", "processor_set_max_priority",
			"processor_set_policy_enable", "processor_set_policy_disable", "processor_set_policy_control",
		},
		mach.KERN_FAILURE: {"processor_assign", "host_virtual_physical_table_info"},
		mach.KERN_NOT_SUPPORTED: {
			"processor_set_stack_usage", "host_set_multiuser_config_flags",
			"host_get_multiuser_config_flags", "host_check_multiuser_mode",
		},
	} {
		for _, name := range names {
			t[name] = core.Entry{Handler: always(kr), Level: core.Full, Note: "answers " + kr.CName() + ", as macOS does today"}
		}
	}
	t["host_reboot"] = core.Entry{Note: "would restart the real machine"}
	for _, name := range []string{"processor_exit", "processor_start"} {
		t[name] = core.Entry{
			Handler: core.K(processorSwitch), Level: core.Full,
			Note: "answers KERN_NOT_SUPPORTED, as XNU does where processors cannot be switched",
		}
	}
	return t
}
