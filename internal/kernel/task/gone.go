package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// goneTable are the routines that xnu answers with a constant today, and those
// that have no counterpart here.
func goneTable() core.Table {
	t := core.Table{}
	constant := func(kr mach.KernReturn, note string, names ...string) {
		for _, name := range names {
			t[name] = fullNote(core.K(func(*core.Ctx) mach.KernReturn { return kr }), note)
		}
	}
	constant(mach.MIG_BAD_ID, "answers MIG_BAD_ID, as XNU does since it dropped the routine",
		"task_create", "task_assign", "task_assign_default", "task_get_assignment", "task_get_emulation_vector",
		"task_set_emulation", "task_set_emulation_vector", "task_policy", "task_set_policy", "task_set_ras_pc",
		"task_sample", "task_zone_info", "thread_sample", "thread_assign", "thread_assign_default",
		"thread_get_assignment", "etap_trace_thread")
	constant(mach.KERN_NOT_SUPPORTED, "answers KERN_NOT_SUPPORTED, as XNU's release kernels do",
		"task_get_dyld_image_infos", "task_register_dyld_get_process_state", "task_register_dyld_set_dyld_state",
		"task_set_corpse_forking_behavior", "task_test_async_upcall_propagation", "task_test_sync_upcall")
	constant(mach.KERN_FAILURE, "answers KERN_FAILURE, as a kernel without memory limits does", "task_set_phys_footprint_limit")

	none := func(note string, names ...string) {
		for _, name := range names {
			t[name] = core.Entry{Note: note}
		}
	}
	none("no corpses are made", "task_generate_corpse")
	none("threads of Linux belong to their process's library: they are not made from outside", "thread_create", "thread_create_running")
	none("there is no dyld that would tell", "task_dyld_process_info_notify_register", "task_dyld_process_info_notify_deregister")
	none("for hardened processes, which do not exist here", "task_register_hardened_exception_handler", "thread_adopt_exception_handler")

	t["task_dyld_process_info_notify_get"] = full(core.K(notifyGet))
	t["task_set_port_space"] = full(core.K(setPortSpace))
	t["task_map_corpse_info"] = fullNote(onTask(core.Control, noCorpse), "there are no corpses")
	t["task_map_corpse_info_64"] = fullNote(onTask(core.Control, noCorpse), "there are no corpses")
	t["task_map_kcdata_object_64"] = fullNote(onTask(core.Control, noCorpse), "there are no such objects")
	for _, name := range []string{"task_register_dyld_image_infos", "task_unregister_dyld_image_infos"} {
		t[name] = full(core.K(dyldImages))
	}
	t["task_register_dyld_shared_cache_image_info"] = full(core.K(dyldCache))
	t["thread_get_register_pointer_values"] = full(core.K(pointerValues))
	return t
}

// noCorpse: the second argument is no corpse, as none is ever made.
func noCorpse(*core.Ctx, *core.Task) mach.KernReturn { return mach.KERN_INVALID_ARGUMENT }

// setPortSpace does nothing: the table of names grows by itself.
func setPortSpace(c *core.Ctx) mach.KernReturn {
	if _, ok := c.TaskArg(0, core.Control); !ok {
		if kr := refusal(c); kr != mach.KERN_INVALID_ARGUMENT {
			return kr
		}
		return mach.KERN_INVALID_TASK
	}
	return mach.KERN_SUCCESS
}

// notifyGet: nobody can register, so there are none.
func notifyGet(c *core.Ctx) mach.KernReturn {
	if c.Args[0] == 0 || c.Args[1] == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	if kr := c.Put32(1, 0); kr != mach.KERN_SUCCESS {
		return mach.KERN_MEMORY_ERROR
	}
	return mach.KERN_SUCCESS
}

// dyldImages and dyldCache tell a trace facility that is off (xnu
// osfmk/kern/task.c: nothing is recorded then).
func dyldImages(c *core.Ctx) mach.KernReturn {
	if t, ok := c.TaskArg(0, core.Control); !ok || t != c.Task {
		return mach.KERN_INVALID_TASK
	}
	if c.Args[1] == 0 {
		return mach.KERN_INVALID_ADDRESS
	}
	return mach.KERN_SUCCESS
}

func dyldCache(c *core.Ctx) mach.KernReturn {
	if t, ok := c.TaskArg(0, core.Control); !ok || t != c.Task {
		return mach.KERN_INVALID_TASK
	}
	return mach.KERN_SUCCESS
}
