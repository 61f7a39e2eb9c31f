package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu tests/mach_exception_reply.c: whatever a reply to an exception message
// brings along, the thread goes on, here to the signal that ends its process, and
// nothing of it is kept.
func TestExceptionReplies(t *testing.T) {
	const size = headerSize + 12
	local := func(how mach.MachMsgTypeName) mach.MachMsgBits { return mach.MachMsgBits(how) << 8 }
	for name, reply := range map[string]func(t *testing.T, out buffer, right mach.MachPort) (bits mach.MachMsgBits, n int){
		"with a reply port": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) {
			out.head().MsghLocalPort = right
			return local(mach.MACH_MSG_TYPE_COPY_SEND), size
		},
		"with a reply port and the complex bit": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) {
			out.head().MsghLocalPort = right
			return local(mach.MACH_MSG_TYPE_COPY_SEND) | mach.MACH_MSGH_BITS_COMPLEX, place(out, headerSize, mach.MachMsgBody{})
		},
		"with a reply port that is made": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) {
			out.head().MsghLocalPort = right
			return local(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), size
		},
		"with a port": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) {
			n := place(out, headerSize, mach.MachMsgBody{MsghDescriptorCount: 1})
			return mach.MACH_MSGH_BITS_COMPLEX, place(out, n, portDescriptor(right, mach.MACH_MSG_TYPE_COPY_SEND))
		},
		"with memory": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) {
			n := place(out, headerSize, mach.MachMsgBody{MsghDescriptorCount: 1})
			d := mach.MachMsgOOLDescriptor{Address: mach.PackUint64(alloc(t, page())), Size: uint32(page()), Copy: uint8(mach.MACH_MSG_VIRTUAL_COPY), Type: uint8(mach.MACH_MSG_OOL_DESCRIPTOR)}
			return mach.MACH_MSGH_BITS_COMPLEX, place(out, n, d)
		},
		"with a voucher": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) {
			v := newVoucher(t)
			out.head().MsghVoucherPort = v
			return mach.MachMsgBits(mach.MACH_MSG_TYPE_MOVE_SEND) << 16, size
		},
		"with garbage for a voucher": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) {
			out.head().MsghVoucherPort = 0xdead
			return 0, size
		},
		"of another id": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) {
			out.head().MsghID = 7
			return 0, size
		},
		"of a header": func(t *testing.T, out buffer, right mach.MachPort) (mach.MachMsgBits, int) { return 0, headerSize },
	} {
		t.Run(name, func(t *testing.T) {
			begin(t)
			a := spawn(t)
			p, right := sendPort(t), sendPort(t)
			ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(a.task, mach.EXC_MASK_BAD_ACCESS, p, mach.EXCEPTION_DEFAULT|codes64, 0))
			if err := a.fault(); err != nil {
				t.Fatal(err)
			}
			in := await(t, p, 0)
			out := newBuffer(256)
			place(out, headerSize, mach.NDRRecord())
			place(out, headerSize+8, mach.KERN_FAILURE)
			h := out.head()
			h.MsghID = in.head().MsghID + 100
			bits, n := reply(t, out, right)
			h.MsghBits, h.MsghSize = bits|in.head().MsghBits&mach.MACH_MSGH_BITS_REMOTE_MASK, mach.MachMsgSize(n)
			h.MsghRemotePort = in.head().MsghRemotePort
			ok(t, "mach_msg", mach.MachMsg(h, mach.MACH_SEND_MSG, h.MsghSize, 0, none, 0, none))
			in.head().MsghRemotePort = none // the reply had it
			discard(in)
			for range a.lines { // until the child has ended
			}
			var sends mach.MachPortRights
			ok(t, "mach_port_get_srights", mach.MachPortGetSrights(self(), right, &sends))
			equal(t, "send rights that are left", sends, 1)
			for range status(t, right).MpsMsgcount { // of a send-once right that was not used
				discard(receive(t, right, 0))
			}
			equal(t, "send-once rights that are left", status(t, right).MpsSorights, 0)
		})
	}
}

// newVoucher is a voucher with user data; the right is the caller's.
func newVoucher(t testing.TB) (v mach.MachPort) {
	t.Helper()
	b := newBuffer(256)
	n := place(b, 0, mach.MachVoucherAttrRecipe{Key: mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, Command: mach.MACH_VOUCHER_ATTR_USER_DATA_STORE, ContentSize: 5})
	n += copy(b.bytes()[n:], "reply")
	err := mach.HostCreateMachVoucher(host(t), &b.bytes()[0], uint32(n), &v)
	if realMac() && err != nil {
		t.Skip("this system keeps no user data in vouchers: ", err)
	}
	ok(t, "host_create_mach_voucher", err)
	return v
}
