package conformance_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

// toKernel sends a request without a body to this task's port.
func toKernel() error {
	h := mach.MachMsgHeader{MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghSize: headerSize, MsghRemotePort: self(), MsghID: 999999}
	return mach.MachMsg(&h, mach.MACH_SEND_MSG, headerSize, 0, none, 0, none)
}

const toObject = "mach_msg to an object of the kernel (kGUARD_EXC_INVALID_OPTIONS)"

// macOS12 skips a test where mach_msg may not send to objects of the kernel:
// since macOS 13. TestRequestsOfMacOS12 runs these tests where it may.
func macOS12(t testing.TB) {
	t.Helper()
	violation(t, toObject)
	if errors.Is(toKernel(), mach.MACH_SEND_INVALID_OPTIONS) {
		t.Skip("as on macOS 13; MACH_MESSAGES=macos12, and darwinrun -messages macos12, are as on macOS 12")
	}
}

// xnu osfmk/ipc/ipc_policy.c, ipc_validate_kmsg_dest_from_user, and libSystem's
// mach_msg (libsyscall/mach/mach_msg.c), which says MACH64_SEND_MQ_CALL.
func TestRequestToKernelObject(t *testing.T) {
	violation(t, toObject)
	begin(t)
	if os.Getenv("MACH_MESSAGES") == "macos12" {
		t.Skip("the rules are those of macOS 12")
	}
	want(t, "mach_msg", toKernel(), mach.MACH_SEND_INVALID_OPTIONS)
	// The rights of the header are gone: a reply port hears of its send-once right.
	p := newPort(t)
	h := mach.MachMsgHeader{
		MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), MsghSize: headerSize,
		MsghRemotePort: self(), MsghLocalPort: p, MsghID: 3405,
	}
	want(t, "mach_msg", mach.MachMsg(&h, mach.MACH_SEND_MSG, headerSize, 0, none, 0, none), mach.MACH_SEND_INVALID_OPTIONS)
	notification(t, p, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
}

// The hosted kernel by the rules of macOS 12: each of the tests here passes,
// and none is skipped.
func TestRequestsOfMacOS12(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("only the hosted kernel reads MACH_MESSAGES")
	}
	c := exec.Command(os.Args[0], "-test.run=^TestMIG", "-test.v")
	c.Env = append(os.Environ(), "MACH_MESSAGES=macos12")
	out, err := c.CombinedOutput()
	passed := bytes.Count(out, []byte("\n--- PASS: TestMIG"))
	if err != nil || passed < 6 || bytes.Contains(out, []byte("--- SKIP")) {
		t.Errorf("%v, %d passed:\n%s", err, passed, out)
	}
}

// rpc sends a MIG request to a kernel port and takes the reply. body is what
// follows the header.
func rpc(t testing.TB, dest mach.MachPort, id int32, put func(b buffer) (size int)) buffer {
	t.Helper()
	macOS12(t)
	b := newBuffer(8192)
	reply := ownReplyPort()
	size := headerSize
	if put != nil {
		place(b, headerSize, mach.NDRRecord())
		size = put(b)
	}
	*b.head() = mach.MachMsgHeader{
		MsghBits: bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE),
		MsghSize: mach.MachMsgSize(size), MsghRemotePort: dest, MsghLocalPort: reply, MsghID: id,
	}
	ok(t, "mach_msg", mach.MachMsg(b.head(), mach.MACH_SEND_MSG|mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, mach.MachMsgSize(size), b.size(), reply, 5000, none))
	if b.head().MsghID != id+100 {
		t.Fatalf("the reply to %d has the id %d", id, b.head().MsghID)
	}
	return b
}

// result is the return code of a simple reply.
func result(b buffer) mach.KernReturn { return pick[mach.KernReturn](b, 32) }

