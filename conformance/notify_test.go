package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

func request(name mach.MachPort, id int32, sync uint32, notify mach.MachPort) (mach.MachPort, error) {
	previous := mach.MachPort(0xbad)
	err := mach.MachPortRequestNotification(self(), name, id, sync, notify, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous)
	return previous, err
}

func mustRequest(t testing.TB, name mach.MachPort, id int32, sync uint32, notify mach.MachPort) {
	t.Helper()
	previous, err := request(name, id, sync, notify)
	ok(t, "mach_port_request_notification", err)
	equal(t, "previous request", previous, none)
}

// notification takes one of the given id and size, and checks its header
// (xnu osfmk/mach/notify.defs).
func notification(t testing.TB, from mach.MachPort, id int32, size uint32) buffer {
	t.Helper()
	b := await(t, from, 0)
	equal(t, "id", b.head().MsghID, id)
	equal(t, "size", b.head().MsghSize, size)
	equal(t, "local port", b.head().MsghLocalPort, from)
	equal(t, "remote port", b.head().MsghRemotePort, none)
	equal(t, "local disposition", b.head().MsghBits>>8&0x1f, mach.MachMsgBits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE))
	return b
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_request_alloc and ipc_right_check: the
// notification carries a reference of the dead name.
func TestNotifyDeadName(t *testing.T) {
	begin(t)
	p, n := sendPort(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_DEAD_NAME, 0, n)
	equal(t, "type", typeOf(t, p)&mach.MACH_PORT_TYPE_DNREQUEST, mach.MACH_PORT_TYPE_DNREQUEST)
	empty(t, n)
	dropReceive(t, p)
	b := notification(t, n, mach.MACH_NOTIFY_DEAD_NAME, 36)
	equal(t, "name", pick[mach.MachDeadNameNotification](b, 0).NotPort, p)
	refsAre(t, p, mach.MACH_PORT_RIGHT_DEAD_NAME, 2)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_DEAD_NAME, -2))
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_dealloc: the request goes with the
// right, as a port-deleted notification.
func TestNotifyPortDeleted(t *testing.T) {
	begin(t)
	p, n := sendOnly(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_DEAD_NAME, 0, n)
	dropSend(t, p)
	b := notification(t, n, mach.MACH_NOTIFY_PORT_DELETED, 36)
	equal(t, "name", pick[mach.MachPortDeletedNotification](b, 0).NotPort, p)
	gone(t, p)
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_request_alloc: a new request replaces
// the old one, a null port withdraws it.
func TestNotifyReplaced(t *testing.T) {
	begin(t)
	p, a, b := sendPort(t), newPort(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_DEAD_NAME, 0, a)
	previous, err := request(p, mach.MACH_NOTIFY_DEAD_NAME, 0, b)
	ok(t, "mach_port_request_notification", err)
	typeIs(t, previous, mach.MACH_PORT_TYPE_SEND_ONCE)
	dropSend(t, previous)
	notification(t, a, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
	previous, err = request(p, mach.MACH_NOTIFY_DEAD_NAME, 0, none)
	ok(t, "mach_port_request_notification", err)
	dropSend(t, previous)
	notification(t, b, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
	mustRequest(t, p, mach.MACH_NOTIFY_DEAD_NAME, 0, none)
	dropReceive(t, p)
	empty(t, a)
	empty(t, b)
	dropSend(t, p)
}

// xnu osfmk/ipc/ipc_port.c, ipc_port_nsrequest.
func TestNotifyNoSenders(t *testing.T) {
	begin(t)
	p, n := newPort(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_NO_SENDERS, 1, n)
	equal(t, "request in the status", status(t, p).MpsNsrequest.Bool(), true)
	empty(t, n)
	for i := 0; i < 3; i++ {
		ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), p, p, mach.MACH_MSG_TYPE_MAKE_SEND))
	}
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, -2))
	empty(t, n)
	dropSend(t, p)
	b := notification(t, n, mach.MACH_NOTIFY_NO_SENDERS, 36)
	equal(t, "make-send count", pick[mach.MachNoSendersNotification](b, 0).NotCount, 3)
	equal(t, "request in the status", status(t, p).MpsNsrequest.Bool(), false)
}

