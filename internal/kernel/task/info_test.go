//go:build linux && (amd64 || arm64)

package task_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach"
)

// proc reads a field of /proc/PID/status in bytes.
func proc(t *testing.T, pid int, key string) uint64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	for _, line := range strings.Split(string(b), "\n") {
		if v, ok := strings.CutPrefix(line, key+":"); ok {
			var n uint64
			fmt.Sscan(v, &n)
			return n << 10
		}
	}
	t.Fatalf("no %s", key)
	return 0
}

// The figures of a task that stands still are /proc's.
func TestTaskFigures(t *testing.T) {
	x := start(t)
	must(t, mach.TaskSuspend(x.task))
	defer mach.TaskResume(x.task)
	pid := x.Cmd.Process.Pid
	var basic mach.MachTaskBasicInfo
	count := mach.CountOf[mach.MachTaskBasicInfo]()
	must(t, mach.TaskInfo(x.task, mach.MACH_TASK_BASIC_INFO, mach.Info(&basic), &count))
	if basic.VirtualSize != proc(t, pid, "VmSize") || basic.SuspendCount != 1 || basic.Policy != mach.POLICY_TIMESHARE {
		t.Errorf("%+v", basic)
	}
	// Linux counts resident pages in several places, which may differ a bit.
	if rss := proc(t, pid, "VmRSS"); basic.ResidentSize+1<<20 < rss || basic.ResidentSize > rss+1<<20 {
		t.Errorf("resident %d, want %d", basic.ResidentSize, rss)
	}
	// A name port is enough for this, but not for the threads.
	var name mach.MachPort
	must(t, mach.TaskNameForPID(self(), int32(pid), &name))
	defer mach.MachPortDeallocate(self(), name)
	must(t, mach.TaskInfo(name, mach.MACH_TASK_BASIC_INFO, mach.Info(&basic), &count))
	var list *mach.ThreadAct
	is(t, mach.TaskThreads(name, &list, &count), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.TaskSuspend(name), mach.KERN_INVALID_ARGUMENT)

	var token mach.AuditToken
	count = mach.CountOf[mach.AuditToken]()
	must(t, mach.TaskInfo(x.task, mach.TASK_AUDIT_TOKEN, mach.Info(&token), &count))
	if token.Val[5] != uint32(pid) || token.Val[1] != uint32(os.Geteuid()) {
		t.Errorf("%v", token.Val)
	}
}

// TASK_VM_INFO has had eight sizes: a caller gets the newest that it has room
// for (xnu osfmk/kern/task.c).
func TestVMInfoRevisions(t *testing.T) {
	x := start(t)
	for _, c := range []struct{ room, want mach.MachMsgTypeNumber }{
		{36, 36}, {37, 36}, {38, 38}, {42, 42}, {84, 84}, {86, 86}, {87, 87}, {89, 89}, {92, 89}, {93, 93}, {200, 93},
	} {
		var room [200]mach.Integer
		for i := range room {
			room[i] = -7
		}
		count := c.room
		must(t, mach.TaskInfo(x.task, mach.TASK_VM_INFO, &room[0], &count))
		if count != c.want {
			t.Errorf("room for %d: %d words, want %d", c.room, count, c.want)
		}
		if room[count] != -7 {
			t.Errorf("room for %d: the word behind was written", c.room)
		}
	}
	var room [36]mach.Integer
	count := mach.MachMsgTypeNumber(35)
	is(t, mach.TaskInfo(x.task, mach.TASK_VM_INFO, &room[0], &count), mach.KERN_INVALID_ARGUMENT)
	var info mach.TaskVMInfo
	count = mach.CountOf[mach.TaskVMInfo]()
	must(t, mach.TaskInfo(x.task, mach.TASK_VM_INFO, mach.Info(&info), &count))
	if info.RegionCount < 5 || info.PageSize != mach.Integer(os.Getpagesize()) || info.PhysFootprint.Uint64() == 0 || info.MaxAddress.Uint64() <= info.MinAddress.Uint64() {
		t.Errorf("%+v", info)
	}
}

