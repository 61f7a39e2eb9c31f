package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/kern/ipc_tt.c, set_exception_ports_validation: what may not be
// moved may not be handed to where others could fetch it either. (The control
// ports of hardened processes are such too, those of others are not.)
func TestImmovableRights(t *testing.T) {
	begin(t)
	p := sendPort(t)
	ok(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), p, guardWord, mach.MPG_IMMOVABLE_RECEIVE))
	for _, o := range excOwners(t) {
		want(t, o.what+"_set_exception_ports", o.set(o.name, emulation, p, mach.EXCEPTION_DEFAULT, 0), mach.KERN_INVALID_RIGHT)
	}
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord))
	// A port that is made for exceptions is immovable and yet allowed.
	e := construct(t, mach.MachPortOptions{Flags: mach.MPO_EXCEPTION_PORT | mach.MPO_INSERT_SEND_RIGHT}, 0)
	ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), emulation, e, mach.EXCEPTION_DEFAULT, 0))
	ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), emulation, none, mach.EXCEPTION_DEFAULT, 0))
	ok(t, "mach_port_destruct", mach.MachPortDestruct(self(), e, -1, 0))
}
