package conformance_test

import (
	"testing"
	"time"

	"github.com/gomach/mach"
)

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_header and
// ipc_kmsg_copyout_header: each disposition of the destination, and how the
// receiver sees it.
func TestSendDispositions(t *testing.T) {
	begin(t)
	p := newPort(t)
	ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), p, p, mach.MACH_MSG_TYPE_MAKE_SEND))
	check := func(how mach.MachMsgTypeName, seen mach.MachMsgTypeName, left mach.MachPortUrefs) {
		t.Helper()
		ok(t, "mach_msg", send(p, none, bits(how, 0), 7))
		refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, left)
		b := receive(t, p, 0)
		equal(t, "bits", b.head().MsghBits, bits(0, seen))
		equal(t, "local port", b.head().MsghLocalPort, p)
		equal(t, "remote port", b.head().MsghRemotePort, none)
		equal(t, "size", b.head().MsghSize, headerSize)
		equal(t, "id", b.head().MsghID, 7)
	}
	check(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_SEND, 1)
	check(mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND, 1)
	check(mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND, 0)
	check(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 0)
	equal(t, "send-once rights", status(t, p).MpsSorights, 0)
	o := sendOnce(t, p)
	ok(t, "mach_msg", send(o, none, bits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), 8))
	gone(t, o)
	equal(t, "bits", receive(t, p, 0).head().MsghBits, bits(0, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE))
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyout_header: the reply right arrives
// as the remote port.
func TestReplyDispositions(t *testing.T) {
	begin(t)
	p, r := sendPort(t), sendPort(t)
	check := func(how, seen mach.MachMsgTypeName) buffer {
		t.Helper()
		ok(t, "mach_msg", send(p, r, bits(mach.MACH_MSG_TYPE_COPY_SEND, how), 9))
		b := receive(t, p, 0)
		equal(t, "bits", b.head().MsghBits, bits(seen, mach.MACH_MSG_TYPE_MOVE_SEND))
		return b
	}
	b := check(mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND)
	equal(t, "reply port", b.head().MsghRemotePort, r)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 2)
	dropSend(t, r)
	b = check(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_SEND)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 2)
	discard(b)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 1)
	check(mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 1)
	b = check(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
	o := b.head().MsghRemotePort
	typeIs(t, o, mach.MACH_PORT_TYPE_SEND_ONCE)
	// The reply, through the send-once right.
	ok(t, "mach_msg", send(o, none, bits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), 109))
	gone(t, o)
	equal(t, "id", receive(t, r, 0).head().MsghID, 109)
	// A send-once right that is thrown away tells.
	discard(check(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE))
	notification(t, r, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_dest_disposition: destination and
// reply through one name take two references.
func TestDestinationIsReply(t *testing.T) {
	begin(t)
	p := sendPort(t)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, 1))
	ok(t, "mach_msg", send(p, p, bits(mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND), 1))
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 0)
	b := receive(t, p, 0)
	equal(t, "reply port", b.head().MsghRemotePort, p)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	want(t, "mach_msg", send(p, p, bits(mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND), 1), mach.MACH_SEND_INVALID_DEST)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	o := sendOnce(t, p)
	want(t, "mach_msg", send(o, o, bits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE), 1), mach.MACH_SEND_INVALID_DEST)
	typeIs(t, o, mach.MACH_PORT_TYPE_SEND_ONCE)
}

// xnu osfmk/ipc/mach_msg.c, mach_msg_overwrite_trap: send and receive in one
// call, and a second buffer to receive into (9 arguments).
func TestSendAndReceive(t *testing.T) {
	begin(t)
	p := sendPort(t)
	b := newBuffer(256)
	*b.head() = mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: p, MsghID: 3}
	place(b, headerSize, uint64(0xfedcba9876543210))
	ok(t, "mach_msg", mach.MachMsg(b.head(), mach.MACH_SEND_MSG|mach.MACH_RCV_MSG|mach.MACH_SEND_TIMEOUT|mach.MACH_RCV_TIMEOUT, 32, b.size(), p, 1000, none))
	equal(t, "size", b.head().MsghSize, 32)
	equal(t, "body", pick[uint64](b, headerSize), 0xfedcba9876543210)

	*b.head() = mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: p, MsghID: 4}
	in := newBuffer(128)
	ok(t, "mach_msg_overwrite", mach.MachMsgOverwrite(b.head(), mach.MACH_SEND_MSG|mach.MACH_RCV_MSG|mach.MACH_SEND_TIMEOUT|mach.MACH_RCV_TIMEOUT, 32, in.size(), p, 1000, none, in.head(), 0))
	equal(t, "id", in.head().MsghID, 4)
	equal(t, "body", pick[uint64](in, headerSize), 0xfedcba9876543210)
	equal(t, "remote port of the request", b.head().MsghRemotePort, p)
}

