package conformance_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// What a routine asks of the port that it is sent to is the conversion of its
// first argument: the intran of the type in xnu's osfmk/mach/task.defs,
// thread_act.defs, mach_vm.defs, vm_map.defs and mach_port.defs (types in
// mach_types.defs), or, where that is a plain port, the routine's _from_user
// function (osfmk/kern/task.c, ipc_tt.c, osfmk/ipc/mach_port.c, mach_debug.c).
// A port of more power does for one of less. mach_vm_purgable_control asks for a
// state, for which a read port does (osfmk/vm/vm_user.c); routines that are not named here
// want the control port (task_t, thread_act_t, ipc_space_t, vm_map_t).
var weaker = map[string]string{
	"read": `
		act_get_state task_suspend task_resume task_suspend2 task_get_state task_get_mach_voucher
		task_generate_corpse task_get_exception_ports_info task_dyld_process_info_notify_register
		thread_get_state thread_suspend thread_resume thread_get_mach_voucher thread_get_exception_ports_info
		mach_port_get_set_status mach_port_get_attributes mach_port_space_info mach_port_get_context
		mach_port_kobject mach_port_kobject_description mach_port_kernel_object mach_port_get_service_port_info
		mach_vm_read mach_vm_read_list mach_vm_read_overwrite mach_vm_page_query mach_vm_page_info
		mach_vm_page_range_query mach_vm_region mach_vm_region_recurse
		mach_vm_purgable_control
		vm_read vm_read_list vm_read_overwrite vm_map_page_query vm_region_64 vm_region_recurse_64`,
	"inspect": `
		task_threads task_get_special_port task_purgable_info task_inspect task_get_exc_guard_behavior
		task_policy_get thread_get_special_port thread_info thread_policy_get mach_port_space_basic_info`,
	"name": "task_info",
}

// power is how much a port of a task or thread does, and a routine wants.
type power int

const (
	byName power = iota
	inspect
	read
	control
)

var powers = map[string]power{"name": byName, "inspect": inspect, "read": read}

func wanted(fn string) power {
	for kind, list := range weaker {
		for _, f := range strings.Fields(list) {
			if f == fn {
				return powers[kind]
			}
		}
	}
	return control
}

// mute are routines that answer their arguments as they do no port at all, so
// that nothing can be seen.
var mute = map[string]string{
	"mach_memory_entry_ownership":       "its first argument is no task",
	"mach_memory_entry_access_tracking": "its first argument is no task",
	"task_map_corpse_info":              "there is no corpse",
	"task_map_corpse_info_64":           "there is no corpse",
	"task_map_kcdata_object_64":         "there is no such object",
	"task_set_info":                     "it takes no flavor",
	"thread_set_mach_voucher":           "a thread sets its own",
	"thread_set_policy":                 "it wants the port of the processor set as well, which is root's",
}

// ownOnly are routines that take a task's own port only.
var ownOnly = map[string]bool{
	"task_register_dyld_image_infos": true, "task_unregister_dyld_image_infos": true, "task_register_dyld_shared_cache_image_info": true,
}

// ports are a task's or a thread's, by their power; 0 where there is none.
type ports [control + 1]mach.MachPort

// portsOf are the ports of a task, and of its first thread.
func portsOf(t testing.TB, task mach.MachPort) (p, th ports) {
	t.Helper()
	p[control] = task
	for power, which := range map[power]mach.TaskSpecialPort{read: mach.TASK_READ_PORT, inspect: mach.TASK_INSPECT_PORT, byName: mach.TASK_NAME_PORT} {
		ok(t, "task_get_special_port", mach.TaskGetSpecialPort(task, which, &p[power]))
		t.Cleanup(func() { mach.MachPortDeallocate(self(), p[power]) })
	}
	for _, power := range []power{control, read, inspect} {
		var list *mach.ThreadAct
		var n mach.MachMsgTypeNumber
		ok(t, "task_threads", mach.TaskThreads(p[power], &list, &n))
		for i, name := range take(t, list, n) {
			if i == 0 {
				th[power] = name
				t.Cleanup(func() { mach.MachPortDeallocate(self(), name) })
			} else {
				dropSend(t, name)
			}
		}
	}
	return p, th
}

// forget ends a child, and drops what calls about it have given: the rights
// that there are beside those of before. Later tests would see them die.
func forget(t testing.TB, a *another, before map[mach.MachPort]right) {
	t.Helper()
	if p, err := os.FindProcess(a.pid); err == nil {
		p.Kill()
	}
	for i := 0; i < 500 && typeOf(t, a.task)&mach.MACH_PORT_TYPE_DEAD_NAME == 0; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	typeIs(t, a.task, mach.MACH_PORT_TYPE_DEAD_NAME)
	for name, r := range rights(t) {
		if _, known := before[name]; !known && r.kind&(mach.MACH_PORT_TYPE_RECEIVE|mach.MACH_PORT_TYPE_PORT_SET) == 0 {
			destroy(name)
		}
	}
}

