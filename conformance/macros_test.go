package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// The page macros of <mach/vm_page_size.h> go by the running system's pages.
func TestPageMacros(t *testing.T) {
	p := page()
	for _, c := range []struct{ x, down, up uint64 }{
		{0, 0, 0}, {1, 0, p}, {p - 1, 0, p}, {p, p, p}, {p + 1, p, 2 * p}, {1<<40 + 5, 1 << 40, 1<<40 + p},
	} {
		equal(t, "trunc_page", mach.TruncPage(c.x), c.down)
		equal(t, "round_page", mach.RoundPage(c.x), c.up)
		equal(t, "mach_vm_trunc_page", mach.MachVMTruncPage(c.x), c.down)
		equal(t, "mach_vm_round_page", mach.MachVMRoundPage(c.x), c.up)
	}
	k := uint64(mach.VMKernelPageSize())
	equal(t, "trunc_page_kernel", mach.TruncPageKernel(2*k-1), k)
	equal(t, "round_page_kernel", mach.RoundPageKernel(k+1), 2*k)
	equal(t, "machine_ptob", mach.MachinePtob(3), 3*p)
}

// The special port macros ask for the port that their name tells.
func TestSpecialPortMacros(t *testing.T) {
	begin(t)
	for which, get := range map[mach.TaskSpecialPort]func(mach.MachPort, *mach.MachPort) error{
		1: mach.TaskGetKernelPort, 2: mach.TaskGetHostPort, 4: mach.TaskGetBootstrapPort, // by <mach/task_special_ports.h>
	} {
		var direct, named mach.MachPort
		ok(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), which, &direct))
		ok(t, "task_get_special_port", get(self(), &named))
		equal(t, "special port", named, direct)
		for _, p := range []mach.MachPort{direct, named} {
			if mach.MachPortValid(p) {
				dropSend(t, p)
			}
		}
	}
	th := thread(t)
	var port mach.MachPort
	ok(t, "thread_get_special_port", mach.ThreadGetKernelPort(th, &port))
	equal(t, "kernel port of the thread", port, th)
	dropSend(t, port)
	equal(t, "current_task", mach.CurrentTask(), self())
	h := host(t)
	want(t, "host_set_host_port", mach.HostSetHostPort(h, none), mach.KERN_INVALID_ARGUMENT)
	want(t, "host_set_io_main_port", mach.HostSetIOMainPort(h, none), mach.KERN_INVALID_ARGUMENT)
}
