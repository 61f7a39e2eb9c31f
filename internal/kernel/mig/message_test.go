package mig_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/kern/ipc_kobject.c, ipc_kobject_server: the ids and errors.
func TestBadMessages(t *testing.T) {
	self := mach.MachTaskSelf()
	if kr := code(call(t, self, 999999, false)); kr != mach.MIG_BAD_ID {
		t.Errorf("an unknown id: %v", kr)
	}
	if kr := code(call(t, self, 3405, false, ndr)); kr != mach.MIG_BAD_ARGUMENTS {
		t.Errorf("task_info cut short: %v", kr)
	}
	if kr := code(call(t, self, 3405, false, ndr, uint32(mach.TASK_BASIC_INFO), uint32(64), uint32(0))); kr != mach.MIG_BAD_ARGUMENTS {
		t.Errorf("task_info too long: %v", kr)
	}
	if kr := code(call(t, self, 3202, false, ndr, uint32(1), uint32(2))); kr != mach.MIG_BAD_ID {
		t.Errorf("mach_port_rename: %v", kr)
	}
}

// A message with id 3405 sent to a task port is task_info.
func TestTaskInfoByMessage(t *testing.T) {
	b := call(t, mach.MachTaskSelf(), 3405, false, ndr, uint32(mach.MACH_TASK_BASIC_INFO), uint32(mach.MACH_TASK_BASIC_INFO_COUNT))
	if kr := code(b); kr != mach.KERN_SUCCESS {
		t.Fatal(kr)
	}
	n := le.Uint32(b[36:])
	if n != uint32(mach.MACH_TASK_BASIC_INFO_COUNT) || len(b) != 40+4*int(n) {
		t.Fatalf("count %d in a reply of %d bytes", n, len(b))
	}
	if resident := le.Uint64(b[48:]); resident == 0 {
		t.Error("no resident memory")
	}
	// The wrong object is told by its code.
	host := mach.MachHostSelf()
	defer mach.MachPortDeallocate(mach.MachTaskSelf(), host)
	if kr := code(call(t, host, 3405, false, ndr, uint32(mach.MACH_TASK_BASIC_INFO), uint32(12))); kr == mach.KERN_SUCCESS {
		t.Error("the host port answers task_info")
	}
}

// mach_port_names hands over two arrays in out-of-line memory.
func TestNamesByMessage(t *testing.T) {
	p := reply(t)
	b := call(t, mach.MachTaskSelf(), 3200, false)
	if le.Uint32(b)&mach.MACH_MSGH_BITS_COMPLEX == 0 || le.Uint32(b[24:]) != 2 {
		t.Fatalf("reply %x", b)
	}
	n := le.Uint32(b[68:])
	if n != le.Uint32(b[72:]) || le.Uint32(b[28+12:]) != 4*n {
		t.Fatalf("%d names in %d bytes", n, le.Uint32(b[28+12:]))
	}
	names := bytesAt(t, le.Uint64(b[28:]), int(4*n))
	types := bytesAt(t, le.Uint64(b[44:]), int(4*n))
	var all []mach.MachPort
	for i := 0; i < int(n); i++ {
		name := mach.MachPort(le.Uint32(names[4*i:]))
		all = append(all, name)
		if name == p && mach.MachPortType_t(le.Uint32(types[4*i:]))&mach.MACH_PORT_TYPE_RECEIVE == 0 {
			t.Errorf("type of %#x is %#x", uint32(name), le.Uint32(types[4*i:]))
		}
	}
	if !slices.Contains(all, p) || !slices.Contains(all, mach.MachTaskSelf()) {
		t.Errorf("names are %x", all)
	}
}

// mach_port_request_notification takes and gives a right.
func TestRightsByMessage(t *testing.T) {
	p, n := reply(t), reply(t)
	port := func(name mach.MachPort, d mach.MachMsgTypeName) []byte {
		b := make([]byte, 12)
		le.PutUint32(b, uint32(name))
		b[10] = byte(d)
		return b
	}
	request := func(notify mach.MachPort) (mach.MachPort, []byte) {
		b := call(t, mach.MachTaskSelf(), 3213, true, uint32(1), port(notify, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), ndr,
			uint32(p), uint32(mach.MACH_NOTIFY_NO_SENDERS), uint32(5))
		return mach.MachPort(le.Uint32(b[28:])), b
	}
	if before, b := request(n); before != mach.MACH_PORT_NULL {
		t.Fatalf("previous right %#x in %x", uint32(before), b)
	}
	before, b := request(n)
	var typ mach.MachPortType_t
	if err := mach.MachPortType(mach.MachTaskSelf(), before, &typ); err != nil || typ != mach.MACH_PORT_TYPE_SEND_ONCE {
		t.Fatalf("previous right %#x has type %#x, %v; reply %x", uint32(before), uint32(typ), err, b)
	}
	if b[28+10] != byte(mach.MACH_MSG_TYPE_PORT_SEND_ONCE) {
		t.Errorf("disposition %d", b[28+10])
	}
	mach.MachPortDeallocate(mach.MachTaskSelf(), before)
}

