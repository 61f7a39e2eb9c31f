package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

const urefsMax = 0xffff // MACH_PORT_UREFS_MAX of xnu osfmk/ipc/ipc_entry.h

// xnu osfmk/ipc/ipc_right.c, ipc_right_delta, MACH_PORT_RIGHT_SEND.
func TestModRefsSend(t *testing.T) {
	begin(t)
	p := sendPort(t)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, 9))
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 10)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, 0))
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, -9))
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	var n mach.MachPortRights
	ok(t, "mach_port_get_srights", mach.MachPortGetSrights(self(), p, &n))
	equal(t, "send rights", n, 1)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, -1))
	typeIs(t, p, mach.MACH_PORT_TYPE_RECEIVE)
	ok(t, "mach_port_get_srights", mach.MachPortGetSrights(self(), p, &n))
	equal(t, "send rights", n, 0)
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_delta: references that overflow are
// pegged at the maximum, and only taking all of them changes that
// (tests/mach_port_mod_refs.c asserts the same).
func TestModRefsPegged(t *testing.T) {
	begin(t)
	for _, c := range []struct {
		name  mach.MachPort
		right mach.MachPortRight
	}{{sendPort(t), mach.MACH_PORT_RIGHT_SEND}, {newDeadName(t), mach.MACH_PORT_RIGHT_DEAD_NAME}} {
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), c.name, c.right, urefsMax-2))
		refsAre(t, c.name, c.right, urefsMax-1)
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), c.name, c.right, 5))
		refsAre(t, c.name, c.right, urefsMax)
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), c.name, c.right, -1))
		refsAre(t, c.name, c.right, urefsMax)
		dropSend(t, c.name)
		refsAre(t, c.name, c.right, urefsMax)
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), c.name, c.right, -urefsMax))
	}
}

// xnu osfmk/ipc/mach_port.c, mach_port_mod_refs and mach_port_get_refs:
// reserved names.
func TestRefsOfReservedNames(t *testing.T) {
	begin(t)
	for _, name := range []mach.MachPort{mach.MACH_PORT_NULL, mach.MACH_PORT_DEAD} {
		for _, r := range []mach.MachPortRight{mach.MACH_PORT_RIGHT_SEND, mach.MACH_PORT_RIGHT_SEND_ONCE} {
			ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), name, r, -1))
			refsAre(t, name, r, 1)
		}
		for _, r := range []mach.MachPortRight{mach.MACH_PORT_RIGHT_RECEIVE, mach.MACH_PORT_RIGHT_DEAD_NAME, mach.MACH_PORT_RIGHT_PORT_SET} {
			want(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), name, r, -1), mach.KERN_INVALID_NAME)
			var n mach.MachPortUrefs
			want(t, "mach_port_get_refs", mach.MachPortGetRefs(self(), name, r, &n), mach.KERN_INVALID_NAME)
		}
	}
	var n mach.MachPortUrefs
	p := newPort(t)
	want(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_NUMBER, 1), mach.KERN_INVALID_VALUE)
	want(t, "mach_port_get_refs", mach.MachPortGetRefs(self(), p, mach.MACH_PORT_RIGHT_NUMBER, &n), mach.KERN_INVALID_VALUE)
	want(t, "mach_port_get_refs", mach.MachPortGetRefs(self(), absent(t), mach.MACH_PORT_RIGHT_SEND, &n), mach.KERN_INVALID_NAME)
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_delta: a live/dead mix-up is no guard
// exception, so it may be asked everywhere.
func TestModRefsOfDeadSendRight(t *testing.T) {
	begin(t)
	p := sendPort(t)
	dropReceive(t, p)
	typeIs(t, p, mach.MACH_PORT_TYPE_DEAD_NAME)
	want(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, -1), mach.KERN_INVALID_RIGHT)
	dropSend(t, p)
	gone(t, p)
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_delta and ipc_right_dealloc.
func TestRefsErrors(t *testing.T) {
	violation(t, "wrong names, rights and counts")
	begin(t)
	p, s, d := sendPort(t), newSet(t), newDeadName(t)
	mod := func(name mach.MachPort, r mach.MachPortRight, delta int32, code mach.KernReturn) {
		t.Helper()
		want(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), name, r, delta), code)
	}
	mod(absent(t), mach.MACH_PORT_RIGHT_SEND, 1, mach.KERN_INVALID_NAME)
	mod(p, mach.MACH_PORT_RIGHT_SEND, -2, mach.KERN_INVALID_VALUE)
	mod(p, mach.MACH_PORT_RIGHT_SEND, urefsMax+1, mach.KERN_INVALID_VALUE)
	mod(p, mach.MACH_PORT_RIGHT_RECEIVE, 1, mach.KERN_INVALID_VALUE)
	mod(p, mach.MACH_PORT_RIGHT_RECEIVE, -2, mach.KERN_INVALID_VALUE)
	mod(s, mach.MACH_PORT_RIGHT_PORT_SET, 1, mach.KERN_INVALID_VALUE)
	mod(s, mach.MACH_PORT_RIGHT_PORT_SET, -2, mach.KERN_INVALID_VALUE)
	mod(d, mach.MACH_PORT_RIGHT_DEAD_NAME, -2, mach.KERN_INVALID_VALUE)
	mod(p, mach.MACH_PORT_RIGHT_PORT_SET, -1, mach.KERN_INVALID_RIGHT)
	mod(p, mach.MACH_PORT_RIGHT_DEAD_NAME, -1, mach.KERN_INVALID_RIGHT)
	mod(p, mach.MACH_PORT_RIGHT_SEND_ONCE, -1, mach.KERN_INVALID_RIGHT)
	mod(s, mach.MACH_PORT_RIGHT_RECEIVE, -1, mach.KERN_INVALID_RIGHT)
	mod(d, mach.MACH_PORT_RIGHT_RECEIVE, -1, mach.KERN_INVALID_RIGHT)
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	r := newPort(t)
	mod(r, mach.MACH_PORT_RIGHT_SEND, -1, mach.KERN_INVALID_RIGHT)
	want(t, "mach_port_deallocate", mach.MachPortDeallocate(self(), r), mach.KERN_INVALID_RIGHT)
	want(t, "mach_port_deallocate", mach.MachPortDeallocate(self(), absent(t)), mach.KERN_INVALID_NAME)
	want(t, "mach_voucher_deallocate", mach.MachVoucherDeallocate(r), mach.KERN_INVALID_RIGHT)
	want(t, "mach_voucher_deallocate", mach.MachVoucherDeallocate(absent(t)), mach.KERN_INVALID_NAME)
	o := sendOnce(t, p)
	mod(o, mach.MACH_PORT_RIGHT_SEND_ONCE, 1, mach.KERN_INVALID_VALUE)
	mod(o, mach.MACH_PORT_RIGHT_SEND_ONCE, -2, mach.KERN_INVALID_VALUE)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), o, mach.MACH_PORT_RIGHT_SEND_ONCE, 0))
}

