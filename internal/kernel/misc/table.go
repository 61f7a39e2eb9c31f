package misc

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Table are the functions of this package.
func Table() core.Table {
	full := func(h core.Handler) core.Entry { return core.Entry{Handler: h, Level: core.Full} }
	partial := func(h core.Handler, note string) core.Entry {
		return core.Entry{Handler: h, Level: core.Partial, Note: note}
	}
	none := func(note string) core.Entry { return core.Entry{Note: note} }

	badID := gone(mach.MIG_BAD_ID, "answers MIG_BAD_ID, as XNU does today")
	swap := gone(enotsup, "answers ENOTSUP, as XNU does today")
	names := core.Entry{
		Handler: core.K(netname), Level: core.Full,
		Note: "there is no network name server, as on Darwin",
	}
	elfNote := "the images are the ELF files of the Linux process"

	t := core.Table{
		"mach_error_string":            full(machErrorString),
		"mach_error_type":              full(machErrorType),
		"mach_error":                   full(machError),
		"port_obj_init":                full(portObjInit),
		"mig_strncpy":                  full(migStrncpy),
		"mig_strncpy_zerofill":         full(migStrncpyZerofill),
		"slot_name":                    full(slotName),
		"mach_generate_activity_id":    full(core.K(generateActivityID)),
		"panic":                        partial(panicCall, "ends the task; never restarts the machine or enters a debugger"),
		"panic_init":                   partial(panicInit, "the port is not used, as panic never restarts the machine"),
		"macx_triggers":                full(core.K(macxTriggers)),
		"_dyld_image_count":            partial(imageCount, elfNote),
		"_dyld_get_image_header":       partial(imageHeader, elfNote),
		"_dyld_get_image_name":         partial(imageName, elfNote),
		"_dyld_get_image_vmaddr_slide": partial(imageSlide, elfNote),
		"__map_with_linking_np": gone(mach.KERN_FAILURE,
			"fails, as on Darwin once the dynamic linker has done its work"),
		"kext_request":             none("Linux has no kernel extensions"),
		"thread_set_x86_64_compat": none("Apple has not said what it does"),
	}
	for _, name := range []string{
		"kmod_create", "kmod_control", "kmod_destroy",
		"host_security_create_task_token", "host_security_set_task_token",
		"lock_set_create", "lock_set_destroy", "vm_allocate_cpm",
		"host_register_mach_voucher_attr_manager", "host_register_well_known_mach_voucher_attr_manager",
	} {
		t[name] = badID
	}
	for _, name := range []string{"kmod_get_info", "thread_wire"} {
		t[name] = gone(mach.KERN_NOT_SUPPORTED, "answers KERN_NOT_SUPPORTED, as XNU does today")
	}
	for _, name := range []string{"macx_swapon", "macx_swapoff", "macx_backing_store_suspend", "macx_backing_store_recovery"} {
		t[name] = swap
	}
	for _, name := range []string{"netname_check_in", "netname_check_out", "netname_look_up", "netname_version"} {
		t[name] = names
	}
	return t
}