func TestInfoErrors(t *testing.T) {
	x := start(t)
	var room [100]mach.Integer
	for _, c := range []struct {
		flavor mach.TaskFlavor
		room   mach.MachMsgTypeNumber
		want   mach.KernReturn
	}{
		{mach.MACH_TASK_BASIC_INFO, 100, mach.KERN_SUCCESS},
		{mach.MACH_TASK_BASIC_INFO, 1, mach.KERN_INVALID_ARGUMENT},
		{999, 100, mach.KERN_INVALID_ARGUMENT},
		{mach.TASK_BASIC_INFO_32, 100, mach.KERN_SUCCESS},
		{mach.TASK_THREAD_TIMES_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_ABSOLUTETIME_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_EVENTS_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_AFFINITY_TAG_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_DYLD_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_EXTMOD_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_POWER_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_POWER_INFO_V2, 100, mach.KERN_SUCCESS},
		{mach.TASK_FLAGS_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_SECURITY_TOKEN, 100, mach.KERN_SUCCESS},
		{mach.TASK_KERNELMEMORY_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_WAIT_STATE_INFO, 100, mach.KERN_SUCCESS},
		{mach.TASK_DEBUG_INFO_INTERNAL, 100, mach.KERN_NOT_SUPPORTED},
		{mach.TASK_VM_INFO_PURGEABLE_ACCOUNT, 100, mach.KERN_NOT_SUPPORTED},
	} {
		count := c.room
		if err := mach.TaskInfo(x.task, c.flavor, &room[0], &count); (err == nil) != (c.want == 0) || err != nil && err != error(c.want) {
			t.Errorf("flavor %d: %v, want %v", c.flavor, err, c.want)
		}
	}
	is(t, mach.TaskSetInfo(x.task, mach.MACH_TASK_BASIC_INFO, &room[0], 1), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.TaskTerminate(x.task), mach.KERN_FAILURE)
	th := x.threads()[0]
	is(t, mach.ThreadTerminate(th), mach.KERN_DENIED)
	for _, c := range []struct {
		flavor mach.ThreadFlavor
		want   mach.KernReturn
	}{
		{mach.THREAD_BASIC_INFO, 0}, {mach.THREAD_IDENTIFIER_INFO, 0}, {mach.THREAD_EXTENDED_INFO, 0}, {mach.THREAD_SCHED_TIMESHARE_INFO, 0},
		{mach.THREAD_SCHED_RR_INFO, mach.KERN_INVALID_POLICY}, {mach.THREAD_SCHED_FIFO_INFO, mach.KERN_INVALID_POLICY},
		{mach.THREAD_DEBUG_INFO_INTERNAL, mach.KERN_NOT_SUPPORTED}, {77, mach.KERN_INVALID_ARGUMENT},
	} {
		count := mach.MachMsgTypeNumber(len(room))
		if err := mach.ThreadInfo(th, c.flavor, &room[0], &count); (err == nil) != (c.want == 0) || err != nil && err != error(c.want) {
			t.Errorf("thread flavor %d: %v, want %v", c.flavor, err, c.want)
		}
	}
	var id mach.ThreadIdentifierInfo
	count := mach.CountOf[mach.ThreadIdentifierInfo]()
	must(t, mach.ThreadInfo(th, mach.THREAD_IDENTIFIER_INFO, mach.Info(&id), &count))
	if id.ThreadID != uint64(x.Cmd.Process.Pid) {
		t.Errorf("the first thread is %d", id.ThreadID)
	}
}

