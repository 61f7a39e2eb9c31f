package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/ipc/mach_port.c, mach_port_get_attributes and
// mach_port_set_attributes, MACH_PORT_LIMITS_INFO.
func TestLimits(t *testing.T) {
	begin(t)
	p := newPort(t)
	for _, limit := range []uint32{0, 1, 17, mach.MACH_PORT_QLIMIT_MAX} {
		l := mach.MachPortLimits{MplQlimit: limit}
		ok(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&l), mach.MACH_PORT_LIMITS_INFO_COUNT))
		l, n := mach.MachPortLimits{}, mach.MachMsgTypeNumber(5)
		ok(t, "mach_port_get_attributes", mach.MachPortGetAttributes(self(), p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&l), &n))
		equal(t, "queue limit", l.MplQlimit, limit)
		equal(t, "count", n, mach.MACH_PORT_LIMITS_INFO_COUNT)
		equal(t, "queue limit in the status", status(t, p).MpsQlimit, limit)
	}
	l := mach.MachPortLimits{MplQlimit: mach.MACH_PORT_QLIMIT_MAX + 1}
	want(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&l), 1), mach.KERN_INVALID_VALUE)
	want(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&l), 0), mach.KERN_FAILURE)
}

// xnu osfmk/ipc/mach_port.c, mach_port_get_status_helper: each field.
func TestReceiveStatus(t *testing.T) {
	begin(t)
	p, s, q := sendPort(t), newSet(t), newPort(t)
	sendOnce(t, p)
	sendOnce(t, p)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, s))
	ok(t, "mach_port_set_mscount", mach.MachPortSetMscount(self(), p, 7))
	ok(t, "mach_port_set_seqno", mach.MachPortSetSeqno(self(), p, 8))
	ok(t, "mach_msg", poke(p, 1))
	ok(t, "mach_msg", poke(p, 2))
	var previous mach.MachPort
	ok(t, "mach_port_request_notification", mach.MachPortRequestNotification(self(), p, mach.MACH_NOTIFY_NO_SENDERS, 99, q, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous))
	ok(t, "mach_port_request_notification", mach.MachPortRequestNotification(self(), p, mach.MACH_NOTIFY_PORT_DESTROYED, 0, q, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous))
	got := status(t, p)
	equal(t, "in a set", got.MpsPset != 0, true)
	equal(t, "sequence number", got.MpsSeqno, 8)
	equal(t, "make-send count", got.MpsMscount, 7)
	equal(t, "queue limit", got.MpsQlimit, mach.MACH_PORT_QLIMIT_DEFAULT)
	equal(t, "messages", got.MpsMsgcount, 2)
	equal(t, "send-once rights", got.MpsSorights, 2)
	equal(t, "send rights", got.MpsSrights, 1)
	equal(t, "port-destroyed request", got.MpsPdrequest, 1)
	equal(t, "no-senders request", got.MpsNsrequest, 1)
	equal(t, "flags", got.MpsFlags, 0)

	var ext mach.MachPortInfoExt
	n := mach.MACH_PORT_INFO_EXT_COUNT
	ok(t, "mach_port_get_attributes", mach.MachPortGetAttributes(self(), p, mach.MACH_PORT_INFO_EXT, mach.Info(&ext), &n))
	equal(t, "status in the extended information", ext.MpieStatus, got)
	equal(t, "boosts", ext.MpieBoostCnt, 0)
	equal(t, "count", n, mach.MACH_PORT_INFO_EXT_COUNT)

	// Take the requests back: the port-destroyed one by letting it fire.
	ok(t, "mach_port_request_notification", mach.MachPortRequestNotification(self(), p, mach.MACH_NOTIFY_NO_SENDERS, 0, none, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous))
	dropSend(t, previous)
	dropReceive(t, p)
	discard(receive(t, q, 0))
	discard(receive(t, q, 0))
}