// Every routine on tasks, threads, spaces and maps takes the ports that it
// should, and no others.
func TestRightsByPort(t *testing.T) {
	if realMac() {
		t.Skip("it does to a child what no program should")
	}
	for what, targets := range map[string]func(testing.TB) []badTarget{"space": spaceTargets, "map": mapTargets, "task": taskTargets, "thread": threadTargets} {
		t.Run(what, func(t *testing.T) {
			before := rights(t)
			a := spawn(t)
			defer forget(t, a, before)
			ok(t, "task_suspend", mach.TaskSuspend(a.task)) // it does not survive what follows
			set, threads := portsOf(t, a.task)
			kinds := [control + 1]mach.IPCInfoObjectType{mach.IPC_OTYPE_TASK_NAME, mach.IPC_OTYPE_TASK_INSPECT, mach.IPC_OTYPE_TASK_READ, mach.IPC_OTYPE_TASK_CONTROL}
			if what == "thread" {
				set = threads
				kinds = [control + 1]mach.IPCInfoObjectType{0, mach.IPC_OTYPE_THREAD_INSPECT, mach.IPC_OTYPE_THREAD_READ, mach.IPC_OTYPE_THREAD_CONTROL}
			}
			for power, p := range set {
				if p != none {
					equal(t, "kind", kindOf(t, p), kinds[power])
				}
			}
			for _, c := range targets(t) {
				if mute[c.fn] != "" {
					continue
				}
				ports := set
				if ownOnly[c.fn] {
					ports, _ = portsOf(t, self())
				}
				for have, p := range ports {
					if p == none {
						continue
					}
					err := c.call(p)
					got := codeOf(err)
					if notHere[c.fn] != "" && got == mach.KERN_NOT_SUPPORTED {
						continue
					}
					if refused := power(have) < wanted(c.fn); refused != (got == c.code) {
						t.Errorf("%s on a port of kind %d: %v; refused: %v", c.fn, kinds[have], err, refused)
					}
				}
			}
		})
	}
}

// isSpecial are the ports of osfmk/mach/task_special_ports.h; a release kernel
// lacks TASK_RESOURCE_NOTIFY_PORT.
var isSpecial = map[mach.TaskSpecialPort]bool{
	mach.TASK_KERNEL_PORT: true, mach.TASK_HOST_PORT: true, mach.TASK_NAME_PORT: true, mach.TASK_BOOTSTRAP_PORT: true,
	mach.TASK_INSPECT_PORT: true, mach.TASK_READ_PORT: true, mach.TASK_ACCESS_PORT: true, mach.TASK_DEBUG_CONTROL_PORT: true,
}

