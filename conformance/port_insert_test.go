package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/ipc/ipc_object.c, ipc_object_insert_send_right: the fast path of
// MAKE_SEND and COPY_SEND into one's own space.
func TestInsertSendRight(t *testing.T) {
	begin(t)
	p := newPort(t)
	for i := uint32(1); i < 4; i++ {
		ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), p, p, mach.MACH_MSG_TYPE_MAKE_SEND))
		refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, i)
		equal(t, "make-send count", status(t, p).MpsMscount, i)
	}
	ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), p, p, mach.MACH_MSG_TYPE_COPY_SEND))
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 4)
	equal(t, "make-send count", status(t, p).MpsMscount, 3)
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND_RECEIVE)
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_copyout: a send-once right stands alone
// under a name of its own.
func TestInsertSendOnceRight(t *testing.T) {
	begin(t)
	p, name := newPort(t), absent(t)
	ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), name, p, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE))
	typeIs(t, name, mach.MACH_PORT_TYPE_SEND_ONCE)
	refsAre(t, name, mach.MACH_PORT_RIGHT_SEND_ONCE, 1)
	equal(t, "send-once rights", status(t, p).MpsSorights, 1)
	equal(t, "make-send count", status(t, p).MpsMscount, 0)
	other := absent(t)
	ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), other, name, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE))
	gone(t, name)
	typeIs(t, other, mach.MACH_PORT_TYPE_SEND_ONCE)
	dropSend(t, other)
	discard(receive(t, p, 0)) // the send-once notification
}

// xnu osfmk/ipc/ipc_object.c, ipc_object_copyout_name.
func TestInsertRightMovesReceive(t *testing.T) {
	begin(t)
	p, name := newPort(t), absent(t)
	ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), name, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	gone(t, p)
	typeIs(t, name, mach.MACH_PORT_TYPE_RECEIVE)
	dropReceive(t, name)
}

// xnu osfmk/ipc/mach_port.c, mach_port_insert_right; mach_kernelrpc.c,
// _kernelrpc_mach_port_insert_right_trap; ipc_object.c, ipc_object_copyin.
func TestInsertRightErrors(t *testing.T) {
	begin(t)
	p, q, set, dead := sendPort(t), sendPort(t), newSet(t), newDeadName(t)
	const free = mach.MachPort(1) // stands for a name that denotes nothing
	for _, c := range []struct {
		name, poly mach.MachPort
		how        mach.MachMsgTypeName
		codes      []mach.KernReturn
	}{
		{none, p, mach.MACH_MSG_TYPE_MAKE_SEND, []mach.KernReturn{mach.KERN_INVALID_VALUE}},
		{mach.MACH_PORT_DEAD, p, mach.MACH_MSG_TYPE_MAKE_SEND, []mach.KernReturn{mach.KERN_INVALID_VALUE}},
		{free, p, 99, []mach.KernReturn{mach.KERN_INVALID_RIGHT}}, // the copy-in comes first, and judges
		{q, p, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, []mach.KernReturn{mach.KERN_NAME_EXISTS}},
		{set, newPort(t), mach.MACH_MSG_TYPE_MAKE_SEND, []mach.KernReturn{mach.KERN_RIGHT_EXISTS}},
		{free, p, mach.MACH_MSG_TYPE_MAKE_SEND, []mach.KernReturn{mach.KERN_RIGHT_EXISTS}},
		{free, dead, mach.MACH_MSG_TYPE_COPY_SEND, []mach.KernReturn{mach.KERN_INVALID_CAPABILITY}},
		{free, absent(t), mach.MACH_MSG_TYPE_COPY_SEND, []mach.KernReturn{mach.KERN_INVALID_NAME}},
		{free, newPort(t), mach.MACH_MSG_TYPE_COPY_SEND, []mach.KernReturn{mach.KERN_INVALID_RIGHT}},
		{free, set, mach.MACH_MSG_TYPE_MAKE_SEND, []mach.KernReturn{mach.KERN_INVALID_RIGHT}},
	} {
		if c.name == free {
			c.name = absent(t)
		}
		want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), c.name, c.poly, c.how), c.codes...)
	}
	notification(t, p, mach.MACH_NOTIFY_SEND_ONCE, headerSize) // of the right that a failed insertion destroyed
	equal(t, "send-once rights", status(t, p).MpsSorights, 0)
}

