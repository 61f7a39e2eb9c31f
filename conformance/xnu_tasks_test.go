package conformance_test

import (
	"testing"
	"time"

	"github.com/gomach/mach"
)

// xnu tests/mach_get_times.c: from one call to the next both clocks go on by the
// same, as the machine does not sleep in between, and the time of day by no more
// than a second.
func TestTimesGoTogether(t *testing.T) {
	begin(t)
	var last, absolute, continuous uint64
	var before, day [2]int64
	var slept uint64
	for i := range 2000 {
		ok(t, "mach_get_times", mach.MachGetTimes(&absolute, &continuous, &day))
		if i > 0 {
			if absolute < last {
				t.Fatalf("absolute time went back from %d to %d", last, absolute)
			}
			if continuous-absolute != slept {
				t.Fatalf("continuous time went on by %d more than absolute time", int64(continuous-absolute-slept))
			}
			if d := time.Unix(day[0], day[1]).Sub(time.Unix(before[0], before[1])); d > time.Second+time.Duration(nanoseconds(absolute-last)) || d < -time.Second {
				t.Fatalf("the time of day went on by %v", d)
			}
		}
		last, slept, before = absolute, continuous-absolute, day
	}
}

// xnu tests/thread_set_state_arm64_cpsr.c: of the processor's flags a state sets
// the user's, whatever bits are in it; and the thread runs on with them.
func TestPrivilegedFlags(t *testing.T) {
	begin(t)
	a := spawn(t)
	ok(t, "task_suspend", mach.TaskSuspend(a.task))
	for _, th := range threadsOf(t, a.task) {
		var old, got nativeState
		n := mach.CountOf[nativeState]()
		ok(t, "thread_get_state", mach.ThreadGetState(th, nativeFlavor, mach.State(&old), &n))
		all := withAllFlags(old)
		ok(t, "thread_set_state", mach.ThreadSetState(th, nativeFlavor, mach.State(&all), n))
		ok(t, "thread_get_state", mach.ThreadGetState(th, nativeFlavor, mach.State(&got), &n))
		if set, privileged := flagsOf(got, old); privileged != 0 || set == 0 {
			t.Errorf("privileged flags %#x were set, and user flags %#x", privileged, set)
		}
		ok(t, "thread_set_state", mach.ThreadSetState(th, nativeFlavor, mach.State(&old), n))
	}
	ok(t, "task_resume", mach.TaskResume(a.task))
	if !a.runs() {
		t.Error("the child does not run on")
	}
}

// xnu tests/exception_tests.c, osfmk/mach/mach_exc.defs 2408: a handler with
// EXCEPTION_IDENTITY_PROTECTED gets no ports of the task and its thread but a
// token, which gives those that it may have, and the thread's number.
func TestProtectedFault(t *testing.T) {
	begin(t)
	a := spawn(t)
	ids := map[uint64]bool{}
	for _, th := range threadsOf(t, a.task) {
		ids[threadInfo[mach.ThreadIdentifierInfo](t, th, mach.THREAD_IDENTIFIER_INFO).ThreadID] = true
	}
	p := sendPort(t)
	ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(a.task, mach.EXC_MASK_BAD_ACCESS, p, mach.EXCEPTION_IDENTITY_PROTECTED|codes64, 0))
	if err := a.fault(); err != nil {
		t.Fatal(err)
	}
	answer(t, p, func(in, out buffer) int {
		equal(t, "id", in.head().MsghID, 2408)
		equal(t, "size", in.head().MsghSize, 80)
		equal(t, "descriptors", pick[mach.MachMsgBody](in, 24).MsghDescriptorCount, 1)
		token := pick[mach.MachMsgPortDescriptor](in, 28).Name
		equal(t, "kind of the token", kindOf(t, token), mach.IPC_OTYPE_TASK_ID_TOKEN)
		if id := pick[mach.PackedUint64](in, 48).Uint64(); id == 0 {
			t.Error("the thread has no number")
		}
		equal(t, "exception", pick[mach.ExceptionType](in, 56), mach.EXC_BAD_ACCESS)
		equal(t, "number of codes", pick[uint32](in, 60), 2)
		equal(t, "address", uint64(pick[mach.PackedInt64](in, 72).Int64()), faultAddress)
		var control mach.MachPort
		ok(t, "task_identity_token_get_task_port", mach.TaskIdentityTokenGetTaskPort(token, mach.TaskFlavor(mach.TASK_FLAVOR_CONTROL), &control))
		equal(t, "control port", control, a.task)
		dropSend(t, control)
		return place(out, 32, mach.KERN_FAILURE)
	})()
	for range a.lines { // until the child has ended
	}
}
