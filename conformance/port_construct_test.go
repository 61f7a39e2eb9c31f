package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

const guardWord = 0x1234567890abcdef

func construct(t testing.TB, o mach.MachPortOptions, context uint64) mach.MachPort {
	t.Helper()
	var name mach.MachPort
	ok(t, "mach_port_construct", mach.MachPortConstruct(self(), &o, context, &name))
	return name
}

// xnu osfmk/ipc/mach_port.c, mach_port_construct.
func TestConstruct(t *testing.T) {
	begin(t)
	p := construct(t, mach.MachPortOptions{
		Flags: mach.MPO_INSERT_SEND_RIGHT | mach.MPO_QLIMIT,
		Mpl:   mach.MachPortLimits{MplQlimit: 9},
	}, 77)
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	s := status(t, p)
	equal(t, "queue limit", s.MpsQlimit, 9)
	equal(t, "make-send count", s.MpsMscount, 1)
	equal(t, "send rights", s.MpsSrights.Bool(), true)
	var context uint64
	ok(t, "mach_port_get_context", mach.MachPortGetContext(self(), p, &context))
	equal(t, "context", context, 77)
	ok(t, "mach_port_destruct", mach.MachPortDestruct(self(), p, -1, 0))
	gone(t, p)
}

// xnu osfmk/ipc/mach_port.c, mach_port_destruct: send rights that are left
// become dead names.
func TestDestructLeavesDeadName(t *testing.T) {
	begin(t)
	p := construct(t, mach.MachPortOptions{Flags: mach.MPO_INSERT_SEND_RIGHT}, 0)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, 2))
	ok(t, "mach_port_destruct", mach.MachPortDestruct(self(), p, -1, 0))
	typeIs(t, p, mach.MACH_PORT_TYPE_DEAD_NAME)
	refsAre(t, p, mach.MACH_PORT_RIGHT_DEAD_NAME, 2)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_DEAD_NAME, -2))
	gone(t, p)
}

// xnu osfmk/ipc/mach_port.c, mach_port_construct: flags that exclude each
// other, and the queue limit.
func TestConstructErrors(t *testing.T) {
	begin(t)
	var name mach.MachPort
	o := mach.MachPortOptions{Flags: mach.MPO_QLIMIT, Mpl: mach.MachPortLimits{MplQlimit: mach.MACH_PORT_QLIMIT_MAX + 1}}
	want(t, "mach_port_construct", mach.MachPortConstruct(self(), &o, 0, &name), mach.KERN_INVALID_VALUE)
	o = mach.MachPortOptions{Flags: mach.MPO_CONNECTION_PORT | mach.MPO_SERVICE_PORT}
	want(t, "mach_port_construct", mach.MachPortConstruct(self(), &o, 0, &name), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/ipc/ipc_service_port.c, ipc_service_port_derive_sblabel: a connection
// port is made for a send right to a service port.
func TestConstructConnectionErrors(t *testing.T) {
	begin(t)
	for service, code := range map[mach.MachPort]mach.KernReturn{
		none: mach.KERN_INVALID_ARGUMENT, mach.MACH_PORT_DEAD: mach.KERN_INVALID_NAME, absent(t): mach.KERN_INVALID_NAME,
		newDeadName(t): mach.KERN_INVALID_NAME, newPort(t): mach.KERN_INVALID_RIGHT, newSet(t): mach.KERN_INVALID_RIGHT,
		sendPort(t): mach.KERN_INVALID_CAPABILITY,
	} {
		var name mach.MachPort
		o := mach.MachPortOptions{Flags: mach.MPO_CONNECTION_PORT}
		*o.ServicePortName() = service
		want(t, "mach_port_construct", mach.MachPortConstruct(self(), &o, 0, &name), code)
	}
}

// xnu osfmk/ipc/mach_port.c, mach_port_construct: only launchd may make
// service ports (bsd/kern, ipc_service_port_...).
func TestConstructServicePortDenied(t *testing.T) {
	begin(t)
	var name mach.MachPort
	o := mach.MachPortOptions{Flags: mach.MPO_SERVICE_PORT}
	want(t, "mach_port_construct", mach.MachPortConstruct(self(), &o, 0, &name), mach.KERN_DENIED)
}

// xnu osfmk/ipc/mach_port.c, mach_port_guard_locked and mach_port_destruct.
func TestGuard(t *testing.T) {
	begin(t)
	p := construct(t, mach.MachPortOptions{Flags: mach.MPO_CONTEXT_AS_GUARD}, guardWord)
	equal(t, "flags", status(t, p).MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARDED, mach.MACH_PORT_STATUS_FLAG_GUARDED)
	equal(t, "strict", status(t, p).MpsFlags&mach.MACH_PORT_STATUS_FLAG_STRICT_GUARD, 0)
	var context uint64
	ok(t, "mach_port_get_context", mach.MachPortGetContext(self(), p, &context))
	equal(t, "the guard as context", context, guardWord)
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord))
	equal(t, "flags", status(t, p).MpsFlags, 0)
	ok(t, "mach_port_get_context", mach.MachPortGetContext(self(), p, &context))
	equal(t, "context", context, 0)
	ok(t, "mach_port_guard", mach.MachPortGuard(self(), p, guardWord, 1))
	equal(t, "flags", status(t, p).MpsFlags, mach.MACH_PORT_STATUS_FLAG_GUARDED|mach.MACH_PORT_STATUS_FLAG_STRICT_GUARD)
	ok(t, "mach_port_get_context", mach.MachPortGetContext(self(), p, &context))
	equal(t, "context of a strict guard", context, 0)
	ok(t, "mach_port_destruct", mach.MachPortDestruct(self(), p, 0, guardWord))
	gone(t, p)
}

