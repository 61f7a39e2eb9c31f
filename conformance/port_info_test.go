package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/ipc/mach_debug.c, mach_port_space_info.
func TestSpaceInfo(t *testing.T) {
	begin(t)
	p, d, s := sendPort(t), newDeadName(t), newSet(t)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_SEND, 4))
	var info mach.IPCInfoSpace
	var table *mach.IPCInfoName
	tree := new(mach.IPCInfoTreeName)
	var n, m mach.MachMsgTypeNumber = 0, 9
	ok(t, "mach_port_space_info", mach.MachPortSpaceInfo(self(), &info, &table, &n, &tree, &m))
	equal(t, "elements of the tree", m, 0)
	equal(t, "table size", info.IisTableSize, n)
	found := 0
	for _, e := range take(t, table, n) {
		switch e.IinName {
		case p:
			equal(t, "type", e.IinType, mach.MACH_PORT_TYPE_SEND_RECEIVE)
			equal(t, "references", e.IinUrefs, 5)
			found++
		case d:
			equal(t, "type", e.IinType, mach.MACH_PORT_TYPE_DEAD_NAME)
			equal(t, "references", e.IinUrefs, 1)
			found++
		case s:
			equal(t, "type", e.IinType, mach.MACH_PORT_TYPE_PORT_SET)
			found++
		}
	}
	equal(t, "names found in the table", found, 3)
}

// xnu osfmk/ipc/mach_debug.c, mach_port_space_basic_info.
func TestSpaceBasicInfo(t *testing.T) {
	begin(t)
	var a, b mach.IPCInfoSpaceBasic
	ok(t, "mach_port_space_basic_info", mach.MachPortSpaceBasicInfo(self(), &a))
	for i := 0; i < 10; i++ {
		newPort(t)
	}
	ok(t, "mach_port_space_basic_info", mach.MachPortSpaceBasicInfo(self(), &b))
	if b.IisbTableInuse < a.IisbTableInuse+10 || b.IisbTableInuse > a.IisbTableInuse+20 {
		t.Errorf("ten ports more, and names in use go from %d to %d", a.IisbTableInuse, b.IisbTableInuse)
	}
	if b.IisbTableSize < b.IisbTableInuse {
		t.Errorf("a table of %d holds %d names", b.IisbTableSize, b.IisbTableInuse)
	}
}

// xnu osfmk/ipc/mach_debug.c, mach_port_kobject; osfmk/kern/ipc_kobject.h.
func TestKobject(t *testing.T) {
	begin(t)
	sem := semaphore(t, 0)
	var set mach.MachPort
	ok(t, "processor_set_default", mach.ProcessorSetDefault(host(t), &set))
	defer mach.MachPortDeallocate(self(), set)
	for name, w := range map[mach.MachPort]mach.IPCInfoObjectType{
		self():     mach.IPC_OTYPE_TASK_CONTROL,
		thread(t):  mach.IPC_OTYPE_THREAD_CONTROL,
		newPort(t): mach.IPC_OTYPE_NONE, sendPort(t): mach.IPC_OTYPE_NONE,
		sem: mach.IPC_OTYPE_SEMAPHORE, set: mach.IPC_OTYPE_PROCESSOR_SET_NAME,
	} {
		kind, addr := mach.IPCInfoObjectType(99), uint64(99)
		ok(t, "mach_port_kobject", mach.MachPortKobject(self(), name, &kind, &addr))
		equal(t, "kind", kind, w)
		if w == mach.IPC_OTYPE_NONE {
			equal(t, "address", addr, 0)
		}
		var text mach.KobjectDescription
		text[0] = 'x'
		ok(t, "mach_port_kobject_description", mach.MachPortKobjectDescription(self(), name, &kind, &addr, &text))
		equal(t, "kind", kind, w)
		equal(t, "first byte of the description", text[0], 0)
		// xnu libsyscall/mach/mach_port.c: the old call is the new one.
		var old mach.IPCInfoObjectType
		var place uint32
		ok(t, "mach_port_kernel_object", mach.MachPortKernelObject(self(), name, &old, &place))
		equal(t, "kind by the old call", old, w)
	}
	kind := mach.IPCInfoObjectType(0)
	addr := uint64(0)
	ok(t, "mach_port_kobject", mach.MachPortKobject(self(), host(t), &kind, &addr))
	if kind != mach.IPC_OTYPE_HOST && kind != mach.IPC_OTYPE_HOST_PRIV {
		t.Errorf("the host port is of kind %d", kind)
	}
}

// xnu osfmk/ipc/mach_debug.c, mach_port_kobject_description.
func TestKobjectErrors(t *testing.T) {
	begin(t)
	var kind mach.IPCInfoObjectType
	var addr uint64
	var text mach.KobjectDescription
	p := newPort(t)
	for name, code := range map[mach.MachPort]mach.KernReturn{
		absent(t): mach.KERN_INVALID_NAME, newSet(t): mach.KERN_INVALID_RIGHT,
		sendOnce(t, p): mach.KERN_INVALID_RIGHT, newDeadName(t): mach.KERN_INVALID_NAME,
	} {
		want(t, "mach_port_kobject", mach.MachPortKobject(self(), name, &kind, &addr), code)
		want(t, "mach_port_kobject_description", mach.MachPortKobjectDescription(self(), name, &kind, &addr, &text), code)
	}
}

