package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

func extmod(t testing.TB) (e mach.VMExtmodStatistics) {
	t.Helper()
	n := mach.HOST_EXTMOD_INFO64_COUNT
	ok(t, "host_statistics64", mach.HostStatistics64(host(t), mach.HOST_EXTMOD_INFO64, mach.Info(&e), &n))
	return e
}

func taskExtmod(t testing.TB, task mach.MachPort) mach.VMExtmodStatistics {
	t.Helper()
	var e mach.TaskExtmodInfo
	n := mach.TASK_EXTMOD_INFO_COUNT
	ok(t, "task_info", mach.TaskInfo(task, mach.TASK_EXTMOD_INFO, mach.Info(&e), &n))
	return e.ExtmodStatistics
}

// xnu osfmk/kern/extmod_statistics.c: what one task does to another is counted
// for both, and once for the host, whose counts of callers stay 0. Other tasks
// may add to the host's.
func TestExternalModifications(t *testing.T) {
	begin(t)
	a := spawn(t)
	mine, theirs, all := taskExtmod(t, self()), taskExtmod(t, a.task), extmod(t)
	var again mach.MachPort
	ok(t, "task_for_pid", mach.TaskForPID(self(), int32(a.pid), &again))
	dropSend(t, again)
	ok(t, "task_name_for_pid", mach.TaskNameForPID(self(), int32(a.pid), &again)) // does not count
	dropSend(t, again)
	ok(t, "task_suspend", mach.TaskSuspend(a.task))
	th := threadsOf(t, a.task)[0]
	var s nativeState
	n := mach.CountOf[nativeState]()
	ok(t, "thread_get_state", mach.ThreadGetState(th, nativeFlavor, mach.State(&s), &n))
	for range 2 {
		ok(t, "thread_set_state", mach.ThreadSetState(th, nativeFlavor, mach.State(&s), n))
	}
	want(t, "thread_set_state", mach.ThreadSetState(th, nativeFlavor, mach.State(&s), n-1), mach.KERN_INVALID_ARGUMENT)
	ok(t, "task_resume", mach.TaskResume(a.task))
	me, them, now := taskExtmod(t, self()), taskExtmod(t, a.task), extmod(t)
	equal(t, "own calls of task_for_pid", me.TaskForPIDCallerCount-mine.TaskForPIDCallerCount, 1)
	equal(t, "own calls of thread_set_state", me.ThreadSetStateCallerCount-mine.ThreadSetStateCallerCount, 2)
	equal(t, "task_for_pid for the own task", me.TaskForPIDCount, mine.TaskForPIDCount)
	equal(t, "task_for_pid for the child", them.TaskForPIDCount-theirs.TaskForPIDCount, 1)
	equal(t, "thread_set_state in the child", them.ThreadSetStateCount-theirs.ThreadSetStateCount, 2)
	equal(t, "calls of the child", them.ThreadSetStateCallerCount, theirs.ThreadSetStateCallerCount)
	if now.TaskForPIDCount <= all.TaskForPIDCount || now.ThreadSetStateCount < all.ThreadSetStateCount+2 {
		t.Errorf("the host counts %+v, and %+v before", now, all)
	}
	equal(t, "callers counted by the host", now.TaskForPIDCallerCount+now.ThreadSetStateCallerCount+now.ThreadCreationCallerCount, 0)
}

// xnu osfmk/vm/vm_purgeable.c, vm_purgeable_stats: volatile objects are counted
// by their queue, with the memory that they have.
func TestVolatileObjects(t *testing.T) {
	begin(t)
	var a uint64
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, 3*page(), anywhere+mach.VM_FLAGS_PURGABLE))
	defer mach.MachVMDeallocate(self(), a, 3*page())
	fill(a, int(page())+1, 3) // two pages of the three
	purgable := func() (info mach.TaskPurgableInfo_t) {
		t.Helper()
		ok(t, "task_purgable_info", mach.TaskPurgableInfo(self(), &info))
		return info
	}
	set := func(state int32) {
		t.Helper()
		ok(t, "mach_vm_purgable_control", mach.MachVMPurgableControl(self(), a, mach.VM_PURGABLE_SET_STATE, &state))
	}
	more := func(now, before mach.VMPurgeableStat) [2]uint64 {
		return [2]uint64{now.Count - before.Count, now.Size - before.Size}
	}
	before := purgable()
	one := [2]uint64{1, 2 * page()}
	set(mach.VM_PURGABLE_VOLATILE | mach.VM_VOLATILE_GROUP_3)
	equal(t, "third queue, first in first out", more(purgable().FifoData[3], before.FifoData[3]), one)
	set(mach.VM_PURGABLE_VOLATILE | mach.VM_VOLATILE_GROUP_1 | mach.VM_PURGABLE_BEHAVIOR_LIFO)
	equal(t, "third queue, first in first out", more(purgable().FifoData[3], before.FifoData[3]), [2]uint64{})
	equal(t, "first queue, last in first out", more(purgable().LifoData[1], before.LifoData[1]), one)
	set(mach.VM_PURGABLE_VOLATILE | mach.VM_PURGABLE_ORDERING_OBSOLETE)
	equal(t, "obsolete objects", more(purgable().ObsoleteData, before.ObsoleteData), one)
	all, n := hostInfo[mach.TaskPurgableInfo_t](t, mach.HOST_VM_PURGABLE)
	equal(t, "words", n, mach.HOST_VM_PURGABLE_COUNT)
	var v mach.VMStatistics64
	count := mach.HOST_VM_INFO64_COUNT
	ok(t, "host_statistics64", mach.HostStatistics64(host(t), mach.HOST_VM_INFO64, mach.Info(&v), &count))
	if all.ObsoleteData.Count < 1 || all.ObsoleteData.Size < 2*page() || uint64(v.PurgeableCount)*mach.VMKernelPageSize() < 2*page() {
		t.Errorf("the host counts %+v, %d pages", all.ObsoleteData, v.PurgeableCount)
	}
	set(mach.VM_PURGABLE_NONVOLATILE)
	equal(t, "obsolete objects", more(purgable().ObsoleteData, before.ObsoleteData), [2]uint64{})
}