func TestThreadPolicies(t *testing.T) {
	x := start(t)
	th := x.threads()[1]
	get := func(flavor mach.ThreadPolicyFlavor, n int, def bool) ([]mach.Integer, bool) {
		t.Helper()
		room := make([]mach.Integer, n)
		count, d := mach.MachMsgTypeNumber(n), mach.BooleanOf(def)
		must(t, mach.ThreadPolicyGet(th, flavor, &room[0], &count, &d))
		return room, d.Bool()
	}
	importance := mach.Integer(-4)
	must(t, mach.ThreadPolicySet(th, mach.THREAD_PRECEDENCE_POLICY, &importance, 1))
	if v, d := get(mach.THREAD_PRECEDENCE_POLICY, 1, false); v[0] != -4 || d {
		t.Errorf("%v, %v", v, d)
	}
	if v, d := get(mach.THREAD_PRECEDENCE_POLICY, 1, true); v[0] != 0 || !d {
		t.Errorf("%v, %v", v, d)
	}
	if v, d := get(mach.THREAD_TIME_CONSTRAINT_POLICY, 4, false); !d || v[1] != 5_000_000 || v[2] != 10_000_000 {
		t.Errorf("%v, %v", v, d)
	}
	rt := mach.ThreadTimeConstraintPolicy{Period: 20_000_000, Computation: 6_000_000, Constraint: 10_000_000, Preemptible: 1}
	must(t, mach.ThreadPolicySet(th, mach.THREAD_TIME_CONSTRAINT_POLICY, mach.Info(&rt), 4))
	if v, d := get(mach.THREAD_TIME_CONSTRAINT_POLICY, 4, false); d || v[0] != 20_000_000 || v[1] != 6_000_000 {
		t.Errorf("%v, %v", v, d)
	}
	bad := rt
	bad.Constraint = 1
	is(t, mach.ThreadPolicySet(th, mach.THREAD_TIME_CONSTRAINT_POLICY, mach.Info(&bad), 4), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.ThreadPolicySet(th, mach.THREAD_TIME_CONSTRAINT_POLICY, mach.Info(&rt), 3), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.ThreadPolicySet(th, 99, mach.Info(&rt), 3), mach.KERN_INVALID_ARGUMENT)
	yes := mach.Integer(1)
	must(t, mach.ThreadPolicySet(th, mach.THREAD_EXTENDED_POLICY, &yes, 1))
	if _, d := get(mach.THREAD_TIME_CONSTRAINT_POLICY, 4, false); !d {
		t.Error("it is still a real-time thread")
	}
	role := mach.Integer(mach.TASK_BACKGROUND_APPLICATION)
	must(t, mach.TaskPolicySet(x.task, mach.TASK_CATEGORY_POLICY, &role, 1))
	role = 0
	count, d := mach.MachMsgTypeNumber(1), mach.Boolean(0)
	must(t, mach.TaskPolicyGet(x.task, mach.TASK_CATEGORY_POLICY, &role, &count, &d))
	if role != mach.Integer(mach.TASK_BACKGROUND_APPLICATION) {
		t.Errorf("role %d", role)
	}
	role = 77
	is(t, mach.TaskPolicySet(x.task, mach.TASK_CATEGORY_POLICY, &role, 1), mach.KERN_INVALID_ARGUMENT)
}

