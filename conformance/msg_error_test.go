package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/ipc/mach_msg.c, mach_msg_trap_send: sizes.
func TestSendSizes(t *testing.T) {
	begin(t)
	p := sendPort(t)
	b := newBuffer(256)
	for n, code := range map[mach.MachMsgSize]mach.KernReturn{
		0: mach.MACH_SEND_MSG_TOO_SMALL, 20: mach.MACH_SEND_MSG_TOO_SMALL,
		25: mach.MACH_SEND_MSG_TOO_SMALL, 30: mach.MACH_SEND_MSG_TOO_SMALL,
		0xfffffffc: mach.MACH_SEND_TOO_LARGE,
	} {
		*b.head() = mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: p}
		want(t, "mach_msg", mach.MachMsg(b.head(), mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, n, 0, none, 0, none), code)
	}
	empty(t, p)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_header_validate.
func TestSendHeaderErrors(t *testing.T) {
	begin(t)
	p, r := sendPort(t), sendPort(t)
	for _, c := range []struct {
		dest, reply mach.MachPort
		how         mach.MachMsgBits
		code        mach.KernReturn
	}{
		{p, none, bits(0, 0), mach.MACH_SEND_INVALID_HEADER},
		{p, none, bits(mach.MACH_MSG_TYPE_MOVE_RECEIVE, 0), mach.MACH_SEND_INVALID_HEADER},
		{p, none, bits(22, 0), mach.MACH_SEND_INVALID_HEADER},
		{p, r, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), mach.MACH_SEND_INVALID_HEADER},
		{p, r, bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_RECEIVE), mach.MACH_SEND_INVALID_HEADER},
		{none, none, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), mach.MACH_SEND_INVALID_DEST},
		{mach.MACH_PORT_DEAD, none, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), mach.MACH_SEND_INVALID_DEST},
		{absent(t), none, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), mach.MACH_SEND_INVALID_DEST},
		{newDeadName(t), none, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), mach.MACH_SEND_INVALID_DEST},
		{newPort(t), none, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), mach.MACH_SEND_INVALID_DEST},
		{newSet(t), none, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), mach.MACH_SEND_INVALID_DEST},
		{sendOnly(t), none, bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), mach.MACH_SEND_INVALID_DEST},
		{p, none, bits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), mach.MACH_SEND_INVALID_DEST},
		{sendOnce(t, p), none, bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), mach.MACH_SEND_INVALID_DEST},
	} {
		want(t, "mach_msg", send(c.dest, c.reply, c.how, 1), c.code)
	}
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	refsAre(t, r, mach.MACH_PORT_RIGHT_SEND, 1)
	empty(t, p)
	h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghRemotePort: none, MsghSize: headerSize}
	want(t, "mach_msg_send", mach.MachMsgSend(&h), mach.MACH_SEND_INVALID_DEST)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_header_rights: a bad reply right
// leaves the space untouched.
func TestSendInvalidReply(t *testing.T) {
	violation(t, "an invalid reply port (kGUARD_EXC_SEND_INVALID_REPLY)")
	begin(t)
	p := sendPort(t)
	for reply, how := range map[mach.MachPort]mach.MachMsgTypeName{
		absent(t): mach.MACH_MSG_TYPE_MAKE_SEND, newPort(t): mach.MACH_MSG_TYPE_COPY_SEND,
		sendOnly(t): mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, newSet(t): mach.MACH_MSG_TYPE_MAKE_SEND,
		newDeadName(t): mach.MACH_MSG_TYPE_COPY_SEND,
	} {
		want(t, "mach_msg", send(p, reply, bits(mach.MACH_MSG_TYPE_MOVE_SEND, how), 1), mach.MACH_SEND_INVALID_REPLY)
		refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	}
	empty(t, p)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_header_validate: vouchers.
func TestSendInvalidVoucher(t *testing.T) {
	violation(t, "an invalid voucher (kGUARD_EXC_SEND_INVALID_VOUCHER)")
	begin(t)
	p := sendPort(t)
	h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0) | mach.MachMsgBits(mach.MACH_MSG_TYPE_MAKE_SEND)<<16, MsghRemotePort: p, MsghVoucherPort: p}
	want(t, "mach_msg", mach.MachMsg(&h, mach.MACH_SEND_MSG, headerSize, 0, none, 0, none), mach.MACH_SEND_INVALID_VOUCHER)
	q := sendPort(t)
	h.MsghBits, h.MsghVoucherPort = bits(mach.MACH_MSG_TYPE_COPY_SEND, 0)|mach.MachMsgBits(mach.MACH_MSG_TYPE_COPY_SEND)<<16, q
	want(t, "mach_msg", mach.MachMsg(&h, mach.MACH_SEND_MSG, headerSize, 0, none, 0, none), mach.MACH_SEND_INVALID_VOUCHER)
	// The field without a disposition goes through as it is.
	h.MsghBits, h.MsghVoucherPort = bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), 0x1234
	ok(t, "mach_msg", mach.MachMsg(&h, mach.MACH_SEND_MSG, headerSize, 0, none, 0, none))
	equal(t, "voucher field", receive(t, p, 0).head().MsghVoucherPort, 0x1234)
}

