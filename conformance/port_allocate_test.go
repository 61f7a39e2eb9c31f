package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/ipc/mach_port.c, mach_port_allocate_full; ipc_port.c, ipc_port_init.
func TestAllocateReceive(t *testing.T) {
	begin(t)
	p := newPort(t)
	typeIs(t, p, mach.MACH_PORT_TYPE_RECEIVE)
	refsAre(t, p, mach.MACH_PORT_RIGHT_RECEIVE, 1)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 0)
	s := status(t, p)
	equal(t, "queue limit", s.MpsQlimit, mach.MACH_PORT_QLIMIT_DEFAULT)
	equal(t, "make-send count", s.MpsMscount, 0)
	equal(t, "sequence number", s.MpsSeqno, 0)
	equal(t, "messages", s.MpsMsgcount, 0)
	equal(t, "send rights", s.MpsSrights.Bool(), false)
	equal(t, "send-once rights", s.MpsSorights, 0)
	equal(t, "no-senders request", s.MpsNsrequest.Bool(), false)
	equal(t, "port-destroyed request", s.MpsPdrequest.Bool(), false)
	dropReceive(t, p)
	gone(t, p)
}

// xnu osfmk/ipc/ipc_pset.c, ipc_pset_alloc; ipc_right.c, ipc_right_dealloc.
func TestAllocateSet(t *testing.T) {
	begin(t)
	s := newSet(t)
	typeIs(t, s, mach.MACH_PORT_TYPE_PORT_SET)
	refsAre(t, s, mach.MACH_PORT_RIGHT_PORT_SET, 1)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), s, mach.MACH_PORT_RIGHT_PORT_SET, -1))
	gone(t, s)
	s = newSet(t)
	ok(t, "mach_port_destroy", mach.MachPortDestroy(self(), s))
	gone(t, s)
}

// xnu osfmk/ipc/mach_port.c, mach_port_allocate_full, MACH_PORT_RIGHT_DEAD_NAME.
func TestAllocateDeadName(t *testing.T) {
	begin(t)
	d := newDeadName(t)
	typeIs(t, d, mach.MACH_PORT_TYPE_DEAD_NAME)
	refsAre(t, d, mach.MACH_PORT_RIGHT_DEAD_NAME, 1)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), d, mach.MACH_PORT_RIGHT_DEAD_NAME, 3))
	refsAre(t, d, mach.MACH_PORT_RIGHT_DEAD_NAME, 4)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), d, mach.MACH_PORT_RIGHT_DEAD_NAME, -3))
	dropSend(t, d)
	gone(t, d)
}

// xnu osfmk/ipc/mach_port.c, mach_port_allocate_full: other rights.
func TestAllocateInvalidRight(t *testing.T) {
	begin(t)
	for _, r := range []mach.MachPortRight{mach.MACH_PORT_RIGHT_SEND, mach.MACH_PORT_RIGHT_SEND_ONCE, mach.MACH_PORT_RIGHT_NUMBER, 99} {
		var name mach.MachPort
		want(t, "mach_port_allocate", mach.MachPortAllocate(self(), r, &name), mach.KERN_INVALID_VALUE)
	}
}

// xnu osfmk/ipc/mach_port.c, mach_port_allocate_full: an index that is in use
// or reserved (MACH_PORT_INDEX 0, all ones), ipc_object_alloc_name.
func TestAllocateName(t *testing.T) {
	begin(t)
	p := newPort(t)
	want(t, "mach_port_allocate_name", mach.MachPortAllocateName(self(), mach.MACH_PORT_RIGHT_RECEIVE, p), mach.KERN_NAME_EXISTS)
	for _, bad := range []mach.MachPort{mach.MACH_PORT_NULL, mach.MACH_PORT_DEAD} {
		want(t, "mach_port_allocate_name", mach.MachPortAllocateName(self(), mach.MACH_PORT_RIGHT_RECEIVE, bad), mach.KERN_INVALID_VALUE)
	}
	want(t, "mach_port_allocate_name", mach.MachPortAllocateName(self(), mach.MACH_PORT_RIGHT_SEND, p), mach.KERN_INVALID_VALUE)
	// ipc_entry.c, ipc_entry_alloc_name: the place of another name, an index
	// beyond any table, no generation, and the index that is reserved.
	for name, code := range map[mach.MachPort]mach.KernReturn{
		p ^ 4: mach.KERN_FAILURE, 0xfffffe03: mach.KERN_NO_SPACE, p &^ 3: mach.KERN_INVALID_VALUE, 3: mach.KERN_FAILURE,
	} {
		for _, right := range []mach.MachPortRight{mach.MACH_PORT_RIGHT_RECEIVE, mach.MACH_PORT_RIGHT_PORT_SET} {
			want(t, "mach_port_allocate_name", mach.MachPortAllocateName(self(), right, name), code)
		}
		want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), name, newPort(t), mach.MACH_MSG_TYPE_MAKE_SEND), code)
	}
	// A name just freed can be had again.
	name := absent(t)
	ok(t, "mach_port_allocate_name", mach.MachPortAllocateName(self(), mach.MACH_PORT_RIGHT_RECEIVE, name))
	typeIs(t, name, mach.MACH_PORT_TYPE_RECEIVE)
	dropReceive(t, name)
	ok(t, "mach_port_allocate_name", mach.MachPortAllocateName(self(), mach.MACH_PORT_RIGHT_PORT_SET, name))
	typeIs(t, name, mach.MACH_PORT_TYPE_PORT_SET)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), name, mach.MACH_PORT_RIGHT_PORT_SET, -1))
}

