package conformance_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// taskInfo asks for a flavor with the room of T.
func taskInfo[T any](t testing.TB, task mach.MachPort, flavor mach.TaskFlavor) (info T, n mach.MachMsgTypeNumber) {
	t.Helper()
	n = mach.CountOf[T]()
	ok(t, "task_info", mach.TaskInfo(task, flavor, mach.Info(&info), &n))
	if n == 0 || n > mach.CountOf[T]() {
		t.Errorf("count is %d of %d", n, mach.CountOf[T]())
	}
	return info, n
}

func micros(v mach.TimeValue) int64 { return int64(v.Seconds)*1e6 + int64(v.Microseconds) }

// burn uses the processor until what is counted has reached want, or long
// enough that it should have.
func burn(want time.Duration, counted func() time.Duration) (got time.Duration) {
	for try := 0; try < 100 && got < want; try++ {
		for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
			for i := 0; i < 1000; i++ {
				sink += i
			}
		}
		got = counted()
	}
	return got
}

var sink int

// xnu osfmk/kern/task.c, task_info, MACH_TASK_BASIC_INFO, TASK_BASIC_INFO_64
// and TASK_BASIC_INFO_32.
func TestTaskBasicInfo(t *testing.T) {
	begin(t)
	big := alloc(t, 8<<20)
	a, n := taskInfo[mach.MachTaskBasicInfo](t, self(), mach.MACH_TASK_BASIC_INFO)
	equal(t, "count", n, mach.MACH_TASK_BASIC_INFO_COUNT)
	fill(big, 8<<20, 1)
	b, _ := taskInfo[mach.MachTaskBasicInfo](t, self(), mach.MACH_TASK_BASIC_INFO)
	if b.ResidentSize < a.ResidentSize+(4<<20) {
		t.Errorf("8 MiB were touched, and the resident size went from %d to %d", a.ResidentSize, b.ResidentSize)
	}
	if b.VirtualSize < b.ResidentSize || b.ResidentSizeMax < a.ResidentSize {
		t.Errorf("virtual %d, resident %d, at most %d", b.VirtualSize, b.ResidentSize, b.ResidentSizeMax)
	}
	equal(t, "suspend count", b.SuspendCount, 0)
	equal(t, "policy", b.Policy, mach.POLICY_TIMESHARE)
	c, n := taskInfo[mach.TaskBasicInfo64](t, self(), mach.TASK_BASIC_INFO_64)
	equal(t, "count", n, mach.TASK_BASIC_INFO_64_COUNT)
	equal(t, "suspend count", c.SuspendCount, 0)
	if r := c.ResidentSize.Uint64(); r < b.ResidentSize/2 || r > b.ResidentSize*2 {
		t.Errorf("resident sizes %d and %d", r, b.ResidentSize)
	}
	d, n := taskInfo[mach.TaskBasicInfo32](t, self(), mach.TASK_BASIC_INFO_32)
	equal(t, "count", n, mach.TASK_BASIC_INFO_32_COUNT)
	equal(t, "policy", d.Policy, mach.POLICY_TIMESHARE)
}

// xnu osfmk/kern/task.c, task_info, TASK_THREAD_TIMES_INFO and
// TASK_ABSOLUTETIME_INFO: times grow with work.
func TestTaskTimes(t *testing.T) {
	begin(t)
	a, n := taskInfo[mach.TaskAbsolutetimeInfo](t, self(), mach.TASK_ABSOLUTETIME_INFO)
	equal(t, "count", n, mach.TASK_ABSOLUTETIME_INFO_COUNT)
	x, n := taskInfo[mach.TaskThreadTimesInfo](t, self(), mach.TASK_THREAD_TIMES_INFO)
	equal(t, "count", n, mach.TASK_THREAD_TIMES_INFO_COUNT)
	var b mach.TaskAbsolutetimeInfo
	used := burn(20*time.Millisecond, func() time.Duration {
		b, _ = taskInfo[mach.TaskAbsolutetimeInfo](t, self(), mach.TASK_ABSOLUTETIME_INFO)
		return time.Duration(nanoseconds(b.TotalUser + b.TotalSystem - a.TotalUser - a.TotalSystem))
	})
	if used < 20*time.Millisecond || used > time.Minute {
		t.Errorf("much work counts as %v", used)
	}
	used = burn(20*time.Millisecond, func() time.Duration {
		y, _ := taskInfo[mach.TaskThreadTimesInfo](t, self(), mach.TASK_THREAD_TIMES_INFO)
		return time.Duration(micros(y.UserTime)+micros(y.SystemTime)-micros(x.UserTime)-micros(x.SystemTime)) * time.Microsecond
	})
	if used < 20*time.Millisecond || used > time.Minute {
		t.Errorf("much work counts as %v in the threads' times", used)
	}
	if b.TotalUser < b.ThreadsUser {
		t.Errorf("live threads used %d of %d", b.ThreadsUser, b.TotalUser)
	}
}