// xnu osfmk/ipc/ipc_port.c, ipc_port_nsrequest: at once if there are no
// senders and the make-send count is reached.
func TestNotifyNoSendersAtOnce(t *testing.T) {
	begin(t)
	p, n := newPort(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_NO_SENDERS, 0, n)
	notification(t, n, mach.MACH_NOTIFY_NO_SENDERS, 36)
	ok(t, "mach_port_set_mscount", mach.MachPortSetMscount(self(), p, 6))
	mustRequest(t, p, mach.MACH_NOTIFY_NO_SENDERS, 7, n)
	empty(t, n)
	previous, err := request(p, mach.MACH_NOTIFY_NO_SENDERS, 6, n)
	ok(t, "mach_port_request_notification", err)
	b := notification(t, n, mach.MACH_NOTIFY_NO_SENDERS, 36)
	equal(t, "make-send count", pick[mach.MachNoSendersNotification](b, 0).NotCount, 6)
	dropSend(t, previous)
	notification(t, n, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
}

// xnu osfmk/ipc/ipc_port.c, ipc_port_destroy: a send right in a message keeps
// senders, and goes with a message that is destroyed.
func TestNotifyNoSendersOfMessage(t *testing.T) {
	begin(t)
	p, q, n := sendPort(t), newPort(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_NO_SENDERS, 1, n)
	ok(t, "mach_msg", sendRight(q, p, mach.MACH_MSG_TYPE_MOVE_SEND))
	typeIs(t, p, mach.MACH_PORT_TYPE_RECEIVE)
	empty(t, n)
	dropReceive(t, q)
	notification(t, n, mach.MACH_NOTIFY_NO_SENDERS, 36)
}

// xnu osfmk/ipc/ipc_port.c, ipc_port_destroy: the receive right moves into the
// notification instead of dying.
func TestNotifyPortDestroyed(t *testing.T) {
	begin(t)
	p, n := sendPort(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_PORT_DESTROYED, 0, n)
	equal(t, "request in the status", status(t, p).MpsPdrequest.Bool(), true)
	dropReceive(t, p)
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND)
	b := notification(t, n, mach.MACH_NOTIFY_PORT_DESTROYED, 40)
	m := pick[mach.MachPortDestroyedNotification](b, 0)
	equal(t, "descriptors", m.NotBody.MsghDescriptorCount, 1)
	equal(t, "disposition", mach.MachMsgTypeName(m.NotPort.Disposition), mach.MACH_MSG_TYPE_MOVE_RECEIVE)
	equal(t, "name", m.NotPort.Name, p)
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	equal(t, "request in the status", status(t, p).MpsPdrequest.Bool(), false)
}

