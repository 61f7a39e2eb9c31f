package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// newPort is a receive right for one test.
func newPort(t testing.TB) mach.MachPort {
	t.Helper()
	var name mach.MachPort
	ok(t, "mach_port_allocate", mach.MachPortAllocate(self(), mach.MACH_PORT_RIGHT_RECEIVE, &name))
	t.Cleanup(func() { destroy(name) })
	return name
}

// destroy frees a name if it still stands for something.
func destroy(name mach.MachPort) {
	var ty mach.MachPortType_t
	if mach.MachPortType(self(), name, &ty) == nil {
		mach.MachPortDestroy(self(), name)
	}
}

func newSet(t testing.TB) mach.MachPort {
	t.Helper()
	var name mach.MachPort
	ok(t, "mach_port_allocate", mach.MachPortAllocate(self(), mach.MACH_PORT_RIGHT_PORT_SET, &name))
	t.Cleanup(func() { destroy(name) })
	return name
}

func newDeadName(t testing.TB) mach.MachPort {
	t.Helper()
	var name mach.MachPort
	ok(t, "mach_port_allocate", mach.MachPortAllocate(self(), mach.MACH_PORT_RIGHT_DEAD_NAME, &name))
	t.Cleanup(func() { destroy(name) })
	return name
}

// sendPort is a port with a receive right and one send right.
func sendPort(t testing.TB) mach.MachPort {
	t.Helper()
	p := newPort(t)
	ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), p, p, mach.MACH_MSG_TYPE_MAKE_SEND))
	return p
}

// sendOnce is a send-once right to p.
func sendOnce(t testing.TB, p mach.MachPort) mach.MachPort {
	t.Helper()
	var name mach.MachPort
	var kind mach.MachMsgTypeName
	ok(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), p, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &name, &kind))
	equal(t, "polyPoly", kind, mach.MACH_MSG_TYPE_PORT_SEND_ONCE)
	t.Cleanup(func() { destroy(name) })
	return name
}

// sendOnly is a name that has nothing but a send right; the receive right is
// in a message to another port of the test.
func sendOnly(t testing.TB) mach.MachPort {
	t.Helper()
	p, holder := sendPort(t), newPort(t)
	ok(t, "mach_msg", sendRight(holder, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND)
	return p
}

// orphan is a name with a send right whose port has died, which the name does
// not know yet: looking at its type makes it a dead name.
func orphan(t testing.TB) mach.MachPort {
	t.Helper()
	p, holder := sendPort(t), newPort(t)
	ok(t, "mach_msg", sendRight(holder, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	dropReceive(t, holder)
	return p
}

// absent is a name that denotes nothing: that of a port that is gone.
func absent(t testing.TB) mach.MachPort {
	t.Helper()
	var name mach.MachPort
	ok(t, "mach_port_allocate", mach.MachPortAllocate(self(), mach.MACH_PORT_RIGHT_RECEIVE, &name))
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), name, mach.MACH_PORT_RIGHT_RECEIVE, -1))
	return name
}

func typeOf(t testing.TB, name mach.MachPort) (ty mach.MachPortType_t) {
	t.Helper()
	ok(t, "mach_port_type", mach.MachPortType(self(), name, &ty))
	return ty
}

func typeIs(t testing.TB, name mach.MachPort, w mach.MachPortType_t) {
	t.Helper()
	if got := typeOf(t, name); got != w {
		t.Errorf("type of the name is %#x, want %#x", uint32(got), uint32(w))
	}
}

func gone(t testing.TB, name mach.MachPort) {
	t.Helper()
	var ty mach.MachPortType_t
	want(t, "mach_port_type", mach.MachPortType(self(), name, &ty), mach.KERN_INVALID_NAME)
}

func refs(t testing.TB, name mach.MachPort, right mach.MachPortRight) (n mach.MachPortUrefs) {
	t.Helper()
	ok(t, "mach_port_get_refs", mach.MachPortGetRefs(self(), name, right, &n))
	return n
}

func refsAre(t testing.TB, name mach.MachPort, right mach.MachPortRight, w mach.MachPortUrefs) {
	t.Helper()
	if got := refs(t, name, right); got != w {
		t.Errorf("right %d has %d references, want %d", right, got, w)
	}
}

func status(t testing.TB, name mach.MachPort) (s mach.MachPortStatus) {
	t.Helper()
	n := mach.MACH_PORT_RECEIVE_STATUS_COUNT
	ok(t, "mach_port_get_attributes", mach.MachPortGetAttributes(self(), name, mach.MACH_PORT_RECEIVE_STATUS, mach.Info(&s), &n))
	equal(t, "count of MACH_PORT_RECEIVE_STATUS", n, mach.MACH_PORT_RECEIVE_STATUS_COUNT)
	return s
}

// dropReceive destroys the port.
func dropReceive(t testing.TB, name mach.MachPort) {
	t.Helper()
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), name, mach.MACH_PORT_RIGHT_RECEIVE, -1))
}

func dropSend(t testing.TB, name mach.MachPort) {
	t.Helper()
	ok(t, "mach_port_deallocate", mach.MachPortDeallocate(self(), name))
}
