package conformance_test

import (
	"errors"
	"testing"

	"github.com/gomach/mach"
)

// The server loops of xnu libsyscall/mach/mach_msg.c, mach_msg_server and
// mach_msg_server_once, which package mach has in Go. begin sees that no path
// loses a right or memory.

const replySize = 36 // mig_reply_error_t

// ask queues a request whose reply goes to client by a right made as how.
func ask(t *testing.T, server, client mach.MachPort, how mach.MachMsgTypeName, id int32) {
	t.Helper()
	ok(t, "mach_msg", send(server, client, bits(mach.MACH_MSG_TYPE_MAKE_SEND, how), id))
}

// replyTo makes the header of a reply as MIG's servers do: the reply right
// moves from the request. (mig_reply_setup of the C library takes the local
// port instead, the one that the request came to.)
func replyTo(in, out *mach.MachMsgHeader) {
	*out = mach.MachMsgHeader{
		MsghBits: bits(mach.MachMsghBitsRemote(in.MsghBits), 0), MsghSize: replySize,
		MsghRemotePort: in.MsghRemotePort, MsghID: in.MsghID + 100,
	}
}

// answerWith makes a reply of nothing but a result.
func answerWith(in, out *mach.MachMsgHeader, code mach.KernReturn) {
	replyTo(in, out)
	*at[mach.KernReturn](addressOf(out) + 32) = code
}

func replyCode(t *testing.T, b buffer) mach.KernReturn {
	t.Helper()
	equal(t, "size of the reply", b.head().MsghSize, replySize)
	return pick[mach.KernReturn](b, 32)
}

func TestServerOnceAnswers(t *testing.T) {
	for _, how := range []mach.MachMsgTypeName{mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, mach.MACH_MSG_TYPE_MAKE_SEND} {
		begin(t)
		server, client := newPort(t), newPort(t)
		ask(t, server, client, how, 3000)
		ok(t, "mach_msg_server_once", mach.MachMsgServerOnce(func(in, out *mach.MachMsgHeader) bool {
			equal(t, "id of the request", in.MsghID, 3000)
			equal(t, "size of the request", in.MsghSize, headerSize)
			equal(t, "reply buffer", *out, mach.MachMsgHeader{})
			answerWith(in, out, 0)
			return true
		}, 256, server, 0))
		b := receive(t, client, 0)
		equal(t, "id of the reply", b.head().MsghID, 3100)
		equal(t, "code", replyCode(t, b), 0)
	}
}

// MIG_NO_REPLY leaves the reply right with the routine, which may answer later.
func TestServerNoReply(t *testing.T) {
	begin(t)
	server, client := newPort(t), newPort(t)
	ask(t, server, client, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, 1)
	var later mach.MachPort
	ok(t, "mach_msg_server_once", mach.MachMsgServerOnce(func(in, out *mach.MachMsgHeader) bool {
		later = in.MsghRemotePort
		answerWith(in, out, mach.MIG_NO_REPLY)
		return true
	}, 256, server, 0))
	empty(t, client)
	ok(t, "mach_msg", send(later, none, bits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), 77))
	equal(t, "id of the late reply", receive(t, client, 0).head().MsghID, 77)
}