// xnu osfmk/ipc/mach_port.c, mach_port_request_notification: one port-destroyed
// request at a time.
func TestNotifyPortDestroyedTwice(t *testing.T) {
	violation(t, "a second port-destroyed request")
	begin(t)
	p, n := newPort(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_PORT_DESTROYED, 0, n)
	_, err := request(p, mach.MACH_NOTIFY_PORT_DESTROYED, 0, n)
	want(t, "mach_port_request_notification", err, mach.KERN_FAILURE)
	dropReceive(t, p)
	discard(receive(t, n, 0)) // of whichever: the right that was not used
	for status(t, n).MpsMsgcount > 0 {
		discard(receive(t, n, 0))
	}
	destroy(p)
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_dealloc: an unused send-once right says
// so.
func TestNotifySendOnce(t *testing.T) {
	begin(t)
	p := newPort(t)
	for _, release := range []func(mach.MachPort) error{
		func(o mach.MachPort) error { return mach.MachPortDeallocate(self(), o) },
		func(o mach.MachPort) error {
			return mach.MachPortModRefs(self(), o, mach.MACH_PORT_RIGHT_SEND_ONCE, -1)
		},
		func(o mach.MachPort) error { return mach.MachPortDestroy(self(), o) },
	} {
		o := sendOnce(t, p)
		if err := release(o); err != nil {
			t.Error(err)
		}
		notification(t, p, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
		equal(t, "send-once rights", status(t, p).MpsSorights, 0)
	}
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_request_alloc with IPR_SOR_SPREQ_MASK.
func TestNotifySendPossible(t *testing.T) {
	begin(t)
	p, n := sendPort(t), newPort(t)
	previous, err := request(p, mach.MACH_NOTIFY_SEND_POSSIBLE, 1, n)
	ok(t, "mach_port_request_notification", err)
	equal(t, "previous request", previous, none)
	b := notification(t, n, mach.MACH_NOTIFY_SEND_POSSIBLE, 36)
	equal(t, "name", pick[mach.MachSendPossibleNotification](b, 0).NotPort, p)

	fillQueue(t, p)
	mustRequest(t, p, mach.MACH_NOTIFY_SEND_POSSIBLE, 1, n)
	empty(t, n)
	discard(receive(t, p, 0))
	b = notification(t, n, mach.MACH_NOTIFY_SEND_POSSIBLE, 36)
	equal(t, "name", pick[mach.MachSendPossibleNotification](b, 0).NotPort, p)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_header: MACH_SEND_NOTIFY arms the
// request when the queue is full.
func TestNotifySendPossibleArmedBySend(t *testing.T) {
	begin(t)
	p, n := sendPort(t), newPort(t)
	mustRequest(t, p, mach.MACH_NOTIFY_SEND_POSSIBLE, 0, n)
	fillQueue(t, p)
	discard(receive(t, p, 0)) // not armed: nothing comes
	ok(t, "mach_msg", poke(p, 1))
	empty(t, n)
	h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: p, MsghSize: headerSize}
	err := mach.MachMsg(&h, mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT|mach.MACH_SEND_NOTIFY, headerSize, 0, none, 0, none)
	want(t, "mach_msg", err, mach.MACH_SEND_TIMED_OUT)
	mach.MachMsgDestroy(&h) // the send right that came back
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	empty(t, n)
	discard(receive(t, p, 0))
	b := notification(t, n, mach.MACH_NOTIFY_SEND_POSSIBLE, 36)
	equal(t, "name", pick[mach.MachSendPossibleNotification](b, 0).NotPort, p)
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_request_alloc: for a dead name a
// send-possible request is a dead-name notification, a dead-name request an
// error.
func TestNotifyOfDeadName(t *testing.T) {
	begin(t)
	d, n := newDeadName(t), newPort(t)
	mustRequest(t, d, mach.MACH_NOTIFY_SEND_POSSIBLE, 1, n)
	b := notification(t, n, mach.MACH_NOTIFY_DEAD_NAME, 36)
	equal(t, "name", pick[mach.MachDeadNameNotification](b, 0).NotPort, d)
	refsAre(t, d, mach.MACH_PORT_RIGHT_DEAD_NAME, 2)
	_, err := request(d, mach.MACH_NOTIFY_DEAD_NAME, 0, n)
	want(t, "mach_port_request_notification", err, mach.KERN_INVALID_ARGUMENT)
	dropSend(t, d)
	for status(t, n).MpsMsgcount > 0 {
		discard(receive(t, n, 0)) // the error used up the send-once right
	}
	equal(t, "send-once rights that the error left", status(t, n).MpsSorights, 0)
}

// xnu osfmk/ipc/mach_port.c, mach_port_request_notification.
func TestNotifyErrors(t *testing.T) {
	begin(t)
	p, n, so := sendPort(t), newPort(t), sendOnly(t)
	for _, c := range []struct {
		name mach.MachPort
		id   int32
		sync uint32
		code mach.KernReturn
	}{
		{p, 1, 0, mach.KERN_INVALID_VALUE},
		{p, mach.MACH_NOTIFY_SEND_ONCE, 0, mach.KERN_INVALID_VALUE},
		{p, mach.MACH_NOTIFY_PORT_DESTROYED, 1, mach.KERN_INVALID_VALUE},
		{none, mach.MACH_NOTIFY_PORT_DESTROYED, 0, mach.KERN_INVALID_RIGHT},
		{none, mach.MACH_NOTIFY_NO_SENDERS, 0, mach.KERN_INVALID_RIGHT},
		{none, mach.MACH_NOTIFY_DEAD_NAME, 0, mach.KERN_INVALID_ARGUMENT},
		{absent(t), mach.MACH_NOTIFY_DEAD_NAME, 0, mach.KERN_INVALID_NAME},
		{absent(t), mach.MACH_NOTIFY_NO_SENDERS, 0, mach.KERN_INVALID_NAME},
		{so, mach.MACH_NOTIFY_NO_SENDERS, 0, mach.KERN_INVALID_RIGHT},
		{so, mach.MACH_NOTIFY_PORT_DESTROYED, 0, mach.KERN_INVALID_RIGHT},
		{newSet(t), mach.MACH_NOTIFY_DEAD_NAME, 0, mach.KERN_INVALID_RIGHT},
	} {
		_, err := request(c.name, c.id, c.sync, n)
		want(t, "mach_port_request_notification", err, c.code)
	}
	for status(t, n).MpsMsgcount > 0 {
		discard(receive(t, n, 0)) // each error used up a send-once right
	}
	equal(t, "send-once rights that the errors left", status(t, n).MpsSorights, 0)
	var previous mach.MachPort
	q := newPort(t)
	dead := sendOnce(t, q)
	dropReceive(t, q)
	err := mach.MachPortRequestNotification(self(), p, mach.MACH_NOTIFY_DEAD_NAME, 0, dead, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, &previous)
	want(t, "mach_port_request_notification", err, mach.KERN_INVALID_CAPABILITY)
}

// fillQueue sends until the queue is full.
func fillQueue(t testing.TB, p mach.MachPort) {
	t.Helper()
	for i := status(t, p).MpsMsgcount; i < status(t, p).MpsQlimit; i++ {
		ok(t, "mach_msg", poke(p, int32(i)))
	}
}