// Flavors of task_info and task_get_special_port that want more than the call
// does: xnu osfmk/kern/task.c, task_info_from_user; osfmk/kern/ipc_tt.c,
// special_port_allowed_with_task_flavor and _with_thread_flavor.
func TestRightsByFlavor(t *testing.T) {
	begin(t)
	a := spawn(t)
	set, threads := portsOf(t, a.task)
	for f := mach.TaskFlavor(0); f < 40; f++ {
		for have, p := range set {
			var room mach.TaskInfo_t
			n := mach.MachMsgTypeNumber(len(room))
			got, all := codeOf(mach.TaskInfo(p, f, &room[0], &n)), mach.KernReturn(0)
			n = mach.MachMsgTypeNumber(len(room))
			all = codeOf(mach.TaskInfo(a.task, f, &room[0], &n))
			if f == mach.TASK_DYLD_INFO && power(have) < read {
				all = mach.KERN_INVALID_ARGUMENT
			}
			if got != all {
				t.Errorf("task_info, flavor %d, on a port of power %d: %#x, want %#x", f, have, got, all)
			}
		}
	}
	for which := mach.TaskSpecialPort(0); which < 16; which++ {
		for have, p := range set {
			var out mach.MachPort
			got, w := codeOf(mach.TaskGetSpecialPort(p, which, &out)), mach.KernReturn(mach.KERN_SUCCESS)
			least := map[mach.TaskSpecialPort]power{mach.TASK_READ_PORT: read, mach.TASK_INSPECT_PORT: inspect, mach.TASK_NAME_PORT: byName}
			gives, self := least[which]
			switch {
			case power(have) == byName:
				w = mach.KERN_INVALID_ARGUMENT
			case power(have) < control && (!self || gives > power(have)):
				w = mach.KERN_INVALID_CAPABILITY
			case !isSpecial[which]:
				w = mach.KERN_INVALID_ARGUMENT
			}
			if got != w {
				t.Errorf("task_get_special_port %d on a port of power %d: %#x, want %#x", which, have, got, w)
			}
			if got == 0 && out != none {
				dropSend(t, out)
			}
		}
	}
	for which := int32(0); which < 8; which++ {
		for have, p := range threads {
			if p == none {
				continue
			}
			var out mach.MachPort
			got, w := codeOf(mach.ThreadGetSpecialPort(p, which, &out)), mach.KernReturn(mach.KERN_SUCCESS)
			least := map[int32]power{mach.THREAD_KERNEL_PORT: control, mach.THREAD_READ_PORT: read, mach.THREAD_INSPECT_PORT: inspect}
			gives, known := least[which]
			switch {
			case power(have) < control && (!known || gives > power(have)):
				w = mach.KERN_INVALID_CAPABILITY
			case !known:
				w = mach.KERN_INVALID_ARGUMENT
			}
			if got != w {
				t.Errorf("thread_get_special_port %d on a port of power %d: %#x, want %#x", which, have, got, w)
			}
			if got == 0 && out != none {
				dropSend(t, out)
			}
		}
	}
	// What task_threads gives has the power of the task port: osfmk/kern/task.c,
	// task_threads_from_user. portsOf has asked; a name port gives none.
	var list *mach.ThreadAct
	var n mach.MachMsgTypeNumber
	want(t, "task_threads", mach.TaskThreads(set[byName], &list, &n), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/vm/vm_user.c, mach_vm_remap_external and mach_vm_remap_new_external:
// the source of a mapping that may be written through wants the control port,
// that of a copy, or of one that can only be read, the read port.
func TestRightsOfSource(t *testing.T) {
	begin(t)
	a := spawn(t)
	set, _ := portsOf(t, a.task)
	var from uint64
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(a.task, &from, page(), mach.VM_FLAGS_ANYWHERE))
	for have, p := range set {
		for _, c := range []struct {
			fresh, copied bool
			max           mach.VMProt
			least         power
		}{
			{false, false, 0, control}, {false, true, 0, control},
			{true, true, mach.VM_PROT_DEFAULT, read}, {true, false, mach.VM_PROT_READ, read}, {true, false, mach.VM_PROT_DEFAULT, control},
		} {
			at, cur, most := uint64(0), c.max, c.max
			fn, call := "mach_vm_remap", mach.MachVMRemap
			if c.fresh {
				fn, call = "mach_vm_remap_new", mach.MachVMRemapNew
			}
			err := call(self(), &at, page(), 0, mach.VM_FLAGS_ANYWHERE, p, from, mach.BooleanOf(c.copied), &cur, &most, mach.VM_INHERIT_NONE)
			if power(have) < c.least {
				want(t, fn, err, mach.KERN_INVALID_ARGUMENT)
				continue
			}
			ok(t, fn, err)
			ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), at, page()))
		}
	}
}