// xnu osfmk/kern/task.c, task_info, TASK_VM_INFO: each revision has its count.
func TestTaskVMInfo(t *testing.T) {
	begin(t)
	full, n := taskInfo[mach.TaskVMInfo](t, self(), mach.TASK_VM_INFO)
	if n < mach.TASK_VM_INFO_REV5_COUNT {
		t.Errorf("count is %d", n)
	}
	equal(t, "page size", uint64(full.PageSize), page())
	if full.RegionCount < 5 {
		t.Errorf("%d regions", full.RegionCount)
	}
	if lo, hi := full.MinAddress.Uint64(), full.MaxAddress.Uint64(); lo >= hi {
		t.Errorf("addresses from %#x to %#x", lo, hi)
	}
	if full.VirtualSize.Uint64() < full.ResidentSize.Uint64() || full.ResidentSize.Uint64() == 0 {
		t.Errorf("virtual %d, resident %d", full.VirtualSize.Uint64(), full.ResidentSize.Uint64())
	}
	if full.PhysFootprint.Uint64() == 0 {
		t.Error("the footprint is 0")
	}
	for _, rev := range []mach.MachMsgTypeNumber{
		mach.TASK_VM_INFO_REV0_COUNT, mach.TASK_VM_INFO_REV1_COUNT, mach.TASK_VM_INFO_REV2_COUNT,
		mach.TASK_VM_INFO_REV3_COUNT, mach.TASK_VM_INFO_REV4_COUNT, mach.TASK_VM_INFO_REV5_COUNT,
	} {
		for _, room := range []mach.MachMsgTypeNumber{rev, rev + 1} {
			var info mach.TaskVMInfo
			for i := range words(&info) {
				words(&info)[i] = 0x5a5a5a5a
			}
			n := room
			ok(t, "task_info", mach.TaskInfo(self(), mach.TASK_VM_INFO, mach.Info(&info), &n))
			if n > room || n < rev && n != room {
				t.Errorf("count %d for room %d", n, room)
			}
			for i, w := range words(&info)[room:] {
				if w != 0x5a5a5a5a {
					t.Errorf("word %d is written, of %d", int(room)+i, room)
					break
				}
			}
			equal(t, "page size", info.PageSize, full.PageSize)
		}
	}
}

// xnu osfmk/kern/task.c, task_info: the other flavors, each with its count and
// what can be known.
func TestTaskInfoFlavors(t *testing.T) {
	begin(t)
	ev, n := taskInfo[mach.TaskEventsInfo](t, self(), mach.TASK_EVENTS_INFO)
	equal(t, "count", n, mach.TASK_EVENTS_INFO_COUNT)
	if ev.Faults <= 0 {
		t.Errorf("%d faults", ev.Faults)
	}
	_, n = taskInfo[mach.TaskAffinityTagInfo](t, self(), mach.TASK_AFFINITY_TAG_INFO)
	equal(t, "count", n, mach.TASK_AFFINITY_TAG_INFO_COUNT)
	_, n = taskInfo[mach.TaskExtmodInfo](t, self(), mach.TASK_EXTMOD_INFO)
	equal(t, "count", n, mach.TASK_EXTMOD_INFO_COUNT)
	p, n := taskInfo[mach.TaskPowerInfo](t, self(), mach.TASK_POWER_INFO)
	equal(t, "count", n, mach.TASK_POWER_INFO_COUNT)
	if p.TotalUser+p.TotalSystem == 0 {
		t.Error("no time used")
	}
	f, n := taskInfo[mach.TaskFlagsInfo](t, self(), mach.TASK_FLAGS_INFO)
	equal(t, "count", n, mach.TASK_FLAGS_INFO_COUNT)
	equal(t, "64-bit address space", f.Flags&mach.TF_LP64, mach.TF_LP64)
	_, n = taskInfo[mach.TaskKernelmemoryInfo](t, self(), mach.TASK_KERNELMEMORY_INFO)
	equal(t, "count", n, mach.TASK_KERNELMEMORY_INFO_COUNT)
}