// xnu osfmk/ipc/mach_port.c, mach_port_get_attributes: rooms and names.
func TestGetAttributesErrors(t *testing.T) {
	begin(t)
	p, so := newPort(t), sendOnly(t)
	var info mach.MachPortInfoExt
	get := func(name mach.MachPort, f mach.MachPortFlavor, n mach.MachMsgTypeNumber, code mach.KernReturn) {
		t.Helper()
		want(t, "mach_port_get_attributes", mach.MachPortGetAttributes(self(), name, f, mach.Info(&info), &n), code)
	}
	get(p, mach.MACH_PORT_LIMITS_INFO, 0, mach.KERN_FAILURE)
	get(p, mach.MACH_PORT_RECEIVE_STATUS, 9, mach.KERN_FAILURE)
	get(p, mach.MACH_PORT_INFO_EXT, mach.MACH_PORT_INFO_EXT_COUNT-1, mach.KERN_FAILURE)
	get(p, mach.MACH_PORT_DNREQUESTS_SIZE, 0, mach.KERN_FAILURE)
	get(p, 77, 17, mach.KERN_INVALID_ARGUMENT)
	get(none, mach.MACH_PORT_RECEIVE_STATUS, 10, mach.KERN_INVALID_RIGHT)
	get(absent(t), mach.MACH_PORT_RECEIVE_STATUS, 10, mach.KERN_INVALID_NAME)
	get(so, mach.MACH_PORT_RECEIVE_STATUS, 10, mach.KERN_INVALID_RIGHT)
	get(newSet(t), mach.MACH_PORT_RECEIVE_STATUS, 10, mach.KERN_INVALID_RIGHT)
	get(p, mach.MACH_PORT_SERVICE_THROTTLED, 1, mach.KERN_INVALID_CAPABILITY)
	one := mach.MachPortLimits{MplQlimit: 1}
	set := func(name mach.MachPort, f mach.MachPortFlavor, n mach.MachMsgTypeNumber, code mach.KernReturn) {
		t.Helper()
		want(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), name, f, mach.Info(&one), n), code)
	}
	set(none, mach.MACH_PORT_LIMITS_INFO, 1, mach.KERN_INVALID_RIGHT)
	set(absent(t), mach.MACH_PORT_LIMITS_INFO, 1, mach.KERN_INVALID_NAME)
	set(so, mach.MACH_PORT_LIMITS_INFO, 1, mach.KERN_INVALID_RIGHT)
	set(p, 77, 1, mach.KERN_INVALID_ARGUMENT)
	set(p, mach.MACH_PORT_SERVICE_THROTTLED, 1, mach.KERN_INVALID_CAPABILITY)
}

// xnu osfmk/ipc/mach_port.c, mach_port_set_attributes: importance, and the
// request table that is accepted without effect.
func TestSetImportanceAttributes(t *testing.T) {
	begin(t)
	p := newPort(t)
	for _, f := range []mach.MachPortFlavor{mach.MACH_PORT_IMPORTANCE_RECEIVER, mach.MACH_PORT_DENAP_RECEIVER, mach.MACH_PORT_TEMPOWNER} {
		ok(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), p, f, nil, 0))
	}
	flags := mach.Natural(mach.MACH_PORT_STATUS_FLAG_IMP_DONATION | mach.MACH_PORT_STATUS_FLAG_TEMPOWNER)
	equal(t, "flags", status(t, p).MpsFlags&flags, flags)
	size := int32(40)
	ok(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), p, mach.MACH_PORT_DNREQUESTS_SIZE, &size, 1))
}

// xnu osfmk/ipc/mach_port.c, mach_port_set_mscount, mach_port_set_seqno,
// mach_port_get_srights and mach_port_get_context, mach_port_set_context.
func TestPortCounters(t *testing.T) {
	begin(t)
	p, so := newPort(t), sendOnly(t)
	ok(t, "mach_port_set_context", mach.MachPortSetContext(self(), p, guardWord))
	var c uint64
	ok(t, "mach_port_get_context", mach.MachPortGetContext(self(), p, &c))
	equal(t, "context", c, guardWord)
	ok(t, "mach_port_set_mscount", mach.MachPortSetMscount(self(), p, 0xfffffff0))
	equal(t, "make-send count", status(t, p).MpsMscount, 0xfffffff0)
	for name, code := range map[mach.MachPort]mach.KernReturn{absent(t): mach.KERN_INVALID_NAME, so: mach.KERN_INVALID_RIGHT, newDeadName(t): mach.KERN_INVALID_NAME} {
		var n mach.MachPortRights
		want(t, "mach_port_set_mscount", mach.MachPortSetMscount(self(), name, 1), code)
		want(t, "mach_port_set_seqno", mach.MachPortSetSeqno(self(), name, 1), code)
		want(t, "mach_port_get_srights", mach.MachPortGetSrights(self(), name, &n), code)
		want(t, "mach_port_get_context", mach.MachPortGetContext(self(), name, &c), code)
		want(t, "mach_port_set_context", mach.MachPortSetContext(self(), name, 1), code)
		var total, used uint32
		want(t, "mach_port_dnrequest_info", mach.MachPortDnrequestInfo(self(), name, &total, &used), code)
	}
}

// xnu osfmk/ipc/mach_port.c: names that are no receive rights, of the calls
// that raise a guard exception then.
func TestGuardNameErrors(t *testing.T) {
	violation(t, "wrong names and rights")
	begin(t)
	info := mach.MachPortGuardInfo{MpgiGuard: 1}
	for name, code := range map[mach.MachPort]mach.KernReturn{absent(t): mach.KERN_INVALID_NAME, sendOnly(t): mach.KERN_INVALID_RIGHT} {
		want(t, "mach_port_guard", mach.MachPortGuard(self(), name, 1, 0), code)
		want(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), name, 1, 0), code)
		want(t, "mach_port_unguard", mach.MachPortUnguard(self(), name, 1), code)
		want(t, "mach_port_swap_guard", mach.MachPortSwapGuard(self(), name, 1, 2), code)
		want(t, "mach_port_assert_attributes", mach.MachPortAssertAttributes(self(), name, mach.MACH_PORT_GUARD_INFO, mach.Info(&info), mach.MACH_PORT_GUARD_INFO_COUNT), code)
	}
}