// mach_port_insert_right and extract_right with polymorphic rights.
func TestInsertByMessage(t *testing.T) {
	p := reply(t)
	d := make([]byte, 12)
	le.PutUint32(d, uint32(p))
	d[10] = byte(mach.MACH_MSG_TYPE_MAKE_SEND)
	if kr := code(call(t, mach.MachTaskSelf(), 3214, true, uint32(1), d, ndr, uint32(p))); kr != mach.KERN_SUCCESS {
		t.Fatal(kr)
	}
	var refs mach.MachPortUrefs
	if err := mach.MachPortGetRefs(mach.MachTaskSelf(), p, mach.MACH_PORT_RIGHT_SEND, &refs); err != nil || refs != 1 {
		t.Fatalf("%d send rights, %v", refs, err)
	}
	b := call(t, mach.MachTaskSelf(), 3215, false, ndr, uint32(p), uint32(mach.MACH_MSG_TYPE_COPY_SEND))
	if got := mach.MachPort(le.Uint32(b[28:])); got != p || b[38] != byte(mach.MACH_MSG_TYPE_PORT_SEND) {
		t.Errorf("extracted %#x, reply %x", uint32(got), b)
	}
	// Two references now; a descriptor of another type is refused.
	mach.MachPortModRefs(mach.MachTaskSelf(), p, mach.MACH_PORT_RIGHT_SEND, -2)
	ool := make([]byte, 16)
	ool[11] = byte(mach.MACH_MSG_OOL_DESCRIPTOR)
	if kr := code(call(t, mach.MachTaskSelf(), 3214, true, uint32(1), ool, ndr, uint32(p))); kr != mach.MIG_TYPE_ERROR {
		t.Errorf("memory for a right: %v", kr)
	}
}

// host_kernel_version's reply is as long as its string.
func TestStringByMessage(t *testing.T) {
	host := mach.MachHostSelf()
	defer mach.MachPortDeallocate(mach.MachTaskSelf(), host)
	var want mach.KernelVersion
	if err := mach.HostKernelVersion(host, &want); err != nil {
		t.Fatal(err)
	}
	b := call(t, host, 201, false)
	n := int(le.Uint32(b[40:]))
	text := b[44 : 44+n]
	if !bytes.HasSuffix(text, []byte{0}) || len(b) != 44+(n+3)&^3 {
		t.Fatalf("%d bytes of %q in a reply of %d", n, text, len(b))
	}
	for i, c := range text {
		if byte(want[i]) != c {
			t.Fatalf("%q differs at %d", text, i)
		}
	}
}

// A request without a reply right is performed, and nobody is told.
func TestNoReplyRight(t *testing.T) {
	p := reply(t)
	var h struct {
		mach.MachMsgHeader
		ndr  [8]byte
		name mach.MachPort
		n    uint32
	}
	h.MsghBits = uint32(mach.MACH_MSG_TYPE_COPY_SEND)
	h.MsghRemotePort, h.MsghID = mach.MachTaskSelf(), 3210 // mach_port_set_mscount
	h.name, h.n = p, 77
	guarded(t)
	err := mach.MachMsg(&h.MachMsgHeader, mach.MACH_SEND_MSG, 40, 0, 0, 0, 0)
	refused(t, err)
	if err != nil {
		t.Fatal(err)
	}
	var st mach.MachPortStatus
	n := mach.MACH_PORT_RECEIVE_STATUS_COUNT
	if err := mach.MachPortGetAttributes(mach.MachTaskSelf(), p, mach.MACH_PORT_RECEIVE_STATUS, mach.Info(&st), &n); err != nil || st.MpsMscount != 77 {
		t.Errorf("make-send count %d, %v", st.MpsMscount, err)
	}
}
