package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// send queues a message without body, without waiting.
func send(dest, reply mach.MachPort, how mach.MachMsgBits, id int32) error {
	h := mach.MachMsgHeader{MsghBits: how, MsghSize: headerSize, MsghRemotePort: dest, MsghLocalPort: reply, MsghID: id}
	return mach.MachMsg(&h, mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, headerSize, 0, none, 0, none)
}

// poke sends a simple message through a send right.
func poke(dest mach.MachPort, id int32) error {
	return send(dest, none, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), id)
}

// receive takes a message that must be there already.
func receive(t testing.TB, from mach.MachPort, options mach.MachMsgOption) buffer {
	t.Helper()
	b := newBuffer(1024)
	ok(t, "mach_msg", mach.MachMsg(b.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT|options, 0, b.size(), from, 0, none))
	return b
}

// await is receive with time for the message to come.
func await(t testing.TB, from mach.MachPort, options mach.MachMsgOption) buffer {
	t.Helper()
	b := newBuffer(4096)
	ok(t, "mach_msg", mach.MachMsg(b.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT|options, 0, b.size(), from, 10000, none))
	return b
}

// empty checks that no message is there.
func empty(t testing.TB, from mach.MachPort) {
	t.Helper()
	b := newBuffer(1024)
	want(t, "mach_msg", mach.MachMsg(b.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, b.size(), from, 0, none), mach.MACH_RCV_TIMED_OUT)
}

// discard frees what a received message holds.
func discard(b buffer) { mach.MachMsgDestroy(b.head()) }

// trailer is where the trailer of a received message begins.
func trailer(b buffer) int { return int(b.head().MsghSize+3) &^ 3 }

// complexMessage builds a message with descriptors to dest by MAKE_SEND.
func complexMessage(dest mach.MachPort, how mach.MachMsgTypeName, id int32, count int) (buffer, int) {
	b := newBuffer(512)
	*b.head() = mach.MachMsgHeader{
		MsghBits: bits(how, 0) | mach.MACH_MSGH_BITS_COMPLEX, MsghRemotePort: dest, MsghID: id,
	}
	return b, place(b, headerSize, mach.MachMsgBody{MsghDescriptorCount: mach.MachMsgSize(count)})
}

// post sends b, whose contents end at n, without waiting.
func post(b buffer, n int) error {
	b.head().MsghSize = mach.MachMsgSize(n)
	return mach.MachMsg(b.head(), mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, mach.MachMsgSize(n), 0, none, 0, none)
}

func portDescriptor(name mach.MachPort, how mach.MachMsgTypeName) mach.MachMsgPortDescriptor {
	return mach.MachMsgPortDescriptor{Name: name, Disposition: uint8(how), Type: uint8(mach.MACH_MSG_PORT_DESCRIPTOR)}
}

// sendRight sends one right in a body to a port whose receive right the caller
// has.
func sendRight(dest, name mach.MachPort, how mach.MachMsgTypeName) error {
	b, n := complexMessage(dest, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
	return post(b, place(b, n, portDescriptor(name, how)))
}

// receiveRight takes a message with one port descriptor.
func receiveRight(t testing.TB, from mach.MachPort) (mach.MachPort, mach.MachMsgTypeName) {
	t.Helper()
	b := receive(t, from, 0)
	equal(t, "descriptor count", pick[mach.MachMsgBody](b, headerSize).MsghDescriptorCount, 1)
	d := pick[mach.MachMsgPortDescriptor](b, headerSize+4)
	equal(t, "descriptor type", mach.MachMsgDescriptorType(d.Type), mach.MACH_MSG_PORT_DESCRIPTOR)
	return d.Name, mach.MachMsgTypeName(d.Disposition)
}
