package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// threadsOf lists a task's threads for one test.
func threadsOf(t testing.TB, task mach.MachPort) []mach.MachPort {
	t.Helper()
	var list *mach.ThreadAct
	var n mach.MachMsgTypeNumber
	ok(t, "task_threads", mach.TaskThreads(task, &list, &n))
	out := take(t, list, n)
	t.Cleanup(func() {
		for _, th := range out {
			destroy(th)
		}
	})
	return out
}

// xnu osfmk/kern/thread_act.c: threads of another task are stopped one by one,
// and each counts for itself.
func TestChildThreadSuspend(t *testing.T) {
	begin(t)
	a := spawn(t)
	ok(t, "task_suspend", mach.TaskSuspend(a.task)) // so that no thread is added
	all := threadsOf(t, a.task)
	for _, th := range all {
		want(t, "thread_resume", mach.ThreadResume(th), mach.KERN_FAILURE)
		for range 2 {
			ok(t, "thread_suspend", mach.ThreadSuspend(th))
		}
		equal(t, "suspend count", threadInfo[mach.ThreadBasicInfo](t, th, mach.THREAD_BASIC_INFO).SuspendCount, 2)
	}
	ok(t, "task_resume", mach.TaskResume(a.task))
	for range 2 {
		a.counts()
		equal(t, "steps of a task whose threads are all suspended", a.counts(), 0)
		for _, th := range all {
			ok(t, "thread_resume", mach.ThreadResume(th))
		}
	}
	if !a.runs() {
		t.Error("the child does not run on")
	}
}

// xnu osfmk/kern/thread_act.c, thread_get_state and thread_set_state; osfmk/arm64
// and osfmk/i386, machine_thread_get_state.
func TestChildThreadState(t *testing.T) {
	begin(t)
	a := spawn(t)
	ok(t, "task_suspend", mach.TaskSuspend(a.task))
	for _, th := range threadsOf(t, a.task) {
		var s, again nativeState
		n := mach.CountOf[nativeState]()
		ok(t, "thread_get_state", mach.ThreadGetState(th, nativeFlavor, mach.State(&s), &n))
		equal(t, "count", n, mach.CountOf[nativeState]())
		ok(t, "act_get_state", mach.ActGetState(th, nativeFlavor, mach.State(&again), &n))
		equal(t, "state asked for again", again, s)
		ok(t, "thread_set_state", mach.ThreadSetState(th, nativeFlavor, mach.State(&s), n))
		ok(t, "thread_get_state", mach.ThreadGetState(th, nativeFlavor, mach.State(&again), &n))
		equal(t, "state after it was set", settable(again), settable(s))
		n--
		want(t, "thread_get_state", mach.ThreadGetState(th, nativeFlavor, mach.State(&s), &n), mach.KERN_INVALID_ARGUMENT)
		want(t, "act_get_state", mach.ActGetState(th, nativeFlavor, mach.State(&s), &n), mach.KERN_INVALID_ARGUMENT)
		want(t, "thread_set_state", mach.ThreadSetState(th, nativeFlavor, mach.State(&s), 3), mach.KERN_INVALID_ARGUMENT)
		want(t, "act_set_state", mach.ActSetState(th, nativeFlavor, mach.State(&s), 3), mach.KERN_INVALID_ARGUMENT)
		n = 500
		want(t, "thread_get_state", mach.ThreadGetState(th, 9999, &make([]mach.Natural, 500)[0], &n), mach.KERN_INVALID_ARGUMENT)
		want(t, "thread_set_state", mach.ThreadSetState(th, 9999, mach.State(&s), 3), mach.KERN_INVALID_ARGUMENT)

		_, sp := pcAndSP(&s)
		var got uint64
		length := uint64(64)
		values := make([]uint64, 64)
		ok(t, "thread_get_register_pointer_values", mach.ThreadGetRegisterPointerValues(th, &got, &length, &values[0]))
		equal(t, "stack pointer", got, sp-128)
		for _, v := range values[:min(length, 64)] {
			if v < page() {
				t.Errorf("%#x cannot be a pointer", v)
			}
		}
		length = 0
		want(t, "thread_get_register_pointer_values", mach.ThreadGetRegisterPointerValues(th, &got, &length, &values[0]), mach.KERN_INSUFFICIENT_BUFFER_SIZE)
		want(t, "thread_get_register_pointer_values", mach.ThreadGetRegisterPointerValues(th, &got, nil, &values[0]), mach.KERN_INVALID_ARGUMENT)
	}
	ok(t, "task_resume", mach.TaskResume(a.task))
	if !a.runs() {
		t.Error("the child does not run on")
	}
}

// xnu osfmk/kern/thread_act.c, thread_suspend: a thread of the child reads as
// stopped, and its port of lower rank tells but does not stop.
func TestChildThreadRanks(t *testing.T) {
	begin(t)
	a := spawn(t)
	var inspect mach.MachPort
	ok(t, "task_get_special_port", mach.TaskGetSpecialPort(a.task, mach.TASK_INSPECT_PORT, &inspect))
	t.Cleanup(func() { destroy(inspect) })
	th := threadsOf(t, inspect)[0]
	equal(t, "kind", kindOf(t, th), mach.IPC_OTYPE_THREAD_INSPECT)
	_ = threadInfo[mach.ThreadIdentifierInfo](t, th, mach.THREAD_IDENTIFIER_INFO)
	var s nativeState
	n := mach.CountOf[nativeState]()
	want(t, "thread_get_state", mach.ThreadGetState(th, nativeFlavor, mach.State(&s), &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "thread_suspend", mach.ThreadSuspend(th), mach.KERN_INVALID_ARGUMENT)
	want(t, "thread_set_state", mach.ThreadSetState(th, nativeFlavor, mach.State(&s), n), mach.KERN_INVALID_ARGUMENT)
}
