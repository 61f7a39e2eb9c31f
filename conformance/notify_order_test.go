package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// order takes the ids of all messages that wait at a port.
func order(t testing.TB, p mach.MachPort) (ids []int32) {
	t.Helper()
	for status(t, p).MpsMsgcount > 0 {
		b := receive(t, p, 0)
		ids = append(ids, b.head().MsghID)
		discard(b)
	}
	return ids
}

func ordered(t testing.TB, p mach.MachPort, want ...int32) {
	t.Helper()
	got := order(t, p)
	if len(got) != len(want) {
		t.Fatalf("notifications %v, want %v", got, want)
	}
	for i := range want {
		equal(t, "notification", got[i], want[i])
	}
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_dealloc, ipc_right_delta,
// ipc_right_destroy: what becomes of the port is told first, and that a request
// went with the name last.
func TestNotificationOrder(t *testing.T) {
	begin(t)
	n := newPort(t)
	give := map[string]func(name mach.MachPort) error{
		"mach_port_deallocate": func(name mach.MachPort) error { return mach.MachPortDeallocate(self(), name) },
		"mach_port_destroy":    func(name mach.MachPort) error { return mach.MachPortDestroy(self(), name) },
	}
	for fn, f := range give {
		// The last send right, with a request on its name.
		p, holder := sendPort(t), newPort(t)
		mustRequest(t, p, mach.MACH_NOTIFY_NO_SENDERS, 1, n)
		ok(t, "mach_msg", sendRight(holder, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
		mustRequest(t, p, mach.MACH_NOTIFY_DEAD_NAME, 0, n)
		ok(t, fn, f(p))
		ordered(t, n, mach.MACH_NOTIFY_NO_SENDERS, mach.MACH_NOTIFY_PORT_DELETED)
		// A send-once right to the port that is told.
		o := sendOnce(t, n)
		mustRequest(t, o, mach.MACH_NOTIFY_DEAD_NAME, 0, n)
		ok(t, fn, f(o))
		ordered(t, n, mach.MACH_NOTIFY_SEND_ONCE, mach.MACH_NOTIFY_PORT_DELETED)
	}
	for fn, f := range map[string]func(name mach.MachPort) error{
		"mach_port_destroy": give["mach_port_destroy"],
		"mach_port_mod_refs": func(name mach.MachPort) error {
			return mach.MachPortModRefs(self(), name, mach.MACH_PORT_RIGHT_RECEIVE, -1)
		},
		"mach_port_destruct": func(name mach.MachPort) error { return mach.MachPortDestruct(self(), name, 0, 0) },
	} {
		// A receive right: the requests of others, and then its own.
		p := newPort(t)
		o := sendOnce(t, p)
		mustRequest(t, p, mach.MACH_NOTIFY_NO_SENDERS, 1, n)
		mustRequest(t, p, mach.MACH_NOTIFY_DEAD_NAME, 0, n)
		mustRequest(t, o, mach.MACH_NOTIFY_DEAD_NAME, 0, n)
		ok(t, fn, f(p))
		ordered(t, n, mach.MACH_NOTIFY_SEND_ONCE, mach.MACH_NOTIFY_DEAD_NAME, mach.MACH_NOTIFY_PORT_DELETED)
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), o, mach.MACH_PORT_RIGHT_DEAD_NAME, -2))
	}
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_header: a message that moves the
// last reference of its destination takes the request along, and MACH_SEND_NOTIFY
// then has nothing to arm.
func TestSendNotifyMovesRequest(t *testing.T) {
	begin(t)
	n := newPort(t)
	p, holder := sendPort(t), newPort(t)
	limit := mach.MachPortLimits{MplQlimit: 1}
	ok(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&limit), mach.MACH_PORT_LIMITS_INFO_COUNT))
	ok(t, "mach_msg", sendRight(holder, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	mustRequest(t, p, mach.MACH_NOTIFY_SEND_POSSIBLE, 0, n)
	h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_MOVE_SEND, 0), MsghSize: headerSize, MsghRemotePort: p}
	ok(t, "mach_msg", mach.MachMsg(&h, mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT|mach.MACH_SEND_NOTIFY, headerSize, 0, none, 0, none))
	ordered(t, n, mach.MACH_NOTIFY_PORT_DELETED)
	gone(t, p)
}