// xnu osfmk/ipc/mach_kernelrpc.c, _kernelrpc_mach_port_insert_right_trap: the
// right is looked up as any name is, also MACH_PORT_NULL and MACH_PORT_DEAD.
func TestInsertNullRight(t *testing.T) {
	begin(t)
	for _, poly := range []mach.MachPort{none, mach.MACH_PORT_DEAD} {
		want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), absent(t), poly, mach.MACH_MSG_TYPE_COPY_SEND), mach.KERN_INVALID_NAME)
		want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), poly, poly, mach.MACH_MSG_TYPE_MAKE_SEND), mach.KERN_INVALID_NAME)
	}
}

// xnu osfmk/ipc/ipc_object.c, ipc_object_insert_send_right: a name's own right
// is judged by what the name denotes.
func TestInsertSameName(t *testing.T) {
	begin(t)
	p, set, dead, gone := sendPort(t), newSet(t), newDeadName(t), absent(t)
	once := newPort(t)
	onceName := sendOnce(t, once)
	for _, how := range []mach.MachMsgTypeName{mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_COPY_SEND} {
		insert := func(name mach.MachPort, code mach.KernReturn) {
			t.Helper()
			want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), name, name, how), code)
		}
		ok(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), p, p, how))
		insert(set, mach.KERN_INVALID_RIGHT)
		insert(dead, mach.KERN_INVALID_CAPABILITY)
		insert(gone, mach.KERN_INVALID_NAME)
		insert(onceName, mach.KERN_INVALID_RIGHT)
	}
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 3)
	equal(t, "make-send count", status(t, p).MpsMscount, 2)
	want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), once, once, mach.MACH_MSG_TYPE_COPY_SEND), mach.KERN_INVALID_RIGHT)
}

// xnu osfmk/ipc/mach_kernelrpc.c, _kernelrpc_mach_port_request_notification_trap:
// a request is withdrawn by the routine, not by the trap.
func TestRequestNotificationTrapNull(t *testing.T) {
	begin(t)
	p := newPort(t)
	previous := mach.MachPort(1)
	for _, notify := range []mach.MachPort{none, mach.MACH_PORT_DEAD} {
		want(t, "_kernelrpc_mach_port_request_notification_trap", mach.KernelrpcMachPortRequestNotificationTrap(self(), p,
			mach.MACH_NOTIFY_NO_SENDERS, 0, notify, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous), mach.MACH_SEND_INVALID_DEST)
	}
}

// xnu osfmk/ipc/mach_port.c, mach_port_extract_right.
func TestExtractRight(t *testing.T) {
	begin(t)
	p := sendPort(t)
	var name mach.MachPort
	var kind mach.MachMsgTypeName
	ok(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), p, mach.MACH_MSG_TYPE_COPY_SEND, &name, &kind))
	equal(t, "name", name, p)
	equal(t, "kind", kind, mach.MACH_MSG_TYPE_PORT_SEND)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 2)
	ok(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), p, mach.MACH_MSG_TYPE_MAKE_SEND, &name, &kind))
	equal(t, "name", name, p)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 3)
	ok(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), p, mach.MACH_MSG_TYPE_MOVE_SEND, &name, &kind))
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 3)
	ok(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), p, mach.MACH_MSG_TYPE_MOVE_RECEIVE, &name, &kind))
	equal(t, "kind", kind, mach.MACH_MSG_TYPE_PORT_RECEIVE)
	equal(t, "name", name, p)
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	r := newPort(t)
	ok(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), r, mach.MACH_MSG_TYPE_MOVE_RECEIVE, &name, &kind))
	typeIs(t, name, mach.MACH_PORT_TYPE_RECEIVE)
	dropReceive(t, name)
}

// xnu osfmk/ipc/mach_port.c, mach_port_extract_right.
func TestExtractRightErrors(t *testing.T) {
	begin(t)
	p := newPort(t)
	var name mach.MachPort
	var kind mach.MachMsgTypeName
	want(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), p, 99, &name, &kind), mach.KERN_INVALID_VALUE)
	want(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), none, mach.MACH_MSG_TYPE_COPY_SEND, &name, &kind), mach.KERN_INVALID_RIGHT)
	want(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), absent(t), mach.MACH_MSG_TYPE_COPY_SEND, &name, &kind), mach.KERN_INVALID_NAME)
	want(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), p, mach.MACH_MSG_TYPE_COPY_SEND, &name, &kind), mach.KERN_INVALID_RIGHT)
	want(t, "mach_port_extract_right", mach.MachPortExtractRight(self(), newSet(t), mach.MACH_MSG_TYPE_MOVE_RECEIVE, &name, &kind), mach.KERN_INVALID_RIGHT)
}