// xnu osfmk/ipc/ipc_mqueue.c, ipc_mqueue_copyin.
func TestReceiveNameErrors(t *testing.T) {
	begin(t)
	b := newBuffer(128)
	for _, name := range []mach.MachPort{none, mach.MACH_PORT_DEAD, absent(t), newDeadName(t), sendOnly(t)} {
		want(t, "mach_msg", mach.MachMsg(b.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, b.size(), name, 0, none), mach.MACH_RCV_INVALID_NAME)
	}
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_measure_descriptors_from_user.
func TestSendBodyLayoutErrors(t *testing.T) {
	begin(t)
	p := newPort(t)
	try := func(count int, n int, kind uint8, code mach.KernReturn) {
		t.Helper()
		b, at := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, count)
		d := portDescriptor(p, mach.MACH_MSG_TYPE_MAKE_SEND)
		d.Type = kind
		place(b, at, d)
		want(t, "mach_msg", post(b, n), code)
	}
	try(1, headerSize, 0, mach.MACH_SEND_MSG_TOO_SMALL)
	try(1, headerSize+4, 0, mach.MACH_SEND_MSG_TOO_SMALL)
	try(1, headerSize+12, 0, mach.MACH_SEND_MSG_TOO_SMALL)
	try(2, headerSize+16, 0, mach.MACH_SEND_MSG_TOO_SMALL)
	try(1, headerSize+16, uint8(mach.MACH_MSG_OOL_DESCRIPTOR), mach.MACH_SEND_MSG_TOO_SMALL)
	try(0x7fffffff, headerSize+16, 0, mach.MACH_SEND_MSG_TOO_SMALL)
	try(1, headerSize+16, 77, mach.MACH_SEND_INVALID_TYPE)
	equal(t, "messages", status(t, p).MpsMsgcount, 0)
	equal(t, "send rights", status(t, p).MpsSrights, 0)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_inflate_ool_descriptor and
// ipc_kmsg_inflate_guarded_port_descriptor.
func TestSendDescriptorTypeErrors(t *testing.T) {
	begin(t)
	p := newPort(t)
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
	want(t, "mach_msg", post(b, place(b, n, mach.MachMsgOOLDescriptor{Copy: 9, Type: uint8(mach.MACH_MSG_OOL_DESCRIPTOR)})), mach.MACH_SEND_INVALID_TYPE)
	for _, g := range []mach.MachMsgGuardedPortDescriptor{
		{Flags: 1, Disposition: uint8(mach.MACH_MSG_TYPE_COPY_SEND)},
		{Flags: 0, Disposition: uint8(mach.MACH_MSG_TYPE_MOVE_RECEIVE)},
		{Flags: 16, Disposition: uint8(mach.MACH_MSG_TYPE_MOVE_RECEIVE)},
		{Flags: uint16(mach.MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND), Context: mach.PackUint64(1), Disposition: uint8(mach.MACH_MSG_TYPE_MOVE_RECEIVE)},
	} {
		g.Name, g.Type = p, uint8(mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR)
		b, n = complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
		want(t, "mach_msg", post(b, place(b, n, g)), mach.MACH_SEND_INVALID_TYPE)
	}
	typeIs(t, p, mach.MACH_PORT_TYPE_RECEIVE)
	equal(t, "messages", status(t, p).MpsMsgcount, 0)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_body: on a bad right the header's
// rights and the descriptors before it are gone; nothing is queued.
func TestSendBodyRightErrors(t *testing.T) {
	violation(t, "an invalid right in a message (kGUARD_EXC_SEND_INVALID_RIGHT)")
	begin(t)
	p, q, r := newPort(t), sendPort(t), newPort(t)
	for _, bad := range []mach.MachMsgPortDescriptor{
		portDescriptor(absent(t), mach.MACH_MSG_TYPE_COPY_SEND),
		portDescriptor(newPort(t), mach.MACH_MSG_TYPE_COPY_SEND),
		portDescriptor(sendOnly(t), mach.MACH_MSG_TYPE_MAKE_SEND),
		portDescriptor(newSet(t), mach.MACH_MSG_TYPE_MOVE_RECEIVE),
		portDescriptor(q, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE),
		portDescriptor(q, 99),
	} {
		ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), q, q, mach.MACH_MSG_TYPE_MAKE_SEND))
		b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 2)
		b.head().MsghBits |= bits(0, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
		b.head().MsghLocalPort = r
		n = place(b, n, portDescriptor(q, mach.MACH_MSG_TYPE_MOVE_SEND))
		want(t, "mach_msg", post(b, place(b, n, bad)), mach.MACH_SEND_INVALID_RIGHT)
		refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 1)
		equal(t, "messages", status(t, p).MpsMsgcount, 0)
		equal(t, "send rights", status(t, p).MpsSrights, 0)
		notification(t, r, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
	}
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_ool_descriptor.
func TestSendBodyMemoryErrors(t *testing.T) {
	begin(t)
	p := newPort(t)
	hole := alloc(t, 4*page())
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), hole+page(), page()))
	for _, size := range []mach.MachMsgSize{mach.MachMsgSize(2 * page()), mach.MachMsgSize(page()) + 8} {
		b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
		n = place(b, n, mach.MachMsgOOLDescriptor{Address: mach.PackUint64(hole), Size: size, Copy: uint8(mach.MACH_MSG_VIRTUAL_COPY), Type: uint8(mach.MACH_MSG_OOL_DESCRIPTOR)})
		want(t, "mach_msg", post(b, n), mach.MACH_SEND_INVALID_MEMORY)
	}
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
	n = place(b, n, mach.MachMsgOOLPortsDescriptor{Address: mach.PackUint64(hole + page()), Count: 4, Copy: uint8(mach.MACH_MSG_PHYSICAL_COPY), Disposition: uint8(mach.MACH_MSG_TYPE_COPY_SEND), Type: uint8(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)})
	want(t, "mach_msg", post(b, n), mach.MACH_SEND_INVALID_MEMORY)
	equal(t, "messages", status(t, p).MpsMsgcount, 0)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), hole, page()))
}