// xnu osfmk/kern/ipc_kobject.c, ipc_kobject_server: request 3405 to a task port
// is task_info, and gives what the call gives.
func TestMIGTaskInfo(t *testing.T) {
	begin(t)
	b := rpc(t, self(), 3405, func(b buffer) int {
		n := place(b, 32, mach.TASK_AUDIT_TOKEN)
		return place(b, n, mach.TASK_AUDIT_TOKEN_COUNT)
	})
	equal(t, "size", b.head().MsghSize, 40+32)
	equal(t, "bits", b.head().MsghBits, bits(0, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE))
	equal(t, "result", result(b), 0)
	equal(t, "count", pick[mach.MachMsgTypeNumber](b, 36), mach.TASK_AUDIT_TOKEN_COUNT)
	equal(t, "audit token", pick[mach.AuditToken](b, 40), auditToken(t))
	// A count that is too small is the routine's own error.
	b = rpc(t, self(), 3405, func(b buffer) int {
		n := place(b, 32, mach.TASK_AUDIT_TOKEN)
		return place(b, n, mach.MachMsgTypeNumber(3))
	})
	equal(t, "size of an error", int(b.head().MsghSize), sizeOf[mach.MIGReplyError]())
	equal(t, "result", result(b), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/mach/mach_port.defs, mach_port_type is 3201.
func TestMIGPortType(t *testing.T) {
	begin(t)
	p := sendPort(t)
	b := rpc(t, self(), 3201, func(b buffer) int { return place(b, 32, p) })
	equal(t, "size", b.head().MsghSize, 40)
	equal(t, "result", result(b), 0)
	equal(t, "type", pick[mach.MachPortType_t](b, 36), mach.MACH_PORT_TYPE_SEND_RECEIVE)
	b = rpc(t, self(), 3201, func(b buffer) int { return place(b, 32, absent(t)) })
	equal(t, "result", result(b), mach.KERN_INVALID_NAME)
}

// xnu osfmk/mach/mach_vm.defs: mach_vm_allocate (4800) and mach_vm_read (4804),
// whose reply carries memory out of line.
func TestMIGMemory(t *testing.T) {
	begin(t)
	b := rpc(t, self(), 4800, func(b buffer) int {
		n := place(b, 32, mach.PackUint64(0))
		n = place(b, n, mach.PackUint64(page()))
		return place(b, n, int32(anywhere))
	})
	equal(t, "result", result(b), 0)
	addr := pick[mach.PackedUint64](b, 36).Uint64()
	fill(addr, int(page()), 3)
	b = rpc(t, self(), 4804, func(b buffer) int {
		n := place(b, 32, mach.PackUint64(addr))
		return place(b, n, mach.PackUint64(100))
	})
	equal(t, "complex bit", b.head().MsghBits&mach.MACH_MSGH_BITS_COMPLEX, mach.MACH_MSGH_BITS_COMPLEX)
	equal(t, "size", b.head().MsghSize, 56)
	d := pick[mach.MachMsgOOLDescriptor](b, 28)
	equal(t, "count", pick[uint32](b, 52), 100)
	equal(t, "size out of line", d.Size, 100)
	filled(t, "memory", view(d.Address.Uint64(), 100), 3)
	discard(b)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), addr, page()))
}

// xnu osfmk/mach/task.defs: task_threads (3402) gives ports out of line, and
// task_get_special_port (3409) one in a descriptor.
func TestMIGPorts(t *testing.T) {
	begin(t)
	me := thread(t)
	b := rpc(t, self(), 3402, nil)
	d := pick[mach.MachMsgOOLPortsDescriptor](b, 28)
	equal(t, "disposition", mach.MachMsgTypeName(d.Disposition), mach.MACH_MSG_TYPE_MOVE_SEND)
	found := 0
	for i := uint64(0); i < uint64(d.Count); i++ {
		if *at[mach.MachPort](d.Address.Uint64() + 4*i) == me {
			found++
		}
	}
	equal(t, "times that this thread is listed", found, 1)
	discard(b)
	b = rpc(t, self(), 3409, func(b buffer) int { return place(b, 32, int32(mach.TASK_NAME_PORT)) })
	p := pick[mach.MachMsgPortDescriptor](b, 28)
	equal(t, "disposition", mach.MachMsgTypeName(p.Disposition), mach.MACH_MSG_TYPE_MOVE_SEND)
	equal(t, "kind", kindOf(t, p.Name), mach.IPC_OTYPE_TASK_NAME)
	discard(b)
}

// xnu osfmk/mach/mach_port.defs: mach_port_insert_right (3214) takes a right in
// the request.
func TestMIGRightInRequest(t *testing.T) {
	macOS12(t)
	begin(t)
	p, name := newPort(t), absent(t)
	b := newBuffer(512)
	reply := ownReplyPort()
	*b.head() = mach.MachMsgHeader{
		MsghBits:       bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE) | mach.MACH_MSGH_BITS_COMPLEX,
		MsghRemotePort: self(), MsghLocalPort: reply, MsghID: 3214,
	}
	n := place(b, headerSize, mach.MachMsgBody{MsghDescriptorCount: 1})
	n = place(b, n, portDescriptor(p, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE))
	n = place(b, n, mach.NDRRecord())
	n = place(b, n, name)
	ok(t, "mach_msg", mach.MachMsg(b.head(), mach.MACH_SEND_MSG|mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, mach.MachMsgSize(n), b.size(), reply, 5000, none))
	equal(t, "result", result(b), 0)
	typeIs(t, name, mach.MACH_PORT_TYPE_SEND_ONCE)
	dropSend(t, name)
	notification(t, p, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
}

// xnu osfmk/kern/ipc_kobject.c, ipc_kobject_server_internal: ids that no
// routine has, and requests of the wrong size.
func TestMIGErrors(t *testing.T) {
	begin(t)
	b := rpc(t, self(), 999999, func(b buffer) int { return 40 })
	equal(t, "result", result(b), mach.MIG_BAD_ID)
	for _, size := range []int{headerSize, 36, 44, 400} {
		b = rpc(t, self(), 3405, func(b buffer) int { return size })
		equal(t, "result", result(b), mach.MIG_BAD_ARGUMENTS)
	}
	record("mig", mach.MIG_BAD_ID)
	record("mig", mach.MIG_BAD_ARGUMENTS)
}