// xnu osfmk/ipc/mach_kernelrpc.c: the traps serve the calling task alone, and
// any other target is no destination to them.
func TestTraps(t *testing.T) {
	begin(t)
	h := host(t)
	var name mach.MachPort
	ok(t, "_kernelrpc_mach_port_allocate_trap", mach.KernelrpcMachPortAllocateTrap(self(), mach.MACH_PORT_RIGHT_RECEIVE, &name))
	ok(t, "_kernelrpc_mach_port_insert_right_trap", mach.KernelrpcMachPortInsertRightTrap(self(), name, name, mach.MACH_MSG_TYPE_MAKE_SEND))
	typeIs(t, name, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	var ty mach.MachPortType_t
	ok(t, "_kernelrpc_mach_port_type_trap", mach.KernelrpcMachPortTypeTrap(self(), name, &ty))
	equal(t, "type", ty, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	ok(t, "_kernelrpc_mach_port_guard_trap", mach.KernelrpcMachPortGuardTrap(self(), name, 5, 0))
	ok(t, "_kernelrpc_mach_port_unguard_trap", mach.KernelrpcMachPortUnguardTrap(self(), name, 5))
	ok(t, "_kernelrpc_mach_port_deallocate_trap", mach.KernelrpcMachPortDeallocateTrap(self(), name))
	ok(t, "_kernelrpc_mach_port_mod_refs_trap", mach.KernelrpcMachPortModRefsTrap(self(), name, mach.MACH_PORT_RIGHT_RECEIVE, -1))
	ok(t, "_kernelrpc_mach_port_construct_trap", mach.KernelrpcMachPortConstructTrap(self(), &mach.MachPortOptions{}, 4, &name))
	var lim mach.MachPortLimits
	n := mach.MACH_PORT_LIMITS_INFO_COUNT
	ok(t, "_kernelrpc_mach_port_get_attributes_trap", mach.KernelrpcMachPortGetAttributesTrap(self(), name, mach.MACH_PORT_LIMITS_INFO, mach.Info(&lim), &n))
	equal(t, "queue limit", lim.MplQlimit, mach.MACH_PORT_QLIMIT_DEFAULT)
	ok(t, "_kernelrpc_mach_port_destruct_trap", mach.KernelrpcMachPortDestructTrap(self(), name, 0, 0))
	var addr uint64
	ok(t, "_kernelrpc_mach_vm_allocate_trap", mach.KernelrpcMachVMAllocateTrap(self(), &addr, page(), mach.VM_FLAGS_ANYWHERE))
	ok(t, "_kernelrpc_mach_vm_protect_trap", mach.KernelrpcMachVMProtectTrap(self(), addr, page(), 0, mach.VM_PROT_READ))
	ok(t, "_kernelrpc_mach_vm_deallocate_trap", mach.KernelrpcMachVMDeallocateTrap(self(), addr, page()))
	ok(t, "_kernelrpc_mach_vm_map_trap", mach.KernelrpcMachVMMapTrap(self(), &addr, page(), 0, mach.VM_FLAGS_ANYWHERE, mach.VM_PROT_DEFAULT))
	ok(t, "_kernelrpc_mach_vm_deallocate_trap", mach.KernelrpcMachVMDeallocateTrap(self(), addr, page()))

	p, s := newPort(t), newSet(t)
	ok(t, "_kernelrpc_mach_port_insert_member_trap", mach.KernelrpcMachPortInsertMemberTrap(self(), p, s))
	ok(t, "_kernelrpc_mach_port_extract_member_trap", mach.KernelrpcMachPortExtractMemberTrap(self(), p, s))
	ok(t, "_kernelrpc_mach_port_move_member_trap", mach.KernelrpcMachPortMoveMemberTrap(self(), p, s))
	var previous mach.MachPort
	ok(t, "_kernelrpc_mach_port_request_notification_trap", mach.KernelrpcMachPortRequestNotificationTrap(self(), p, mach.MACH_NOTIFY_NO_SENDERS, 1, p, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous))

	dest := func(fn string, err error) { t.Helper(); want(t, fn, err, mach.MACH_SEND_INVALID_DEST) }
	var state int32
	dest("_kernelrpc_mach_port_allocate_trap", mach.KernelrpcMachPortAllocateTrap(h, mach.MACH_PORT_RIGHT_RECEIVE, &name))
	dest("_kernelrpc_mach_port_insert_right_trap", mach.KernelrpcMachPortInsertRightTrap(h, p, p, mach.MACH_MSG_TYPE_MAKE_SEND))
	dest("_kernelrpc_mach_port_type_trap", mach.KernelrpcMachPortTypeTrap(h, p, &ty))
	dest("_kernelrpc_mach_port_guard_trap", mach.KernelrpcMachPortGuardTrap(h, p, 5, 0))
	dest("_kernelrpc_mach_port_unguard_trap", mach.KernelrpcMachPortUnguardTrap(h, p, 5))
	dest("_kernelrpc_mach_port_deallocate_trap", mach.KernelrpcMachPortDeallocateTrap(h, p))
	dest("_kernelrpc_mach_port_mod_refs_trap", mach.KernelrpcMachPortModRefsTrap(h, p, mach.MACH_PORT_RIGHT_RECEIVE, -1))
	dest("_kernelrpc_mach_port_construct_trap", mach.KernelrpcMachPortConstructTrap(h, &mach.MachPortOptions{}, 4, &name))
	dest("_kernelrpc_mach_port_get_attributes_trap", mach.KernelrpcMachPortGetAttributesTrap(h, p, mach.MACH_PORT_LIMITS_INFO, mach.Info(&lim), &n))
	dest("_kernelrpc_mach_port_destruct_trap", mach.KernelrpcMachPortDestructTrap(h, p, 0, 0))
	dest("_kernelrpc_mach_port_insert_member_trap", mach.KernelrpcMachPortInsertMemberTrap(h, p, s))
	dest("_kernelrpc_mach_port_extract_member_trap", mach.KernelrpcMachPortExtractMemberTrap(h, p, s))
	dest("_kernelrpc_mach_port_move_member_trap", mach.KernelrpcMachPortMoveMemberTrap(h, p, s))
	dest("_kernelrpc_mach_port_request_notification_trap", mach.KernelrpcMachPortRequestNotificationTrap(h, p, mach.MACH_NOTIFY_NO_SENDERS, 1, p, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous))
	dest("_kernelrpc_mach_vm_allocate_trap", mach.KernelrpcMachVMAllocateTrap(h, &addr, page(), mach.VM_FLAGS_ANYWHERE))
	dest("_kernelrpc_mach_vm_protect_trap", mach.KernelrpcMachVMProtectTrap(h, addr, page(), 0, mach.VM_PROT_READ))
	dest("_kernelrpc_mach_vm_deallocate_trap", mach.KernelrpcMachVMDeallocateTrap(h, addr, page()))
	dest("_kernelrpc_mach_vm_map_trap", mach.KernelrpcMachVMMapTrap(h, &addr, page(), 0, mach.VM_FLAGS_ANYWHERE, mach.VM_PROT_DEFAULT))
	dest("_kernelrpc_mach_vm_purgable_control_trap", mach.KernelrpcMachVMPurgableControlTrap(h, addr, mach.VM_PURGABLE_GET_STATE, &state))
}

// xnu osfmk/ipc/mach_kernelrpc.c, _kernelrpc_mach_port_allocate_trap: the name
// cannot be stored, and no port is left over.
func TestAllocateTrapBadAddress(t *testing.T) {
	begin(t)
	bad := alloc(t, page())
	ok(t, "mach_vm_protect", mach.MachVMProtect(self(), bad, page(), 0, mach.VM_PROT_NONE))
	want(t, "_kernelrpc_mach_port_allocate_trap", mach.KernelrpcMachPortAllocateTrap(self(), mach.MACH_PORT_RIGHT_RECEIVE, at[mach.MachPort](bad)), mach.KERN_MEMORY_ERROR)
}