// xnu osfmk/kern/task.c, task_info: counts that are too small, and flavors
// that do not exist.
func TestTaskInfoErrors(t *testing.T) {
	begin(t)
	var room mach.TaskInfo_t
	for flavor, need := range map[mach.TaskFlavor]mach.MachMsgTypeNumber{
		mach.MACH_TASK_BASIC_INFO: mach.MACH_TASK_BASIC_INFO_COUNT, mach.TASK_BASIC_INFO_64: mach.TASK_BASIC_INFO_64_COUNT,
		mach.TASK_BASIC_INFO_32: mach.TASK_BASIC_INFO_32_COUNT, mach.TASK_VM_INFO: mach.TASK_VM_INFO_REV0_COUNT,
		mach.TASK_EVENTS_INFO: mach.TASK_EVENTS_INFO_COUNT, mach.TASK_ABSOLUTETIME_INFO: mach.TASK_ABSOLUTETIME_INFO_COUNT,
		mach.TASK_THREAD_TIMES_INFO: mach.TASK_THREAD_TIMES_INFO_COUNT, mach.TASK_AUDIT_TOKEN: mach.TASK_AUDIT_TOKEN_COUNT,
		mach.TASK_SECURITY_TOKEN: mach.TASK_SECURITY_TOKEN_COUNT,
	} {
		for _, n := range []mach.MachMsgTypeNumber{0, need - 1} {
			want(t, "task_info", mach.TaskInfo(self(), flavor, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
		}
	}
	n := mach.MachMsgTypeNumber(1024)
	want(t, "task_info", mach.TaskInfo(self(), 7777, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
	n = 8
	want(t, "task_info", mach.TaskInfo(self(), mach.TaskFlavor(mach.TASK_SCHED_RR_INFO), &room[0], &n), mach.KERN_INVALID_POLICY, mach.KERN_INVALID_ARGUMENT)
	n = 8
	want(t, "task_info", mach.TaskInfo(self(), mach.TaskFlavor(mach.TASK_SCHED_FIFO_INFO), &room[0], &n), mach.KERN_INVALID_POLICY, mach.KERN_INVALID_ARGUMENT)
	want(t, "task_set_info", mach.TaskSetInfo(self(), mach.MACH_TASK_BASIC_INFO, &room[0], 10), mach.KERN_INVALID_ARGUMENT)
	n = 1
	want(t, "task_inspect", mach.TaskInspect(self(), mach.TASK_INSPECT_BASIC_COUNTS, &room[0], &n), mach.KERN_INVALID_ARGUMENT, mach.KERN_NOT_SUPPORTED)
}

// xnu bsd/kern/kern_proc.c, pid_for_task; osfmk/kern/ipc_tt.c: own ports.
func TestPIDForTask(t *testing.T) {
	begin(t)
	pid := int32(7)
	ok(t, "pid_for_task", mach.PIDForTask(self(), &pid))
	equal(t, "process id", int(pid), os.Getpid())
	want(t, "pid_for_task", mach.PIDForTask(sendPort(t), &pid), mach.KERN_FAILURE)
	equal(t, "process id after a failure", pid, -1)
	var name mach.MachPort
	ok(t, "task_name_for_pid", mach.TaskNameForPID(self(), int32(os.Getpid()), &name))
	ok(t, "pid_for_task", mach.PIDForTask(name, &pid))
	equal(t, "process id of the name port", int(pid), os.Getpid())
	var kind mach.IPCInfoObjectType
	var x uint64
	ok(t, "mach_port_kobject", mach.MachPortKobject(self(), name, &kind, &x))
	equal(t, "kind", kind, mach.IPC_OTYPE_TASK_NAME)
	_, n := taskInfo[mach.MachTaskBasicInfo](t, name, mach.MACH_TASK_BASIC_INFO)
	equal(t, "count", n, mach.MACH_TASK_BASIC_INFO_COUNT)
	dropSend(t, name)
	ok(t, "task_for_pid", mach.TaskForPID(self(), int32(os.Getpid()), &name))
	equal(t, "own control port", name, self())
	dropSend(t, name)
	for _, bad := range []int32{0, -1, 0x7fffffff} {
		want(t, "task_for_pid", mach.TaskForPID(self(), bad, &name), mach.KERN_FAILURE)
		equal(t, "port after a failure", name, none)
		want(t, "task_name_for_pid", mach.TaskNameForPID(self(), bad, &name), mach.KERN_FAILURE)
		want(t, "debug_control_port_for_pid", mach.DebugControlPortForPID(self(), bad, &name), mach.KERN_FAILURE)
	}
	want(t, "task_for_pid", mach.TaskForPID(none, int32(os.Getpid()), &name), mach.KERN_FAILURE)
	want(t, "task_name_for_pid", mach.TaskNameForPID(none, int32(os.Getpid()), &name), mach.KERN_FAILURE)
	equal(t, "mach_task_is_self of the own port", mach.MachTaskIsSelf(self()).Bool(), true)
	equal(t, "mach_task_is_self of another port", mach.MachTaskIsSelf(sendPort(t)).Bool(), false)
	s := mach.TaskSelfTrap()
	equal(t, "task_self_trap", s, self())
	dropSend(t, s)
}

// xnu osfmk/kern/task.c, task_threads.
func TestTaskThreads(t *testing.T) {
	begin(t)
	me := thread(t)
	stop := make(chan struct{})
	other := make(chan mach.MachPort)
	wait := onThread(t, func() {
		th := mach.MachThreadSelf()
		other <- th
		<-stop
		mach.MachPortDeallocate(self(), th)
	})
	it := <-other
	var list *mach.ThreadAct
	var n mach.MachMsgTypeNumber
	ok(t, "task_threads", mach.TaskThreads(self(), &list, &n))
	seen := map[mach.MachPort]int{}
	for _, th := range take(t, list, n) {
		seen[th]++
		dropSend(t, th)
	}
	equal(t, "times that this thread is listed", seen[me], 1)
	equal(t, "times that the other thread is listed", seen[it], 1)
	if int(n) != len(seen) || int(n) < 2 {
		t.Errorf("%d threads, %d names", n, len(seen))
	}
	close(stop)
	wait()
	runtime.KeepAlive(stop)
}

// xnu osfmk/kern/task.c, task_inspect; task_purgable_info.
func TestTaskCounters(t *testing.T) {
	begin(t)
	var c mach.TaskInspectBasicCounts
	n := mach.TASK_INSPECT_BASIC_COUNTS_COUNT
	if err := mach.TaskInspect(self(), mach.TASK_INSPECT_BASIC_COUNTS, mach.Info(&c), &n); err != nil {
		want(t, "task_inspect", err, mach.KERN_NOT_SUPPORTED)
	} else if c.Instructions == 0 || c.Cycles == 0 {
		t.Errorf("%d instructions in %d cycles", c.Instructions, c.Cycles)
	}
	n = mach.TASK_INSPECT_BASIC_COUNTS_COUNT
	want(t, "task_inspect", mach.TaskInspect(self(), 99, mach.Info(&c), &n), mach.KERN_INVALID_ARGUMENT)
	var stats mach.TaskPurgableInfo_t
	ok(t, "task_purgable_info", mach.TaskPurgableInfo(self(), &stats))
}