// xnu osfmk/ipc/mach_debug.c, mach_port_dnrequest_info.
func TestDeadNameRequestInfo(t *testing.T) {
	begin(t)
	p, n := sendPort(t), newPort(t)
	var total, used uint32
	ok(t, "mach_port_dnrequest_info", mach.MachPortDnrequestInfo(self(), p, &total, &used))
	equal(t, "requests", used, 0)
	var previous mach.MachPort
	ok(t, "mach_port_request_notification", mach.MachPortRequestNotification(self(), p, mach.MACH_NOTIFY_DEAD_NAME, 0, n, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous))
	ok(t, "mach_port_dnrequest_info", mach.MachPortDnrequestInfo(self(), p, &total, &used))
	equal(t, "requests", used, 1)
	if total < used {
		t.Errorf("a table of %d holds %d requests", total, used)
	}
	var size int32
	count := mach.MachMsgTypeNumber(1)
	ok(t, "mach_port_get_attributes", mach.MachPortGetAttributes(self(), p, mach.MACH_PORT_DNREQUESTS_SIZE, &size, &count))
	equal(t, "table size", uint32(size), total)
	equal(t, "type with a request", typeOf(t, p), mach.MACH_PORT_TYPE_SEND_RECEIVE|mach.MACH_PORT_TYPE_DNREQUEST)
	ok(t, "mach_port_request_notification", mach.MachPortRequestNotification(self(), p, mach.MACH_NOTIFY_DEAD_NAME, 0, none, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous))
	dropSend(t, previous)
	discard(receive(t, n, 0))
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND_RECEIVE)
}

// xnu osfmk/ipc/mach_port.c, mach_port_peek; tests/ipc/port_peek.c.
func TestPeek(t *testing.T) {
	begin(t)
	p := sendPort(t)
	var size mach.MachMsgSize
	var id int32
	var tr mach.MachMsgAuditTrailer
	const audit = mach.MACH_RCV_TRAILER_AUDIT << 24
	peek := func(seq uint32) (uint32, error) {
		n := mach.MachMsgTypeNumber(sizeOf[mach.MachMsgAuditTrailer]())
		err := mach.MachPortPeek(self(), p, audit, &seq, &size, &id, (*byte)(pointer(&tr)), &n)
		if err == nil {
			equal(t, "size of the trailer", int(n), sizeOf[mach.MachMsgAuditTrailer]())
		}
		return seq, err
	}
	_, err := peek(0)
	want(t, "mach_port_peek", err, mach.KERN_FAILURE)
	ok(t, "mach_port_set_seqno", mach.MachPortSetSeqno(self(), p, 40))
	for i := int32(0); i < 3; i++ {
		ok(t, "mach_msg", poke(p, 100+i))
	}
	seq, err := peek(0)
	ok(t, "mach_port_peek", err)
	equal(t, "sequence number", seq, 40)
	equal(t, "id", id, 100)
	// The size is that of the message with the trailer that is asked for, or
	// of the message alone, by version: at least the header.
	if size < headerSize {
		t.Errorf("a message of %d bytes", size)
	}
	equal(t, "trailer type", tr.MsghTrailerType, mach.MACH_MSG_TRAILER_FORMAT_0)
	seq, err = peek(42)
	ok(t, "mach_port_peek", err)
	equal(t, "sequence number", seq, 42)
	equal(t, "sequence number in the trailer", tr.MsghSeqno, 42)
	equal(t, "id", id, 102)
	_, err = peek(43)
	want(t, "mach_port_peek", err, mach.KERN_FAILURE)
	equal(t, "messages that peeking leaves", status(t, p).MpsMsgcount, 3)
	n := mach.MachMsgTypeNumber(52)
	want(t, "mach_port_peek", mach.MachPortPeek(self(), none, audit, &seq, &size, &id, (*byte)(pointer(&tr)), &n), mach.KERN_INVALID_RIGHT)
}

// xnu osfmk/ipc/mach_port.c, mach_port_peek.
func TestPeekErrors(t *testing.T) {
	violation(t, "wrong names and trailers")
	begin(t)
	p := newPort(t)
	room := newBuffer(128)
	var size mach.MachMsgSize
	var id int32
	peek := func(name mach.MachPort, kind, n uint32, code mach.KernReturn) {
		t.Helper()
		var seq uint32
		want(t, "mach_port_peek", mach.MachPortPeek(self(), name, kind<<24, &seq, &size, &id, &room.bytes()[0], &n), code)
	}
	peek(p, mach.MACH_RCV_TRAILER_AV, 68, mach.KERN_INVALID_VALUE)
	peek(p, mach.MACH_RCV_TRAILER_AUDIT, 20, mach.KERN_INVALID_VALUE)
	peek(absent(t), 0, 68, mach.KERN_INVALID_NAME)
	peek(sendOnly(t), 0, 68, mach.KERN_INVALID_RIGHT)
}

// xnu osfmk/ipc/mach_port.c, mach_port_is_connection_for_service and
// mach_port_get_service_port_info.
func TestServicePortErrors(t *testing.T) {
	begin(t)
	p, q := newPort(t), newPort(t)
	var filter uint64
	want(t, "mach_port_is_connection_for_service", mach.MachPortIsConnectionForService(self(), p, q, &filter), mach.KERN_INVALID_CAPABILITY, mach.KERN_NOT_SUPPORTED)
	var info mach.MachServicePortInfo
	want(t, "mach_port_get_service_port_info", mach.MachPortGetServicePortInfo(self(), p, &info), mach.KERN_NOT_SUPPORTED, mach.KERN_INVALID_CAPABILITY)
}