// An error code makes the loop destroy the request, not the reply right.
func TestServerDestroysRefusedRequest(t *testing.T) {
	begin(t)
	server, client, carried := newPort(t), newPort(t), sendPort(t)
	b, n := complexMessage(server, mach.MACH_MSG_TYPE_MAKE_SEND, 5, 1)
	b.head().MsghBits |= bits(0, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
	b.head().MsghLocalPort = client
	ok(t, "mach_msg", post(b, place(b, n, portDescriptor(carried, mach.MACH_MSG_TYPE_COPY_SEND))))
	refsAre(t, carried, mach.MACH_PORT_RIGHT_SEND, 1)
	ok(t, "mach_msg_server_once", mach.MachMsgServerOnce(func(in, out *mach.MachMsgHeader) bool {
		refsAre(t, carried, mach.MACH_PORT_RIGHT_SEND, 2) // the one in the request counts
		answerWith(in, out, mach.MIG_BAD_ID)
		return false
	}, 256, server, 0))
	refsAre(t, carried, mach.MACH_PORT_RIGHT_SEND, 1)
	equal(t, "code", replyCode(t, receive(t, client, 0)), mach.MIG_BAD_ID)
}

// In a complex reply a descriptor stands where the code is in others.
func TestServerComplexReply(t *testing.T) {
	begin(t)
	server, client, given := newPort(t), newPort(t), newPort(t)
	ask(t, server, client, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, 1)
	ok(t, "mach_msg_server_once", mach.MachMsgServerOnce(func(in, out *mach.MachMsgHeader) bool {
		replyTo(in, out)
		reply, n := complexMessage(out.MsghRemotePort, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 9, 1)
		n = place(reply, n, portDescriptor(given, mach.MACH_MSG_TYPE_MAKE_SEND))
		reply.head().MsghSize = mach.MachMsgSize(n)
		copy(view(addressOf(out), n), reply.bytes())
		return true
	}, 256, server, 0))
	name, how := receiveRight(t, client)
	equal(t, "name of the right", name, given)
	equal(t, "disposition", how, mach.MACH_MSG_TYPE_PORT_SEND)
	dropSend(t, given)
}

// serve runs mach_msg_server on what is queued at server; the request with id
// 0 ends it, as the demultiplexer then destroys the port.
func serve(t *testing.T, server mach.MachPort, size mach.MachMsgSize, options mach.MachMsgOption, each func(in, out *mach.MachMsgHeader)) {
	t.Helper()
	ok(t, "mach_msg", send(server, none, bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), 0))
	err := mach.MachMsgServer(func(in, out *mach.MachMsgHeader) bool {
		if in.MsghID == 0 {
			dropReceive(t, server)
			return true
		}
		each(in, out)
		return true
	}, size, server, options)
	want(t, "mach_msg_server", err, mach.MACH_RCV_INVALID_NAME)
}

func TestServerLoop(t *testing.T) {
	begin(t)
	server, client := newPort(t), newPort(t)
	const n = 4
	for id := int32(1); id <= n; id++ { // a queue holds five
		ask(t, server, client, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, id)
	}
	next := int32(1)
	serve(t, server, 256, 0, func(in, out *mach.MachMsgHeader) {
		equal(t, "order", in.MsghID, next)
		next++
		answerWith(in, out, mach.KernReturn(in.MsghID)) // an error, or KERN_NO_REPLY's number
	})
	for id := int32(1); id <= n; id++ {
		b := receive(t, client, 0)
		equal(t, "id of the reply", b.head().MsghID, id+100)
		equal(t, "code", replyCode(t, b), mach.KernReturn(id))
	}
}

// A client that has gone, or that does not empty its queue, loses its reply
// and holds nobody up.
func TestServerLoopUndeliverable(t *testing.T) {
	begin(t)
	server, alive, full := newPort(t), newPort(t), newPort(t)
	limits := mach.MachPortLimits{MplQlimit: 1}
	ok(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), full, mach.MACH_PORT_LIMITS_INFO, mach.Info(&limits), mach.MACH_PORT_LIMITS_INFO_COUNT))
	ok(t, "mach_msg", send(full, none, bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), 55))
	dead := newPort(t)
	ask(t, server, dead, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, 1)
	dropReceive(t, dead)
	ask(t, server, full, mach.MACH_MSG_TYPE_MAKE_SEND, 2)
	ask(t, server, alive, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, 3)
	carried := sendPort(t)
	served := 0
	serve(t, server, 256, 0, func(in, out *mach.MachMsgHeader) {
		served++
		replyTo(in, out)
		// The reply moves a right, which must not be lost when it comes back.
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), carried, mach.MACH_PORT_RIGHT_SEND, 1))
		reply := newBuffer(256)
		*reply.head() = *out
		reply.head().MsghBits |= mach.MACH_MSGH_BITS_COMPLEX
		k := place(reply, headerSize, mach.MachMsgBody{MsghDescriptorCount: 1})
		k = place(reply, k, portDescriptor(carried, mach.MACH_MSG_TYPE_MOVE_SEND))
		reply.head().MsghSize = mach.MachMsgSize(k)
		copy(view(addressOf(out), k), reply.bytes())
	})
	equal(t, "requests served", served, 3)
	equal(t, "message at the full port", receive(t, full, 0).head().MsghID, 55)
	empty(t, full)
	name, _ := receiveRight(t, alive)
	equal(t, "right in the one reply", name, carried)
	refsAre(t, carried, mach.MACH_PORT_RIGHT_SEND, 2) // ours and that of the reply
}

