package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

func replyPort(t testing.TB) mach.MachPort {
	t.Helper()
	p := construct(t, mach.MachPortOptions{Flags: mach.MPO_REPLY_PORT}, 0)
	t.Cleanup(func() { destroy(p) })
	return p
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_copyin_check_reply: a reply port makes
// send-once rights in the reply field of a header, once at a time.
func TestReplyPort(t *testing.T) {
	begin(t)
	p, r := sendPort(t), replyPort(t)
	for i := 0; i < 3; i++ {
		ok(t, "mach_msg", send(p, r, bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), 1))
		o := receive(t, p, 0).head().MsghRemotePort
		typeIs(t, o, mach.MACH_PORT_TYPE_SEND_ONCE)
		ok(t, "mach_msg", send(o, none, bits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), 101))
		equal(t, "id", receive(t, r, 0).head().MsghID, 101)
	}
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_copyin: what a reply port refuses
// (tests/ipc/port_api.c).
func TestReplyPortErrors(t *testing.T) {
	violation(t, "misuse of a reply port")
	begin(t)
	p, r := sendPort(t), replyPort(t)
	want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), r, r, mach.MACH_MSG_TYPE_MAKE_SEND), mach.KERN_INVALID_CAPABILITY)
	var name mach.MachPort
	var kind mach.MachMsgTypeName
	want(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), r, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &name, &kind), mach.KERN_INVALID_CAPABILITY)
	want(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), r, mach.MACH_MSG_TYPE_MOVE_RECEIVE, &name, &kind), mach.KERN_INVALID_CAPABILITY)
	want(t, "mach_msg", send(p, r, bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND), 1), mach.MACH_SEND_INVALID_REPLY)
	_, err := request(r, mach.MACH_NOTIFY_NO_SENDERS, 0, p)
	want(t, "mach_port_request_notification", err, mach.KERN_INVALID_RIGHT)
	_, err = request(r, mach.MACH_NOTIFY_PORT_DESTROYED, 0, p)
	want(t, "mach_port_request_notification", err, mach.KERN_INVALID_RIGHT)
	typeIs(t, r, mach.MACH_PORT_TYPE_RECEIVE)
	for status(t, p).MpsMsgcount > 0 {
		discard(receive(t, p, 0)) // of notify rights that the errors used up
	}
}

// xnu libsyscall/mach/mig_reply_port.c: a thread has one reply port, until it
// is given back.
func TestMIGReplyPort(t *testing.T) {
	begin(t)
	thread(t)
	a := mach.MIGGetReplyPort()
	typeIs(t, a, mach.MACH_PORT_TYPE_RECEIVE)
	equal(t, "reply port asked for again", mach.MIGGetReplyPort(), a)
	mach.MIGPutReplyPort(a)
	equal(t, "reply port after put", mach.MIGGetReplyPort(), a)
	other := make(chan mach.MachPort, 1)
	onThread(t, func() { other <- mach.MIGGetReplyPort() })()
	if b := <-other; b == a {
		t.Errorf("two threads share the reply port %#x", uint32(a))
	}
}

// xnu libsyscall/mach/mig_reply_setup.c: the reply goes to the local port of
// the request, as its sender wrote it.
func TestMIGReplySetup(t *testing.T) {
	begin(t)
	p, r := sendPort(t), newPort(t)
	in, out := newBuffer(64), newBuffer(64)
	*in.head() = mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), MsghRemotePort: p, MsghLocalPort: r, MsghID: 400}
	mach.MIGReplySetup(in.head(), out.head())
	equal(t, "bits", out.head().MsghBits, bits(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, 0))
	equal(t, "remote port", out.head().MsghRemotePort, r)
	equal(t, "local port", out.head().MsghLocalPort, none)
	equal(t, "id", out.head().MsghID, 500)
	equal(t, "size", int(out.head().MsghSize), sizeOf[mach.MIGReplyError]())
	equal(t, "data representation", pick[mach.MIGReplyError](out, 0).NDR, mach.NDRRecord())
	place(out, 32, mach.KERN_NO_ACCESS)
	ok(t, "mach_msg", mach.MachMsg(out.head(), mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, out.head().MsghSize, 0, none, 0, none))
	got := receive(t, r, 0)
	equal(t, "id", got.head().MsghID, 500)
	equal(t, "result", pick[mach.MIGReplyError](got, 0).RetCode, mach.KERN_NO_ACCESS)
}

// xnu libsyscall/mach/mach_msg.c, mach_msg_destroy.
func TestMessageDestroy(t *testing.T) {
	begin(t)
	p, q, r := newPort(t), sendPort(t), sendPort(t)
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 2)
	b.head().MsghBits |= bits(0, mach.MACH_MSG_TYPE_COPY_SEND)
	b.head().MsghLocalPort = r
	n = place(b, n, portDescriptor(q, mach.MACH_MSG_TYPE_MAKE_SEND))
	n = place(b, n, portDescriptor(newPort(t), mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	ok(t, "mach_msg", post(b, n))
	in := receive(t, p, 0)
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 2)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 2)
	moved := pick[mach.MachMsgPortDescriptor](in, headerSize+16).Name
	typeIs(t, moved, mach.MACH_PORT_TYPE_RECEIVE)
	mach.MachMsgDestroy(in.head())
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 1)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 1)
	gone(t, moved)
	typeIs(t, p, mach.MACH_PORT_TYPE_RECEIVE)
}

// xnu libsyscall/mach/mig_strncpy.c.
func TestMIGStrings(t *testing.T) {
	src := append([]byte("hello"), 0)
	dst := []byte("xxxxxxxxxx")
	equal(t, "bytes written", mach.MIGStrncpy(&dst[0], &src[0], 10), 6)
	equal(t, "copy", string(dst), "hello\x00xxxx")
	equal(t, "bytes written", mach.MIGStrncpy(&dst[0], &src[0], 3), 3)
	equal(t, "copy", string(dst[:4]), "he\x00l")
	equal(t, "bytes written", mach.MIGStrncpy(&dst[0], &src[0], 0), 0)
	dst = []byte("xxxxxxxxxx")
	mach.MIGStrncpyZerofill(&dst[0], &src[0], 9)
	equal(t, "copy", string(dst), "hello\x00\x00\x00\x00x")
}

// xnu libsyscall/mach/mig_allocate.c, mig_deallocate.c.
func TestMIGAllocate(t *testing.T) {
	begin(t)
	var addr uint64
	mach.MIGAllocate(&addr, 3*page())
	if addr == 0 {
		t.Fatal("no memory")
	}
	for i, b := range view(addr, int(3*page())) {
		if b != 0 {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
	fill(addr, int(3*page()), 1)
	mach.MIGDeallocate(addr, 3*page())
	var data uint64
	var n uint32
	want(t, "mach_vm_read", mach.MachVMRead(self(), addr, page(), &data, &n), mach.KERN_INVALID_ADDRESS)
}
