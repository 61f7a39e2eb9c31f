package gen

import (
	"strings"
	"testing"

	"github.com/gomach/mach/internal/proto"
)

// classes are the classes of the functions that package mach calls.
func classes(t *testing.T) map[string]*function {
	t.Helper()
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	fs, err := g.functions()
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]*function{}
	for _, f := range fs {
		m[f.C] = f
	}
	return m
}

// noMessage are the routines of MIG that libSystem does not send under their
// own name: each is a trap or a function of the library, which sends nothing
// (libsyscall/mach/semaphore.c, mach_init.c, mig_reply_port.c).
var noMessage = map[string]bool{
	"semaphore_signal": true, "semaphore_signal_all": true, "semaphore_signal_thread": true,
	"host_page_size": true,
}

// A routine of MIG is a message to its first argument, and waits for the reply
// of whoever serves that port (mach_msg in the user-side stub that MIG
// writes). So none is short whatever its arguments are.
func TestMessagesAreNotShort(t *testing.T) {
	m, n := classes(t), 0
	for _, r := range proto.Routines {
		f := m[r.Name]
		if f == nil {
			continue
		}
		n++
		if f.Class == classShort && !noMessage[r.Name] {
			t.Errorf("%s is short, but a message of %s", r.Name, r.Subsystem)
		}
	}
	if n < 200 {
		t.Errorf("only %d routines are functions of libSystem", n)
	}
}

// Class task is for ports that may be the own task's, class host for those
// that may be the host's, and a function with another port in front has to say
// why it is short.
func TestClassesFitTheFirstArgument(t *testing.T) {
	own := map[class][]string{
		classTask: {"task_", "ipc_space_", "vm_map_"},
		classHost: {"host_"},
	}
	short := map[string]string{
		"_kernelrpc_":                       "a trap, which takes the own task's port only (port_name_to_space in osfmk/kern/ipc_tt.c)",
		"semaphore_signal":                  "a trap, which takes semaphores only (osfmk/kern/sync_sema.c)",
		"pid_for_task":                      "a trap, which asks task ports only (bsd/kern/kern_proc.c)",
		"mach_generate_activity_id":         "a trap, which ignores its port (bsd/kern/kern_proc.c)",
		"host_page_size":                    "a variable of the library",
		"mig_put_reply_port":                "does nothing",
		"panic_init":                        "stores its argument",
		"task_dyld_process_info_notify_get": "a trap about the own task",
	}
	for name, f := range classes(t) {
		if len(f.Params) == 0 {
			continue
		}
		typ := f.Params[0].C
		if prefixes := own[f.Class]; prefixes != nil {
			fits := name == "task_get_exception_ports_info" // its parameter is a mach_port_t
			for _, p := range prefixes {
				fits = fits || strings.HasPrefix(typ, p)
			}
			if !fits || typ == "task_suspension_token_t" {
				t.Errorf("%s has class %s, but its first argument is a %s", name, f.Class, typ)
			}
		}
		if f.Class != classShort || !strings.Contains(f.Params[0].Type, "Port") && !isPort(typ) {
			continue
		}
		why := ""
		for prefix, w := range short {
			if strings.HasPrefix(name, prefix) {
				why = w
			}
		}
		if why == "" {
			t.Errorf("%s is short, and a %s comes first: why does it not wait for whoever serves that?", name, typ)
		}
	}
}

func isPort(c string) bool {
	for _, p := range []string{"task_", "ipc_space_", "vm_map_", "host_", "thread_", "processor_", "semaphore_", "clock_", "mem_entry_"} {
		if strings.HasPrefix(c, p) && strings.HasSuffix(c, "_t") {
			return true
		}
	}
	return false
}

// What drops a right may end what the right stands for, in the caller: a file,
// a driver's object, a memory entry with its pages, a queue of messages
// (ipc_kmsg_reap_delayed and ipc_right_destroy in osfmk/ipc, fileport_no_senders
// in bsd/kern/kern_descrip.c). So the scheduler is told, whatever the port is.
var drops = strings.Fields(`
	mach_port_deallocate mach_port_destroy mach_port_mod_refs mach_port_destruct
	mach_msg_destroy mig_deallocate mig_dealloc_reply_port mach_voucher_deallocate
	voucher_mach_msg_adopt voucher_mach_msg_clear voucher_mach_msg_revert
	task_set_mach_voucher task_swap_mach_voucher thread_set_mach_voucher thread_swap_mach_voucher
	mach_ports_register task_set_special_port thread_set_special_port host_set_special_port
	task_set_exception_ports task_swap_exception_ports thread_set_exception_ports
	thread_swap_exception_ports host_set_exception_ports host_swap_exception_ports
	task_register_hardened_exception_handler thread_adopt_exception_handler
	task_dyld_process_info_notify_deregister
	mach_vm_deallocate vm_deallocate mach_vm_map vm_map
`)

func TestWhatDropsRightsIsTold(t *testing.T) {
	m := classes(t)
	for _, name := range drops {
		if f := m[name]; f == nil || f.Class != classBlock {
			t.Errorf("%s drops rights or memory: want class block", name)
		}
	}
}

// A trap does what its wrapper does first: one may wait if the other may.
// Where the wrapper is a message to other tasks, the trap is for the own one.
func TestTrapsAreClassedAsTheirWrappers(t *testing.T) {
	m, n := classes(t), 0
	for name, trap := range m {
		base, ok := strings.CutSuffix(name, "_trap")
		wrapper := m[strings.TrimPrefix(base, "_kernelrpc_")]
		if !ok || wrapper == nil {
			continue
		}
		n++
		if (trap.Class == classBlock) != (wrapper.Class == classBlock) {
			t.Errorf("%s is %s, but %s is %s", name, trap.Class, wrapper.C, wrapper.Class)
		}
		if trap.flags() != wrapper.flags() {
			t.Errorf("%s and %s look at different flags", name, wrapper.C)
		}
	}
	if n < 20 {
		t.Errorf("only %d traps have a wrapper", n)
	}
}

// The wrapper of a class says in its comment and in its code what the class is.
func TestClassesInWrappers(t *testing.T) {
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"mach_absolute_time":   {"It does not wait:", "libsystem.Call("},
		"mach_port_type":       {"if task is [MachTaskSelf]:", "if libsystem.OwnTask(uint32(task)) {", "libsystem.CallKern(", "libsystem.LearnTask()", "libsystem.CallKernBlocking("},
		"host_info":            {"if host is [MachHostSelf]:", "if libsystem.OwnHost(uint32(host)) {", "libsystem.LearnHost()"},
		"mach_vm_allocate":     {"without [VM_FLAGS_OVERWRITE]", "OwnTask(uint32(target)) && flags&("},
		"thread_info":          {"if the kernel serves targetAct.", "libsystem.CallKernBlocking("},
		"mach_port_deallocate": {"It may wait:", "libsystem.CallKernBlocking("},
		"mach_vm_range_create": {"OwnTask(", "libsystem.CallLate(", "libsystem.CallLateBlocking("},
		"task_get_exception_ports": {
			"OwnTask(", "libsystem.CallWide(", "libsystem.CallWideBlocking("},
	} {
		f, err := g.function(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := g.wrapper(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %q:\n%s", name, w, text)
			}
		}
	}
}