// large queues a request with a body of size bytes.
func large(t *testing.T, server, client mach.MachPort, id int32, size int) {
	t.Helper()
	b := newBuffer(headerSize + size)
	fill(addressOf(b.head())+headerSize, size, byte(id))
	*b.head() = mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), MsghRemotePort: server, MsghLocalPort: client, MsghID: id}
	ok(t, "mach_msg", post(b, headerSize+size))
}

func TestServerGrows(t *testing.T) {
	begin(t)
	server, client := newPort(t), newPort(t)
	sizes := []int{100, 40000, 200, 100000}
	for i, size := range sizes {
		large(t, server, client, int32(i+1), size)
	}
	i := 0
	serve(t, server, 512, mach.MACH_RCV_LARGE, func(in, out *mach.MachMsgHeader) {
		equal(t, "size of the request", int(in.MsghSize), headerSize+sizes[i])
		filled(t, "body", view(addressOf(in)+headerSize, sizes[i]), byte(in.MsghID))
		answerWith(in, out, 0)
		i++
	})
	equal(t, "requests served", i, len(sizes))
	for range sizes {
		receive(t, client, 0)
	}
}

func TestServerOnceGrows(t *testing.T) {
	begin(t)
	server, client := newPort(t), newPort(t)
	large(t, server, client, 1, 70000)
	ok(t, "mach_msg_server_once", mach.MachMsgServerOnce(func(in, out *mach.MachMsgHeader) bool {
		filled(t, "body", view(addressOf(in)+headerSize, 70000), 1)
		answerWith(in, out, 0)
		return true
	}, 512, server, mach.MACH_RCV_LARGE))
	receive(t, client, 0)
}

// Without MACH_RCV_LARGE a request that is too large is lost and ends the loop.
func TestServerTooLarge(t *testing.T) {
	begin(t)
	server, client := newPort(t), newPort(t)
	large(t, server, client, 1, 70000)
	want(t, "mach_msg_server", mach.MachMsgServer(func(in, out *mach.MachMsgHeader) bool {
		t.Error("the request arrives all the same")
		return true
	}, 512, server, 0), mach.MACH_RCV_TOO_LARGE)
	empty(t, server)
	discard(receive(t, client, 0)) // the send-once right of the lost request tells the client
}

func TestServerTrailer(t *testing.T) {
	begin(t)
	server, client := newPort(t), newPort(t)
	ask(t, server, client, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, 1)
	option := mach.MachRcvTrailerElements(mach.MACH_RCV_TRAILER_AUDIT)
	ok(t, "mach_msg_server_once", mach.MachMsgServerOnce(func(in, out *mach.MachMsgHeader) bool {
		tr := at[mach.MachMsgAuditTrailer](addressOf(in) + uint64(mach.RoundMsg(in.MsghSize)))
		equal(t, "size of the trailer", tr.MsghTrailerSize, mach.RequestedTrailerSize(option))
		answerWith(in, out, 0)
		return true
	}, headerSize, server, option))
	receive(t, client, 0)
}

func TestServerBadArguments(t *testing.T) {
	begin(t)
	server := newPort(t)
	nothing := func(in, out *mach.MachMsgHeader) bool { return true }
	want(t, "mach_msg_server", mach.MachMsgServer(nothing, 256, absent(t), 0), mach.MACH_RCV_INVALID_NAME)
	want(t, "mach_msg_server_once", mach.MachMsgServerOnce(nothing, 256, absent(t), 0), mach.MACH_RCV_INVALID_NAME)
	want(t, "mach_msg_server_importance", mach.MachMsgServerImportance(nothing, 256, absent(t), 0), mach.MACH_RCV_INVALID_NAME)
	if err := mach.MachMsgServerOnce(nil, 256, server, 0); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Errorf("without demultiplexer: %v", err)
	}
	if err := mach.MachMsgServer(nothing, ^mach.MachMsgSize(0), server, 0); !errors.Is(err, mach.KERN_NO_SPACE) {
		t.Errorf("4 GiB of room: %v", err)
	}
	want(t, "mach_msg_server_once", mach.MachMsgServerOnce(nothing, 256, server, mach.MACH_RCV_TIMEOUT), mach.MACH_RCV_TIMED_OUT)
}