// xnu osfmk/mach/mach_host.defs and host_priv.defs: host_priv_t takes the
// privileged port only, host_t both (osfmk/kern/ipc_host.c,
// convert_port_to_host); processor_set_t takes the control port of a set,
// processor_set_name_t both.
func TestRightsOfHost(t *testing.T) {
	h := privileged(t)
	begin(t)
	var public, set, name mach.MachPort
	ok(t, "host_get_special_port", mach.HostGetSpecialPort(h, mach.HOST_LOCAL_NODE, mach.HOST_PORT, &public))
	equal(t, "kind", kindOf(t, public), mach.IPC_OTYPE_HOST)
	ok(t, "processor_set_default", mach.ProcessorSetDefault(h, &name))
	equal(t, "kind", kindOf(t, name), mach.IPC_OTYPE_PROCESSOR_SET_NAME)
	ok(t, "host_processor_set_priv", mach.HostProcessorSetPriv(h, name, &set))
	equal(t, "kind", kindOf(t, set), mach.IPC_OTYPE_PROCESSOR_SET)
	defer func() {
		for _, p := range []mach.MachPort{public, name, set} {
			dropSend(t, p)
		}
	}()
	var (
		n, m  uint32
		port  mach.MachPort
		list  *mach.MachPort
		room  mach.HostInfo_t
		boot  mach.KernelBootInfo
		ver   mach.KernelVersion
		size  uint64
		words *mach.Integer
		hs    handlers
	)
	const arg, nohost, noset = mach.KERN_INVALID_ARGUMENT, mach.KERN_INVALID_HOST, mach.KERN_INVALID_PROCESSOR_SET
	type P = mach.MachPort
	given := func(err error) error { // and given back
		if err == nil && port != none {
			dropSend(t, port)
			port = none
		}
		return err
	}
	for _, c := range []struct {
		badTarget
		strong, weak mach.MachPort
		refused      bool // the weak port is
	}{
		{badTarget{"host_info", arg, func(w P) error { n = 1024; return mach.HostInfo(w, mach.HOST_BASIC_INFO, &room[0], &n) }}, h, public, false},
		{badTarget{"host_kernel_version", arg, func(w P) error { return mach.HostKernelVersion(w, &ver) }}, h, public, false},
		{badTarget{"_host_page_size", arg, func(w P) error { return mach.XHostPageSize(w, &size) }}, h, public, false},
		{badTarget{"host_statistics", nohost, func(w P) error { n = 1024; return mach.HostStatistics(w, mach.HOST_CPU_LOAD_INFO, &room[0], &n) }}, h, public, false},
		{badTarget{"host_statistics64", nohost, func(w P) error { n = 1024; return mach.HostStatistics64(w, mach.HOST_VM_INFO64, &room[0], &n) }}, h, public, false},
		{badTarget{"host_processor_info", arg, func(w P) error {
			err := mach.HostProcessorInfo(w, mach.PROCESSOR_BASIC_INFO, &n, &words, &m)
			if err == nil {
				take(t, words, m)
			}
			return err
		}}, h, public, false},
		{badTarget{"host_get_clock_service", arg, func(w P) error { return given(mach.HostGetClockService(w, 0, &port)) }}, h, public, false},
		{badTarget{"processor_set_default", arg, func(w P) error { return given(mach.ProcessorSetDefault(w, &port)) }}, h, public, false},
		{badTarget{"host_priv_statistics", nohost, func(w P) error { n = 1024; return mach.HostPrivStatistics(w, mach.HOST_CPU_LOAD_INFO, &room[0], &n) }}, h, public, true},
		{badTarget{"host_get_boot_info", nohost, func(w P) error { return mach.HostGetBootInfo(w, &boot) }}, h, public, true},
		{badTarget{"host_processors", arg, func(w P) error {
			err := mach.HostProcessors(w, &list, &n)
			if err == nil {
				for _, p := range take(t, list, n) {
					dropSend(t, p)
				}
			}
			return err
		}}, h, public, true},
		{badTarget{"host_processor_sets", arg, func(w P) error {
			err := mach.HostProcessorSets(w, &list, &n)
			if err == nil {
				for _, p := range take(t, list, n) {
					dropSend(t, p)
				}
			}
			return err
		}}, h, public, true},
		{badTarget{"host_processor_set_priv", arg, func(w P) error { return given(mach.HostProcessorSetPriv(w, name, &port)) }}, h, public, true},
		{badTarget{"host_get_exception_ports", arg, func(w P) error {
			hs.n = mach.EXC_TYPES_COUNT
			err := mach.HostGetExceptionPorts(w, emulation, &hs.masks[0], &hs.n, &hs.ports[0], &hs.behaviors[0], &hs.flavors[0])
			if err == nil {
				hs.release()
			}
			return err
		}}, h, public, true},
		{badTarget{"mach_vm_wire", nohost, func(w P) error { return mach.MachVMWire(w, self(), 0, 0, 0) }}, h, public, true},
		{badTarget{"processor_set_info", arg, func(w P) error {
			n = 5
			err := mach.ProcessorSetInfo(w, mach.PROCESSOR_SET_BASIC_INFO, &port, &room[0], &n)
			return given(err)
		}}, set, name, false},
		{badTarget{"processor_set_statistics", noset, func(w P) error {
			n = 4
			return mach.ProcessorSetStatistics(w, mach.PROCESSOR_SET_LOAD_INFO, &room[0], &n)
		}}, set, name, false},
		{badTarget{"processor_set_tasks_with_flavor", arg, func(w P) error {
			err := mach.ProcessorSetTasksWithFlavor(w, mach.MachTaskFlavor(mach.TASK_FLAVOR_NAME), &list, &n)
			if err == nil {
				for _, p := range take(t, list, n) {
					if p != none {
						dropSend(t, p)
					}
				}
			}
			return err
		}}, set, name, true},
		{badTarget{"host_get_special_port", arg, func(w P) error { return given(mach.HostGetSpecialPort(w, mach.HOST_LOCAL_NODE, mach.HOST_PORT, &port)) }}, h, public, true},
	} {
		ok(t, c.fn, c.call(c.strong))
		if c.refused {
			want(t, c.fn, c.call(c.weak), c.code)
		} else {
			ok(t, c.fn, c.call(c.weak))
		}
	}
}