func TestSpecialPorts(t *testing.T) {
	x := start(t)
	var p, read, q mach.MachPort
	must(t, mach.TaskGetSpecialPort(x.task, mach.TASK_KERNEL_PORT, &p))
	if p != x.task {
		t.Errorf("%#x, want %#x", p, x.task)
	}
	must(t, mach.MachPortDeallocate(self(), p))
	must(t, mach.TaskGetSpecialPort(x.task, mach.TASK_READ_PORT, &read))
	defer mach.MachPortDeallocate(self(), read)
	is(t, mach.TaskGetSpecialPort(read, mach.TASK_KERNEL_PORT, &q), mach.KERN_INVALID_CAPABILITY)
	must(t, mach.TaskGetSpecialPort(read, mach.TASK_INSPECT_PORT, &q))
	must(t, mach.MachPortDeallocate(self(), q))
	is(t, mach.TaskGetSpecialPort(x.task, 99, &q), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.TaskSetSpecialPort(x.task, mach.TASK_KERNEL_PORT, read), mach.KERN_NO_ACCESS)
	s := newServer(t)
	must(t, mach.TaskSetSpecialPort(x.task, mach.TASK_BOOTSTRAP_PORT, s.port))
	must(t, mach.TaskGetSpecialPort(x.task, mach.TASK_BOOTSTRAP_PORT, &q))
	if q != s.port {
		t.Errorf("%#x, want %#x", q, s.port)
	}
	must(t, mach.MachPortDeallocate(self(), q))
	must(t, mach.TaskSetSpecialPort(x.task, mach.TASK_BOOTSTRAP_PORT, mach.MACH_PORT_NULL))

	// Registered ports: there are always three (libsyscall/mach/mach_init.c).
	set := []mach.MachPort{s.port, mach.MACH_PORT_NULL}
	must(t, mach.MachPortsRegister(x.task, &set[0], 2))
	var list *mach.MachPort
	var n mach.MachMsgTypeNumber
	must(t, mach.MachPortsLookup(x.task, &list, &n))
	if got := mach.Slice(list, n); n != 3 || got[0] != s.port || got[1] != mach.MACH_PORT_NULL || got[2] != mach.MACH_PORT_NULL {
		t.Errorf("%v", got)
	}
	must(t, mach.MachPortDeallocate(self(), s.port))
	must(t, mach.MachVMDeallocate(self(), mach.AddressOf(list), mach.SizeOf[mach.MachPort](n)))
	is(t, mach.MachPortsRegister(x.task, &set[0], 4), mach.KERN_INVALID_ARGUMENT)
	must(t, mach.MachPortsRegister(x.task, &set[1], 1))

	var token mach.TaskIDToken
	must(t, mach.TaskCreateIdentityToken(x.task, &token))
	must(t, mach.TaskIdentityTokenGetTaskPort(token, mach.TaskFlavor(mach.TASK_FLAVOR_CONTROL), &q))
	if q != x.task {
		t.Errorf("%#x, want %#x", q, x.task)
	}
	must(t, mach.MachPortDeallocate(self(), q))
	must(t, mach.MachPortDeallocate(self(), token))
	is(t, mach.TaskCreate(x.task, nil, 0, 0, &q), mach.MIG_BAD_ID)
}

// TestPoliciesReachLinux: giving time up is free for everybody.
func TestPoliciesReachLinux(t *testing.T) {
	x := start(t)
	nice := func(path string) int {
		b, err := os.ReadFile(path)
		must(t, err)
		n, err := strconv.Atoi(strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))[16])
		must(t, err)
		return n
	}
	was := nice(fmt.Sprintf("/proc/%d/stat", x.Cmd.Process.Pid))
	th := x.threads()[1]
	importance := mach.Integer(-4)
	must(t, mach.ThreadPolicySet(th, mach.THREAD_PRECEDENCE_POLICY, &importance, 1))
	var id mach.ThreadIdentifierInfo
	count := mach.CountOf[mach.ThreadIdentifierInfo]()
	must(t, mach.ThreadInfo(th, mach.THREAD_IDENTIFIER_INFO, mach.Info(&id), &count))
	path := fmt.Sprintf("/proc/%d/task/%d/stat", x.Cmd.Process.Pid, id.ThreadID)
	if got, want := nice(path), min(was+4, 19); got != want {
		t.Errorf("niceness %d with importance -4 in a process of %d", got, was)
	}
	// More than that only the privileged get.
	importance = -6
	must(t, mach.ThreadPolicySet(th, mach.THREAD_PRECEDENCE_POLICY, &importance, 1))
	if got, want := nice(path), min(was+6, 19); got != want {
		t.Errorf("niceness %d with importance -6 in a process of %d", got, was)
	}
}