// xnu osfmk/ipc/mach_port.c, mach_port_allocate_qos and
// mach_port_allocate_full: bits of mach_port_qos_t are name (0) and
// prealloc (1).
func TestAllocateQOS(t *testing.T) {
	begin(t)
	var name mach.MachPort
	q := mach.MachPortQOS{}
	ok(t, "mach_port_allocate_qos", mach.MachPortAllocateQOS(self(), mach.MACH_PORT_RIGHT_RECEIVE, &q, &name))
	typeIs(t, name, mach.MACH_PORT_TYPE_RECEIVE)
	dropReceive(t, name)
	// A message is preallocated no more, and the answer says so.
	q = mach.MachPortQOS{Bits: 2, Len: 64}
	ok(t, "mach_port_allocate_qos", mach.MachPortAllocateQOS(self(), mach.MACH_PORT_RIGHT_RECEIVE, &q, &name))
	equal(t, "options", q, mach.MachPortQOS{Len: 64})
	dropReceive(t, name)
	want(t, "mach_port_allocate_qos", mach.MachPortAllocateQOS(self(), mach.MACH_PORT_RIGHT_RECEIVE, &mach.MachPortQOS{Bits: 1}, &name), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_port_allocate_qos", mach.MachPortAllocateQOS(self(), mach.MACH_PORT_RIGHT_SEND, &q, &name), mach.KERN_INVALID_VALUE)
	want(t, "mach_port_allocate_qos", mach.MachPortAllocateQOS(self(), mach.MACH_PORT_RIGHT_PORT_SET, &mach.MachPortQOS{Bits: 2, Len: 64}, &name), mach.KERN_INVALID_VALUE)
	want(t, "mach_port_allocate_qos", mach.MachPortAllocateQOS(self(), mach.MACH_PORT_RIGHT_RECEIVE, &mach.MachPortQOS{Bits: 2, Len: 0xfffffff0}, &name), mach.KERN_RESOURCE_SHORTAGE)
}

// xnu osfmk/ipc/mach_port.c, mach_port_allocate_full: no subsystem ports, and
// the name bit.
func TestAllocateFull(t *testing.T) {
	begin(t)
	p := newPort(t)
	var name mach.MachPort
	q := mach.MachPortQOS{}
	ok(t, "mach_port_allocate_full", mach.MachPortAllocateFull(self(), mach.MACH_PORT_RIGHT_RECEIVE, none, &q, &name))
	typeIs(t, name, mach.MACH_PORT_TYPE_RECEIVE)
	dropReceive(t, name)
	again := name
	ok(t, "mach_port_allocate_full", mach.MachPortAllocateFull(self(), mach.MACH_PORT_RIGHT_RECEIVE, none, &mach.MachPortQOS{Bits: 1}, &again))
	equal(t, "the chosen name", again, name)
	dropReceive(t, again)
	want(t, "mach_port_allocate_full", mach.MachPortAllocateFull(self(), mach.MACH_PORT_RIGHT_SEND, none, &q, &name), mach.KERN_INVALID_VALUE)
	s := sendPort(t)
	want(t, "mach_port_allocate_full", mach.MachPortAllocateFull(self(), mach.MACH_PORT_RIGHT_RECEIVE, s, &q, &name), mach.KERN_INVALID_VALUE)
	want(t, "mach_port_allocate_full", mach.MachPortAllocateFull(self(), mach.MACH_PORT_RIGHT_RECEIVE, none, &mach.MachPortQOS{Bits: 1}, &p), mach.KERN_NAME_EXISTS)
}

// xnu osfmk/ipc/mach_port.c, mach_port_names and mach_port_type.
func TestNames(t *testing.T) {
	begin(t)
	p, s, d := sendPort(t), newSet(t), newDeadName(t)
	o := sendOnce(t, p)
	var names *mach.MachPortName
	var types *mach.MachPortType_t
	var n, m mach.MachMsgTypeNumber
	ok(t, "mach_port_names", mach.MachPortNames(self(), &names, &n, &types, &m))
	all, kinds := take(t, names, n), take(t, types, m)
	seen := map[mach.MachPort]mach.MachPortType_t{}
	for i := range all {
		if _, twice := seen[all[i]]; twice {
			t.Errorf("name %#x is listed twice", uint32(all[i]))
		}
		seen[all[i]] = kinds[i]
	}
	for name, kind := range map[mach.MachPort]mach.MachPortType_t{
		p: mach.MACH_PORT_TYPE_SEND_RECEIVE, s: mach.MACH_PORT_TYPE_PORT_SET,
		d: mach.MACH_PORT_TYPE_DEAD_NAME, o: mach.MACH_PORT_TYPE_SEND_ONCE,
	} {
		equal(t, "type in the list", seen[name], kind)
		typeIs(t, name, kind)
	}
	equal(t, "own task port", seen[self()]&mach.MACH_PORT_TYPE_SEND, mach.MACH_PORT_TYPE_SEND)
}

// xnu osfmk/ipc/mach_port.c, mach_port_type: MACH_PORT_DEAD is a dead name,
// MACH_PORT_NULL denotes nothing.
func TestTypeOfReservedNames(t *testing.T) {
	begin(t)
	typeIs(t, mach.MACH_PORT_DEAD, mach.MACH_PORT_TYPE_DEAD_NAME)
	gone(t, mach.MACH_PORT_NULL)
	gone(t, absent(t))
}
