//go:build linux && (amd64 || arm64)

package task_test

import (
	"encoding/binary"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/gomach/mach"
)

// readWord reads a word at any address.
//
//go:noinline
//go:nocheckptr
func readWord(addr uint64) uint64 {
	return **(**uint64)(unsafe.Pointer(&addr))
}

// emptyPlaces are addresses far from where the system and Go's runtime put
// anything by themselves: a page that was free a moment ago is free there when
// it is read, too.
var emptyPlaces atomic.Uint64

// unmapped gives a page's address where nothing is mapped.
func unmapped(t *testing.T) uint64 {
	addr := mach.MachVMAddress(0x20_0000_0000 + emptyPlaces.Add(1)<<20)
	must(t, mach.MachVMAllocate(self(), &addr, uint64(os.Getpagesize()), mach.VM_FLAGS_FIXED))
	must(t, mach.MachVMDeallocate(self(), addr, uint64(os.Getpagesize())))
	return addr
}

// TestOwnException handles a fault of the own process: the server maps the
// page that was missing, and the load goes on.
func TestOwnException(t *testing.T) {
	noCollector(t)
	for _, level := range []string{"task", "thread"} {
		s := newServer(t)
		addr := unmapped(t)
		result := make(chan uint64)
		ready := make(chan mach.MachPort)
		gone := make(chan bool)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready <- mach.MachThreadSelf()
			<-gone
			result <- readWord(addr + 8)
		}()
		thread := <-ready
		set := func(port mach.MachPort) error {
			if level == "task" {
				return mach.TaskSetExceptionPorts(self(), mach.EXC_MASK_BAD_ACCESS, port, mach.EXCEPTION_DEFAULT|codes, mach.THREAD_STATE_NONE)
			}
			return mach.ThreadSetExceptionPorts(thread, mach.EXC_MASK_BAD_ACCESS, port, mach.EXCEPTION_DEFAULT|codes, mach.THREAD_STATE_NONE)
		}
		must(t, set(s.port))
		close(gone)
		id, b := s.receive()
		if id != 2405 || mach.MachPort(word(b, 4)) != thread || mach.MachPort(word(b, 16)) != self() {
			t.Errorf("%s: message %d of %#x, want %#x", level, id, word(b, 4), thread)
		}
		if at := binary.LittleEndian.Uint64(b[36+16:]); at != addr+8 {
			t.Errorf("%s: at %#x, want %#x", level, at, addr+8)
		}
		if pc, sp, err := registers(thread); err != nil || pc == 0 || sp == 0 {
			t.Errorf("%s: pc %#x, sp %#x, %v", level, pc, sp, err)
		}
		must(t, mach.MachVMAllocate(self(), &addr, uint64(os.Getpagesize()), mach.VM_FLAGS_FIXED))
		*(*uint64)(*(*unsafe.Pointer)(unsafe.Pointer(&[]uint64{addr + 8}[0]))) = 4711
		s.reply(mach.KERN_SUCCESS)
		if v := <-result; v != 4711 {
			t.Errorf("%s: read %d", level, v)
		}
		must(t, set(mach.MACH_PORT_NULL))
		must(t, mach.MachPortDeallocate(self(), thread))
		must(t, mach.MachPortDeallocate(self(), thread)) // the one of the message
		must(t, mach.MachVMDeallocate(self(), addr, uint64(os.Getpagesize())))
	}
}

// TestOwnExceptionRefused: what no server takes is Go's again, a panic, and
// the kernel's own copies are no exceptions at all.
func TestOwnExceptionRefused(t *testing.T) {
	noCollector(t)
	s := newServer(t)
	addr := unmapped(t)
	must(t, mach.TaskSetExceptionPorts(self(), mach.EXC_MASK_BAD_ACCESS, s.port, mach.EXCEPTION_DEFAULT|codes, mach.THREAD_STATE_NONE))
	defer mach.TaskSetExceptionPorts(self(), mach.EXC_MASK_BAD_ACCESS, mach.MACH_PORT_NULL, mach.EXCEPTION_DEFAULT, mach.THREAD_STATE_NONE)
	panicked := make(chan bool)
	go func() {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { panicked <- recover() != nil }()
		readWord(addr)
	}()
	s.receive()
	s.reply(mach.KERN_FAILURE)
	if !<-panicked {
		t.Error("there was no panic")
	}
	// A nil pointer, too.
	go func() {
		defer func() { panicked <- recover() != nil }()
		var p *[2]int
		still.count = int64(p[1])
	}()
	s.receive()
	s.reply(mach.KERN_FAILURE)
	if !<-panicked {
		t.Error("there was no panic")
	}
	var bad *mach.Integer = (*mach.Integer)(*(*unsafe.Pointer)(unsafe.Pointer(&[]uint64{addr}[0])))
	count := mach.MACH_TASK_BASIC_INFO_COUNT
	is(t, mach.TaskInfo(self(), mach.MACH_TASK_BASIC_INFO, bad, &count), mach.KERN_INVALID_ADDRESS)
	h := s.header()
	is(t, mach.MachMsg(h, mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, mach.MachMsgSize(len(s.buf)), s.port, 20, mach.MACH_PORT_NULL), mach.MACH_RCV_TIMED_OUT)
}
