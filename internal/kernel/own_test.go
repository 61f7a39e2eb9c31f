package kernel_test

import (
	"testing"

	"github.com/gomach/mach"
)

// The control port of a program that is not Apple's own is not pinned on macOS (xnu
// osfmk/ipc/ipc_init.c, IPC_CONTROL_PORT_OPTIONS_DEFAULT; ipc_policy.c): it can be
// given up by each call that gives up rights, to the last reference. The name is one
// of nothing then (osfmk/kern/ipc_tt.c, port_name_to_current_task_internal_noref),
// until task_self_trap gives another.
func TestOwnPortGivenUp(t *testing.T) {
	for name, args := range map[string][]uint64{
		"mach_port_destroy":    nil,
		"mach_port_deallocate": nil,
		"mach_port_mod_refs":   {uint64(mach.MACH_PORT_RIGHT_SEND), 1<<64 - 1},
	} {
		c := newCaller(t)
		self := uint64(c.task.SelfName())
		is := func(what string, got uint64, want mach.KernReturn) {
			t.Helper()
			if mach.KernReturn(int32(got)) != want {
				t.Errorf("%s, %s: %v, want %v", name, what, mach.KernReturn(int32(got)), want)
			}
		}
		is("at first", c.call("mach_port_type", self, self, cells), 0)
		is("giving up", c.call(name, append([]uint64{self, self}, args...)...), 0)
		is("again", c.call(name, append([]uint64{self, self}, args...)...), mach.MACH_SEND_INVALID_DEST)
		is("mach_port_type", c.call("mach_port_type", self, self, cells), mach.MACH_SEND_INVALID_DEST)
		is("task_suspend", c.call("task_suspend", self), mach.MACH_SEND_INVALID_DEST)
		is("mach_vm_allocate", c.call("mach_vm_allocate", self, cells, 4096, 1), mach.MACH_SEND_INVALID_DEST)
		fresh := c.call("task_self_trap")
		if fresh == 0 || fresh == self {
			t.Errorf("%s: task_self_trap is %#x after %#x", name, fresh, self)
		}
		is("with the fresh name", c.call("mach_port_type", fresh, fresh, cells), 0)
		is("with the old name", c.call("mach_port_type", fresh, self, cells), mach.KERN_INVALID_NAME)
		is("giving up the fresh name", c.call("mach_port_deallocate", fresh, fresh), 0)
	}
}
