package conformance_test

import (
	"slices"
	"testing"

	"github.com/gomach/mach"
)

func members(t testing.TB, set mach.MachPort) []mach.MachPort {
	t.Helper()
	var p *mach.MachPortName
	var n mach.MachMsgTypeNumber
	ok(t, "mach_port_get_set_status", mach.MachPortGetSetStatus(self(), set, &p, &n))
	return take(t, p, n)
}

func membersAre(t testing.TB, set mach.MachPort, w ...mach.MachPort) {
	t.Helper()
	slices.Sort(w)
	got := members(t, set)
	slices.Sort(got)
	if !slices.Equal(got, w) {
		t.Errorf("members of the set are %#x, want %#x", got, w)
	}
}

// xnu osfmk/ipc/mach_port.c, mach_port_insert_member, mach_port_extract_member.
func TestSetMembers(t *testing.T) {
	begin(t)
	p, q, a, b := newPort(t), newPort(t), newSet(t), newSet(t)
	membersAre(t, a)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, a))
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), q, a))
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, b))
	membersAre(t, a, p, q)
	membersAre(t, b, p)
	equal(t, "sets of the port", status(t, p).MpsPset != 0, true)
	want(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, a), mach.KERN_ALREADY_IN_SET)
	ok(t, "mach_port_extract_member", mach.MachPortExtractMember(self(), p, a))
	membersAre(t, a, q)
	membersAre(t, b, p)
	want(t, "mach_port_extract_member", mach.MachPortExtractMember(self(), p, a), mach.KERN_NOT_IN_SET)
}

// xnu osfmk/ipc/mach_port.c, mach_port_move_member.
func TestMoveMember(t *testing.T) {
	begin(t)
	p, a, b := newPort(t), newSet(t), newSet(t)
	want(t, "mach_port_move_member", mach.MachPortMoveMember(self(), p, none), mach.KERN_NOT_IN_SET)
	ok(t, "mach_port_move_member", mach.MachPortMoveMember(self(), p, a))
	membersAre(t, a, p)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, b))
	ok(t, "mach_port_move_member", mach.MachPortMoveMember(self(), p, b))
	membersAre(t, a)
	membersAre(t, b, p)
	ok(t, "mach_port_move_member", mach.MachPortMoveMember(self(), p, b))
	membersAre(t, b, p)
	ok(t, "mach_port_move_member", mach.MachPortMoveMember(self(), p, none))
	membersAre(t, b)
	equal(t, "sets of the port", status(t, p).MpsPset, 0)
}

// xnu osfmk/ipc/mach_port.c and ipc_object.c, ipc_object_translate_port_pset.
func TestSetErrors(t *testing.T) {
	begin(t)
	p, s, so := newPort(t), newSet(t), sendOnly(t)
	move := func(m, a mach.MachPort, code mach.KernReturn) {
		t.Helper()
		want(t, "mach_port_move_member", mach.MachPortMoveMember(self(), m, a), code)
	}
	move(absent(t), s, mach.KERN_INVALID_NAME)
	move(p, absent(t), mach.KERN_INVALID_NAME)
	move(so, s, mach.KERN_INVALID_RIGHT)
	move(s, s, mach.KERN_INVALID_RIGHT)
	move(p, p, mach.KERN_INVALID_RIGHT)
	move(none, s, mach.KERN_INVALID_RIGHT)
	move(p, mach.MACH_PORT_DEAD, mach.KERN_INVALID_RIGHT)
	for _, c := range []struct {
		m, a mach.MachPort
		code mach.KernReturn
	}{{absent(t), s, mach.KERN_INVALID_NAME}, {p, absent(t), mach.KERN_INVALID_NAME}, {so, s, mach.KERN_INVALID_RIGHT}, {p, p, mach.KERN_INVALID_RIGHT}} {
		want(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), c.m, c.a), c.code)
		want(t, "mach_port_extract_member", mach.MachPortExtractMember(self(), c.m, c.a), c.code)
	}
	var names *mach.MachPortName
	var n mach.MachMsgTypeNumber
	want(t, "mach_port_get_set_status", mach.MachPortGetSetStatus(self(), p, &names, &n), mach.KERN_INVALID_RIGHT)
	want(t, "mach_port_get_set_status", mach.MachPortGetSetStatus(self(), absent(t), &names, &n), mach.KERN_INVALID_NAME)
}

// xnu osfmk/ipc/ipc_port.c, ipc_port_destroy, and ipc_pset.c,
// ipc_pset_destroy: a member that dies leaves its sets, and ports outlive a set.
func TestSetAndMemberDeath(t *testing.T) {
	begin(t)
	p, q, s := newPort(t), newPort(t), newSet(t)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, s))
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), q, s))
	dropReceive(t, p)
	membersAre(t, s, q)
	ok(t, "mach_port_destroy", mach.MachPortDestroy(self(), s))
	typeIs(t, q, mach.MACH_PORT_TYPE_RECEIVE)
	equal(t, "sets of the port", status(t, q).MpsPset, 0)
}

// xnu osfmk/ipc/ipc_mqueue.c, ipc_mqueue_select_on_thread_locked_and_unlock:
// the local port of a message tells which member it came to.
func TestReceiveFromSet(t *testing.T) {
	begin(t)
	p, q, s := sendPort(t), sendPort(t), newSet(t)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, s))
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), q, s))
	empty(t, s)
	ok(t, "mach_msg", poke(q, 21))
	b := receive(t, s, 0)
	equal(t, "local port", b.head().MsghLocalPort, q)
	equal(t, "id", b.head().MsghID, 21)
	ok(t, "mach_msg", poke(p, 22))
	equal(t, "local port", receive(t, s, 0).head().MsghLocalPort, p)
	// A message that was there before the port joined comes as well.
	ok(t, "mach_port_extract_member", mach.MachPortExtractMember(self(), p, s))
	ok(t, "mach_msg", poke(p, 23))
	empty(t, s)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, s))
	equal(t, "id", receive(t, s, 0).head().MsghID, 23)
	// A member may be received from alone (xnu-7195 and newer).
	ok(t, "mach_msg", poke(p, 24))
	equal(t, "id", receive(t, p, 0).head().MsghID, 24)
	empty(t, s)
}

// xnu osfmk/ipc/ipc_mqueue.c: a waiting receiver is woken through any of the
// sets of the port.
func TestReceiveWaitsOnSet(t *testing.T) {
	begin(t)
	p, a, b := sendPort(t), newSet(t), newSet(t)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, a))
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, b))
	for _, s := range []mach.MachPort{a, b} {
		wait := onThread(t, func() {
			m := newBuffer(256)
			err := mach.MachMsg(m.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, m.size(), s, 8000, none)
			if err != nil || m.head().MsghID != 5 {
				t.Errorf("mach_msg: %v, id %d", err, m.head().MsghID)
			}
		})
		ok(t, "mach_msg", poke(p, 5))
		wait()
	}
}