// xnu osfmk/ipc/ipc_init.c, IPC_CONTROL_PORT_OPTIONS_DEFAULT: on macOS the control
// ports of programs that are not Apple's own are neither pinned nor immovable
// (tests/imm_pinned_control_port.c has the others). What is given up here was got
// before: the last reference would take the program's own name along.
func TestSelfPortMoves(t *testing.T) {
	begin(t)
	n := refs(t, self(), mach.MACH_PORT_RIGHT_SEND)
	if again := mach.TaskSelfTrap(); again != self() {
		t.Fatalf("task_self_trap: %#x, mach_task_self is %#x", again, self())
	}
	refsAre(t, self(), mach.MACH_PORT_RIGHT_SEND, n+1)
	var poly mach.MachPort
	var kind mach.MachMsgTypeName
	ok(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), self(), mach.MACH_MSG_TYPE_MOVE_SEND, &poly, &kind))
	if poly != self() || kind != mach.MACH_MSG_TYPE_PORT_SEND {
		t.Errorf("the right came back as %#x, %v", poly, kind)
	}
	refsAre(t, self(), mach.MACH_PORT_RIGHT_SEND, n+1)
	ok(t, "mach_port_deallocate", mach.MachPortDeallocate(self(), self()))
	refsAre(t, self(), mach.MACH_PORT_RIGHT_SEND, n)
}

// xnu osfmk/ipc/ipc_port.c, ipc_port_destroy: send rights of others become
// dead names when the port dies.
func TestPortDeathMakesDeadNames(t *testing.T) {
	begin(t)
	p := sendPort(t)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, 2))
	o := sendOnce(t, p)
	dropReceive(t, p)
	typeIs(t, p, mach.MACH_PORT_TYPE_DEAD_NAME)
	refsAre(t, p, mach.MACH_PORT_RIGHT_DEAD_NAME, 3)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 0)
	typeIs(t, o, mach.MACH_PORT_TYPE_DEAD_NAME)
	refsAre(t, o, mach.MACH_PORT_RIGHT_DEAD_NAME, 1)
	dropSend(t, o)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_DEAD_NAME, -3))
}