// xnu libsyscall/mach/mach_msg.c, mach_msg_send and mach_msg_receive.
func TestSendReceiveShorthands(t *testing.T) {
	begin(t)
	p := sendPort(t)
	h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghSize: headerSize, MsghRemotePort: p, MsghID: 77}
	ok(t, "mach_msg_send", mach.MachMsgSend(&h))
	b := newBuffer(256)
	b.head().MsghSize, b.head().MsghLocalPort = b.size(), p
	ok(t, "mach_msg_receive", mach.MachMsgReceive(b.head()))
	equal(t, "id", b.head().MsghID, 77)
}

// xnu osfmk/ipc/ipc_mqueue.c: messages arrive in the order in which they were
// sent, whatever their size.
func TestOrder(t *testing.T) {
	begin(t)
	p := sendPort(t)
	l := mach.MachPortLimits{MplQlimit: 100}
	ok(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&l), 1))
	for i := 0; i < 100; i++ {
		b := newBuffer(512)
		*b.head() = mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: p, MsghID: int32(i)}
		n := headerSize + i*4
		for k := headerSize; k < n; k += 4 {
			place(b, k, uint32(i*1000+k))
		}
		ok(t, "mach_msg", post(b, n))
	}
	for i := 0; i < 100; i++ {
		b := receive(t, p, 0)
		equal(t, "id", b.head().MsghID, int32(i))
		equal(t, "size", int(b.head().MsghSize), headerSize+i*4)
		for k := headerSize; k < headerSize+i*4; k += 4 {
			if v := pick[uint32](b, k); v != uint32(i*1000+k) {
				t.Fatalf("word at %d of message %d is %d", k, i, v)
			}
		}
	}
}

// xnu osfmk/ipc/ipc_mqueue.c, ipc_mqueue_send: the queue limit, and the
// pseudo-receive that gives the message back (ipc_kmsg_copyout_pseudo).
func TestQueueLimit(t *testing.T) {
	begin(t)
	p, r := sendPort(t), newPort(t)
	fillQueue(t, p)
	equal(t, "messages", status(t, p).MpsMsgcount, mach.MACH_PORT_QLIMIT_DEFAULT)
	h := mach.MachMsgHeader{
		MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND),
		MsghSize: headerSize, MsghRemotePort: p, MsghLocalPort: r, MsghID: 5,
	}
	want(t, "mach_msg", mach.MachMsg(&h, mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, headerSize, 0, none, 0, none), mach.MACH_SEND_TIMED_OUT)
	equal(t, "bits given back", h.MsghBits, bits(mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND))
	equal(t, "remote port given back", h.MsghRemotePort, p)
	equal(t, "local port given back", h.MsghLocalPort, r)
	equal(t, "id given back", h.MsghID, 5)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 2)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 1)
	// What came back can be sent as it is.
	discard(receive(t, p, 0))
	ok(t, "mach_msg", mach.MachMsg(&h, mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, headerSize, 0, none, 0, none))
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 0)
	for i := 0; i < 4; i++ {
		discard(receive(t, p, 0))
	}
	b := receive(t, p, 0)
	equal(t, "reply port", b.head().MsghRemotePort, r)
}