// xnu osfmk/ipc/mach_msg.c, mach_msg_trap_send: a message that cannot be read.
func TestSendUnreadable(t *testing.T) {
	begin(t)
	m := alloc(t, page())
	ok(t, "mach_vm_protect", mach.MachVMProtect(self(), m, page(), 0, mach.VM_PROT_NONE))
	if realMac() {
		t.Skip("the C library reads the header itself before it calls the kernel (libsyscall/mach/mach_msg.c): a fault, not an error")
	}
	want(t, "mach_msg", mach.MachMsg(at[mach.MachMsgHeader](m), mach.MACH_SEND_MSG, headerSize, 0, none, 0, none), mach.MACH_SEND_INVALID_DATA)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_put_to_user: a message that cannot be
// written is lost, with its rights.
func TestReceiveUnwritable(t *testing.T) {
	begin(t)
	p := sendPort(t)
	m := alloc(t, page())
	ok(t, "mach_vm_protect", mach.MachVMProtect(self(), m, page(), 0, mach.VM_PROT_READ))
	ok(t, "mach_msg", sendRight(p, p, mach.MACH_MSG_TYPE_COPY_SEND))
	want(t, "mach_msg", mach.MachMsg(at[mach.MachMsgHeader](m), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, 256, p, 0, none), mach.MACH_RCV_INVALID_DATA)
	empty(t, p)
	for refs(t, p, mach.MACH_PORT_RIGHT_SEND) > 1 {
		dropSend(t, p) // whichever way the right went, none is to be left
	}
}

// xnu osfmk/ipc/mach_msg.c, mach_msg_receive_error: a message that does not
// fit is lost, and what fits of its header comes with the size that was needed.
func TestReceiveTooLarge(t *testing.T) {
	begin(t)
	p, q := newPort(t), sendPort(t)
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 6, 1)
	n = place(b, n, portDescriptor(q, mach.MACH_MSG_TYPE_MOVE_SEND))
	ok(t, "mach_msg", post(b, n+100))
	in := newBuffer(64)
	want(t, "mach_msg", mach.MachMsg(in.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, 64, p, 0, none), mach.MACH_RCV_TOO_LARGE)
	empty(t, p)
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 0)
}

// xnu osfmk/ipc/mach_msg.c, mach_msg_receive_too_large: MACH_RCV_LARGE leaves
// the message where it is and tells its size, MACH_RCV_LARGE_IDENTITY its port.
func TestReceiveLarge(t *testing.T) {
	begin(t)
	p, s := newPort(t), newSet(t)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, s))
	b := newBuffer(512)
	*b.head() = mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), MsghRemotePort: p, MsghID: 8}
	ok(t, "mach_msg", post(b, 400))
	in := newBuffer(64)
	for i := 0; i < 2; i++ {
		clear(in)
		want(t, "mach_msg", mach.MachMsg(in.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT|mach.MACH_RCV_LARGE|mach.MACH_RCV_LARGE_IDENTITY, 0, in.size(), s, 0, none), mach.MACH_RCV_TOO_LARGE)
		equal(t, "size needed", in.head().MsghSize, 400)
		equal(t, "local port", in.head().MsghLocalPort, p)
	}
	in = newBuffer(408)
	ok(t, "mach_msg", mach.MachMsg(in.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT|mach.MACH_RCV_LARGE, 0, 408, s, 0, none))
	equal(t, "size", in.head().MsghSize, 400)
}

// xnu osfmk/ipc/mach_msg.c: without send and receive mach_msg does nothing.
func TestNoOptions(t *testing.T) {
	begin(t)
	h := mach.MachMsgHeader{}
	ok(t, "mach_msg", mach.MachMsg(&h, mach.MACH_MSG_OPTION_NONE, 0, 0, none, 0, none))
}