// xnu osfmk/ipc/mach_port.c, mach_port_swap_guard and mach_port_guard_with_flags.
func TestSwapGuard(t *testing.T) {
	begin(t)
	p := newPort(t)
	ok(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), p, guardWord, 0))
	ok(t, "mach_port_swap_guard", mach.MachPortSwapGuard(self(), p, guardWord, 5))
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, 5))
	ok(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), p, guardWord, mach.MPG_STRICT))
	equal(t, "strict", status(t, p).MpsFlags&mach.MACH_PORT_STATUS_FLAG_STRICT_GUARD, mach.MACH_PORT_STATUS_FLAG_STRICT_GUARD)
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord))
}

// xnu osfmk/ipc/mach_port.c, mach_port_guard_with_flags with
// MPG_IMMOVABLE_RECEIVE: unguarding leaves the right immovable.
func TestGuardImmovable(t *testing.T) {
	begin(t)
	p := newPort(t)
	ok(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), p, guardWord, mach.MPG_IMMOVABLE_RECEIVE))
	equal(t, "immovable", status(t, p).MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE, mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE)
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord))
	violation(t, "a message with an immovable receive right (MPG_FLAGS_..., ipc_right.c)")
	var name mach.MachPort
	var kind mach.MachMsgTypeName
	want(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), p, mach.MACH_MSG_TYPE_MOVE_RECEIVE, &name, &kind), mach.KERN_INVALID_CAPABILITY)
}

// xnu osfmk/ipc/mach_port.c: each wrong guard raises kGUARD_EXC_INCORRECT_GUARD,
// which is fatal.
func TestGuardErrors(t *testing.T) {
	violation(t, "wrong guards")
	begin(t)
	p := newPort(t)
	want(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, 1), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_port_swap_guard", mach.MachPortSwapGuard(self(), p, 1, 2), mach.KERN_INVALID_ARGUMENT)
	ok(t, "mach_port_guard", mach.MachPortGuard(self(), p, guardWord, 0))
	want(t, "mach_port_guard", mach.MachPortGuard(self(), p, 7, 0), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), p, 7, 0), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord+1), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_port_swap_guard", mach.MachPortSwapGuard(self(), p, 1, 2), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_port_destruct", mach.MachPortDestruct(self(), p, 0, 1), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_RECEIVE, -1), mach.KERN_INVALID_RIGHT)
	want(t, "mach_port_destroy", mach.MachPortDestroy(self(), p), mach.KERN_INVALID_RIGHT)
	typeIs(t, p, mach.MACH_PORT_TYPE_RECEIVE)
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord))
	ok(t, "mach_port_guard", mach.MachPortGuard(self(), p, guardWord, 1))
	want(t, "mach_port_swap_guard", mach.MachPortSwapGuard(self(), p, guardWord, 2), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_port_set_context", mach.MachPortSetContext(self(), p, 9), mach.KERN_INVALID_ARGUMENT)
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord))
	ok(t, "mach_port_set_context", mach.MachPortSetContext(self(), p, 9))
	want(t, "mach_port_guard", mach.MachPortGuard(self(), p, guardWord, 0), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/ipc/mach_port.c, mach_port_assert_attributes.
func TestAssertAttributes(t *testing.T) {
	begin(t)
	p := newPort(t)
	ok(t, "mach_port_guard", mach.MachPortGuard(self(), p, guardWord, 1))
	info := mach.MachPortGuardInfo{MpgiGuard: guardWord}
	ok(t, "mach_port_assert_attributes", mach.MachPortAssertAttributes(self(), p, mach.MACH_PORT_GUARD_INFO, mach.Info(&info), mach.MACH_PORT_GUARD_INFO_COUNT))
	want(t, "mach_port_assert_attributes", mach.MachPortAssertAttributes(self(), p, mach.MACH_PORT_GUARD_INFO, mach.Info(&info), 1), mach.KERN_FAILURE)
	want(t, "mach_port_assert_attributes", mach.MachPortAssertAttributes(self(), p, 99, mach.Info(&info), 2), mach.KERN_INVALID_ARGUMENT)
	ok(t, "mach_port_unguard", mach.MachPortUnguard(self(), p, guardWord))
}

// xnu osfmk/ipc/mach_port.c, mach_port_destruct, mach_port_destroy.
func TestDestructErrors(t *testing.T) {
	violation(t, "wrong names and rights")
	begin(t)
	p := sendPort(t)
	want(t, "mach_port_destruct", mach.MachPortDestruct(self(), p, 1, 0), mach.KERN_INVALID_VALUE)
	want(t, "mach_port_destruct", mach.MachPortDestruct(self(), p, -2, 0), mach.KERN_INVALID_VALUE)
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	want(t, "mach_port_destruct", mach.MachPortDestruct(self(), absent(t), 0, 0), mach.KERN_INVALID_NAME)
	want(t, "mach_port_destruct", mach.MachPortDestruct(self(), sendOnly(t), 0, 0), mach.KERN_INVALID_RIGHT)
	want(t, "mach_port_destruct", mach.MachPortDestruct(self(), newPort(t), -1, 0), mach.KERN_INVALID_RIGHT)
	want(t, "mach_port_destroy", mach.MachPortDestroy(self(), absent(t)), mach.KERN_INVALID_NAME)
}

// xnu osfmk/ipc/mach_port.c, mach_port_destroy and mach_port_deallocate: null
// and dead names are ignored.
func TestReleaseOfReservedNames(t *testing.T) {
	begin(t)
	for _, name := range []mach.MachPort{mach.MACH_PORT_NULL, mach.MACH_PORT_DEAD} {
		ok(t, "mach_port_destroy", mach.MachPortDestroy(self(), name))
		ok(t, "mach_port_deallocate", mach.MachPortDeallocate(self(), name))
	}
}
