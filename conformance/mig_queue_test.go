package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// kobjectCall says why a routine on a message queue cannot be tried on a Mac:
// libSystem calls routines with MACH64_SEND_KOBJECT_CALL since macOS 13, which
// a message queue takes only where System Integrity Protection is off (xnu
// osfmk/ipc/ipc_policy.c, ipc_validate_kmsg_dest_from_user; before that, and
// here, the request is sent).
func kobjectCall(t testing.TB) {
	t.Helper()
	violation(t, "a routine for objects of the kernel on a message queue (kGUARD_EXC_INVALID_OPTIONS)")
}

// xnu osfmk/mach/mach_vm.defs, mach_vm_region (4816): called on a port that the
// program serves, the routine sends its request and waits for the reply.
func TestRoutineOnQueue(t *testing.T) {
	kobjectCall(t)
	begin(t)
	p := sendPort(t)
	addr, size, count, object := mach.MachVMAddress(0x10000), mach.MachVMSize(7), mach.MachMsgTypeNumber(mach.VM_REGION_BASIC_INFO_COUNT_64), mach.MachPort(99)
	var info mach.VMRegionBasicInfo64
	region := func() error {
		return mach.MachVMRegion(p, &addr, &size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &count, &object)
	}
	wait := answer(t, p, func(in, out buffer) int {
		equal(t, "id", in.head().MsghID, 4816)
		equal(t, "bits", in.head().MsghBits, bits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, mach.MACH_MSG_TYPE_PORT_SEND))
		equal(t, "size", in.head().MsghSize, 48)
		equal(t, "address", pick[mach.PackedUint64](in, 32).Uint64(), 0x10000)
		equal(t, "flavor", pick[int32](in, 40), int32(mach.VM_REGION_BASIC_INFO_64))
		equal(t, "room", pick[mach.MachMsgTypeNumber](in, 44), mach.MachMsgTypeNumber(mach.VM_REGION_BASIC_INFO_COUNT_64))
		return place(out, 32, mach.KERN_NO_SPACE)
	})
	want(t, "mach_vm_region", region(), mach.KERN_NO_SPACE)
	wait()
	// Out-arguments of a routine that fails stay as they are.
	equal(t, "address", addr, 0x10000)
	equal(t, "size", size, 7)
	equal(t, "object", object, mach.MachPort(99))
	// Whoever destroys the request ends the call.
	wait = onThread(t, func() {
		in := newBuffer(8192)
		ok(t, "mach_msg", mach.MachMsg(in.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, in.size(), p, 8000, none))
		mach.MachMsgDestroy(in.head())
	})
	want(t, "mach_vm_region", region(), mach.MIG_SERVER_DIED)
	wait()
	wait = answer(t, p, func(in, out buffer) int {
		in.head().MsghID++
		return place(out, 32, mach.KERN_SUCCESS)
	})
	want(t, "mach_vm_region", region(), mach.MIG_REPLY_MISMATCH)
	wait()
	record("mig", mach.MIG_SERVER_DIED)
	record("mig", mach.MIG_REPLY_MISMATCH)
}

// xnu osfmk/mach/mach_vm.defs, mach_vm_write (4806): memory goes out of line in
// the request, and its sender keeps it.
func TestRoutineOnQueueMemory(t *testing.T) {
	kobjectCall(t)
	begin(t)
	p := sendPort(t)
	var from mach.MachVMAddress
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &from, page(), anywhere))
	fill(from, int(page()), 5)
	wait := answer(t, p, func(in, out buffer) int {
		equal(t, "id", in.head().MsghID, 4806)
		d := pick[mach.MachMsgOOLDescriptor](in, 28)
		equal(t, "size out of line", uint64(d.Size), uint64(page()))
		filled(t, "memory", view(d.Address.Uint64(), int(page())), 5)
		equal(t, "address", pick[mach.PackedUint64](in, 52).Uint64(), 0x123000)
		return place(out, 32, mach.KERN_SUCCESS)
	})
	ok(t, "mach_vm_write", mach.MachVMWrite(p, 0x123000, mach.VMOffset(from), mach.MachMsgTypeNumber(page())))
	wait()
	filled(t, "memory that was sent", view(from, int(page())), 5)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), from, page()))
}
