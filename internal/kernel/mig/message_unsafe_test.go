package mig_test

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

var le = binary.LittleEndian

// ndr is the data representation of MIG messages.
var ndr = []byte{0, 0, 0, 0, 1, 0, 0, 0}

// call sends a request to a kernel port and returns the reply without its
// trailer. parts are put one after the other behind the header.
func call(t testing.TB, port mach.MachPort, id int32, complex bool, parts ...any) []byte {
	t.Helper()
	words := make([]uint64, 1024)
	b := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 8*len(words))
	n := 24
	for _, p := range parts {
		switch p := p.(type) {
		case uint32:
			le.PutUint32(b[n:], p)
			n += 4
		case uint64:
			le.PutUint64(b[n:], p)
			n += 8
		case []byte:
			n += copy(b[n:], p)
		default:
			t.Fatalf("part of type %T", p)
		}
	}
	h := (*mach.MachMsgHeader)(unsafe.Pointer(&words[0]))
	h.MsghBits = uint32(mach.MACH_MSG_TYPE_COPY_SEND) | uint32(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)<<8
	if complex {
		h.MsghBits |= mach.MACH_MSGH_BITS_COMPLEX
	}
	h.MsghRemotePort, h.MsghLocalPort, h.MsghID = port, reply(t), id
	guarded(t)
	err := mach.MachMsg(h, mach.MACH_SEND_MSG|mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, uint32(n), uint32(len(b)), h.MsghLocalPort, 1000, 0)
	refused(t, err)
	if err != nil {
		t.Fatalf("message %d: %v", id, err)
	}
	if h.MsghID != id+100 {
		t.Fatalf("message %d is answered with %d", id, h.MsghID)
	}
	return b[:h.MsghSize]
}

// code is the RetCode of a reply that has one.
func code(b []byte) mach.KernReturn { return mach.KernReturn(int32(le.Uint32(b[32:]))) }

func reply(t testing.TB) mach.MachPort {
	t.Helper()
	var p mach.MachPort
	if err := mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, &p); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mach.MachPortModRefs(mach.MachTaskSelf(), p, mach.MACH_PORT_RIGHT_RECEIVE, -1) })
	return p
}

// bytesAt copies memory that a reply carried, and releases it.
func bytesAt(t testing.TB, addr uint64, n int) []byte {
	t.Helper()
	out := make([]byte, n)
	copy(out, unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&addr))), n))
	if err := mach.MachVMDeallocate(mach.MachTaskSelf(), addr, uint64(n)); err != nil {
		t.Fatal(err)
	}
	return out
}
