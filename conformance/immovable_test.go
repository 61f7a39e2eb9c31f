package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/kern/ipc_tt.c, rdar://70585367 and 77996387: what may not be moved
// may not be handed to where others could fetch it either.
func TestImmovableRights(t *testing.T) {
	begin(t)
	ports := []mach.MachPort{self(), none, none}
	want(t, "mach_ports_register", mach.MachPortsRegister(self(), &ports[0], 3), mach.KERN_INVALID_RIGHT)
	want(t, "task_set_special_port", mach.TaskSetSpecialPort(self(), mach.TASK_BOOTSTRAP_PORT, self()), mach.KERN_INVALID_RIGHT)
	me := thread(t)
	want(t, "thread_set_special_port", mach.ThreadSetSpecialPort(me, mach.THREAD_KERNEL_PORT, self()), mach.KERN_INVALID_RIGHT)
	p := sendPort(t)
	ok(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), p, guardWord, mach.MPG_IMMOVABLE_RECEIVE))
	for _, port := range []mach.MachPort{self(), p} {
		for _, o := range excOwners(t) {
			want(t, o.what+"_set_exception_ports", o.set(o.name, emulation, port, mach.EXCEPTION_DEFAULT, 0), mach.KERN_INVALID_RIGHT)
		}
	}
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord))
	// A port that is made for exceptions is immovable and yet allowed.
	e := construct(t, mach.MachPortOptions{Flags: mach.MPO_EXCEPTION_PORT | mach.MPO_INSERT_SEND_RIGHT}, 0)
	ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), emulation, e, mach.EXCEPTION_DEFAULT, 0))
	ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), emulation, none, mach.EXCEPTION_DEFAULT, 0))
	ok(t, "mach_port_destruct", mach.MachPortDestruct(self(), e, -1, 0))
}