// xnu osfmk/ipc/ipc_mqueue.c, ipc_mqueue_send: send-once rights and
// MACH_SEND_ALWAYS-like kernel sends ignore the limit.
func TestSendOnceIgnoresQueueLimit(t *testing.T) {
	begin(t)
	p := sendPort(t)
	fillQueue(t, p)
	o := sendOnce(t, p)
	ok(t, "mach_msg", send(o, none, bits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), 1))
	equal(t, "messages", status(t, p).MpsMsgcount, mach.MACH_PORT_QLIMIT_DEFAULT+1)
}

// xnu osfmk/ipc/ipc_mqueue.c, ipc_mqueue_send and ipc_mqueue_set_qlimit_locked:
// a sender that waits goes on when there is room.
func TestSenderWaits(t *testing.T) {
	begin(t)
	p := sendPort(t)
	for _, room := range []func(){
		func() { discard(receive(t, p, 0)) },
		func() {
			l := mach.MachPortLimits{MplQlimit: 7}
			ok(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&l), 1))
		},
	} {
		fillQueue(t, p)
		done := make(chan error, 1)
		wait := onThread(t, func() {
			h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: p}
			done <- mach.MachMsg(&h, mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, headerSize, 0, none, 8000, none)
		})
		time.Sleep(20 * time.Millisecond)
		select {
		case err := <-done:
			t.Fatalf("a send to a full queue came back: %v", err)
		default:
		}
		room()
		wait()
		ok(t, "mach_msg", <-done)
	}
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_send: a message to a port that dies while
// the sender waits is swallowed, and counts as sent.
func TestSenderOfDyingPort(t *testing.T) {
	begin(t)
	p := sendPort(t)
	fillQueue(t, p)
	h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: p}
	done := make(chan error, 1)
	ready := make(chan bool)
	wait := onThread(t, func() {
		ready <- true
		done <- mach.MachMsg(&h, mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, headerSize, 0, none, 8000, none)
	})
	<-ready
	time.Sleep(50 * time.Millisecond)
	dropReceive(t, p)
	wait()
	if err := <-done; h.MsghBits == bits(mach.MACH_MSG_TYPE_COPY_SEND, 0) && err != nil {
		want(t, "mach_msg", err, mach.MACH_SEND_INVALID_DEST) // it came too late: the header is untouched
	} else {
		ok(t, "mach_msg", err)
	}
	typeIs(t, p, mach.MACH_PORT_TYPE_DEAD_NAME)
}

// xnu osfmk/ipc/ipc_mqueue.c, ipc_mqueue_receive: time-outs.
func TestReceiveTimeout(t *testing.T) {
	begin(t)
	p, s := newPort(t), newSet(t)
	empty(t, p)
	empty(t, s)
	b := newBuffer(256)
	start := time.Now()
	err := mach.MachMsg(b.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT|mach.MACH_RCV_INTERRUPT, 0, b.size(), p, 40, none)
	want(t, "mach_msg", err, mach.MACH_RCV_TIMED_OUT, mach.MACH_RCV_INTERRUPTED)
	if d := time.Since(start); codeOf(err) == mach.MACH_RCV_TIMED_OUT && (d < 39*time.Millisecond || d > 5*time.Second) {
		t.Errorf("a receive of 40 ms took %v", d)
	}
}

// xnu osfmk/ipc/ipc_mqueue.c, ipc_mqueue_changed: the right dies under a
// waiting receiver.
func TestReceiverOfDyingPort(t *testing.T) {
	begin(t)
	for _, make := range []func(testing.TB) mach.MachPort{newPort, newSet} {
		var err error
		for pause := 100 * time.Millisecond; pause < 5*time.Second; pause *= 3 {
			from, done := make(t), error(nil)
			wait := onThread(t, func() {
				b := newBuffer(256)
				done = mach.MachMsg(b.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, b.size(), from, 8000, none)
			})
			time.Sleep(pause) // until the receiver waits
			ok(t, "mach_port_destroy", mach.MachPortDestroy(self(), from))
			wait()
			if err = done; codeOf(err) != mach.MACH_RCV_INVALID_NAME { // else it came too late, on a busy machine
				break
			}
		}
		want(t, "mach_msg", err, mach.MACH_RCV_PORT_CHANGED, mach.MACH_RCV_PORT_DIED)
	}
}
