package conformance_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/gomach/mach"
)

// raised is an exception message with 64-bit codes (xnu osfmk/mach/mach_exc.defs,
// mach_exception_raise, 2405).
type raised struct {
	thread, task mach.MachPort
	exception    mach.ExceptionType
	codes        [2]int64
}

func exceptionOf(t testing.TB, b buffer) (r raised) {
	t.Helper()
	equal(t, "id", b.head().MsghID, 2405)
	equal(t, "size", b.head().MsghSize, 84)
	equal(t, "descriptors", pick[mach.MachMsgBody](b, 24).MsghDescriptorCount, 2)
	r.thread = pick[mach.MachMsgPortDescriptor](b, 28).Name
	r.task = pick[mach.MachMsgPortDescriptor](b, 40).Name
	r.exception = pick[mach.ExceptionType](b, 60)
	equal(t, "number of codes", pick[uint32](b, 64), 2)
	r.codes = [2]int64{pick[mach.PackedInt64](b, 68).Int64(), pick[mach.PackedInt64](b, 76).Int64()}
	return r
}

// fault writes to addr and reports whether that panicked.
//
//go:noinline
func fault(addr uint64) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	*at[byte](addr) = 77
	return false
}

// xnu osfmk/kern/exception.c, exception_triage_thread: a fault of a thread goes
// to the thread's handler, which can put it right (KERN_SUCCESS) or leave it to
// the signal (KERN_FAILURE).
func TestFaultOfOwnThread(t *testing.T) {
	if runtime.GOOS != "darwin" {
		t.Skip("a thread that faults in Go code keeps its P, and the hosted kernel's goroutines may need it; internal/proof/wasmtime has faults in other code")
	}
	if runtime.GOMAXPROCS(0) == 1 {
		t.Skip("the faulting thread keeps its P: the handler needs another one")
	}
	begin(t)
	// Nor could the collector stop the world before the handler has answered, and it may keep
	// the handler from that: so none in between.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	me := thread(t)
	p := sendPort(t)
	page1 := alloc(t, page())
	protect(t, page1, page(), 0, mach.VM_PROT_READ)
	ok(t, "thread_set_exception_ports", mach.ThreadSetExceptionPorts(me, mach.EXC_MASK_BAD_ACCESS, p, mach.EXCEPTION_DEFAULT|codes64, 0))
	defer func() {
		ok(t, "thread_set_exception_ports", mach.ThreadSetExceptionPorts(me, mach.EXC_MASK_BAD_ACCESS, none, mach.EXCEPTION_DEFAULT, 0))
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, c := range []struct {
		verdict  mach.KernReturn
		repair   bool
		panicked bool
	}{{mach.KERN_FAILURE, false, true}, {mach.KERN_SUCCESS, true, false}} {
		wait := answer(t, p, func(in, out buffer) int {
			r := exceptionOf(t, in)
			equal(t, "thread", r.thread, me)
			equal(t, "task", r.task, self())
			equal(t, "exception", r.exception, mach.EXC_BAD_ACCESS)
			equal(t, "code", mach.KernReturn(r.codes[0]), mach.KERN_PROTECTION_FAILURE)
			equal(t, "address", uint64(r.codes[1]), page1+3)
			if c.repair {
				protect(t, page1, page(), 0, mach.VM_PROT_DEFAULT)
			}
			return place(out, 32, c.verdict)
		})
		equal(t, "a panic", fault(page1+3), c.panicked)
		wait()
	}
	equal(t, "the byte that was written", view(page1, 4)[3], 77)
}

// xnu osfmk/kern/exception.c: a fault of another task goes to that task's
// handler. Success makes the thread try again, failure leaves the fault to the
// signal, which ends the process.
func TestFaultOfChild(t *testing.T) {
	begin(t)
	a := spawn(t)
	p := sendPort(t)
	ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(a.task, mach.EXC_MASK_BAD_ACCESS, p, mach.EXCEPTION_DEFAULT|codes64, 0))
	if err := a.fault(); err != nil {
		t.Fatal(err)
	}
	for _, verdict := range []mach.KernReturn{mach.KERN_SUCCESS, mach.KERN_SUCCESS, mach.KERN_FAILURE} {
		answer(t, p, func(in, out buffer) int {
			r := exceptionOf(t, in)
			equal(t, "task", r.task, a.task)
			equal(t, "kind of the thread port", kindOf(t, r.thread), mach.IPC_OTYPE_THREAD_CONTROL)
			equal(t, "exception", r.exception, mach.EXC_BAD_ACCESS)
			equal(t, "code", mach.KernReturn(r.codes[0]), mach.KERN_INVALID_ADDRESS)
			equal(t, "address", uint64(r.codes[1]), faultAddress)
			var s nativeState
			n := mach.CountOf[nativeState]()
			ok(t, "thread_get_state", mach.ThreadGetState(r.thread, nativeFlavor, mach.State(&s), &n))
			return place(out, 32, verdict)
		})()
	}
	for range a.lines { // until the child has ended
	}
}
