package conformance_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

func hostInfo[T any](t testing.TB, flavor mach.HostFlavor) (info T, n mach.MachMsgTypeNumber) {
	t.Helper()
	n = mach.CountOf[T]()
	ok(t, "host_info", mach.HostInfo(host(t), flavor, mach.Info(&info), &n))
	return info, n
}

func hostStatistics[T any](t testing.TB, flavor mach.HostFlavor) (info T, n mach.MachMsgTypeNumber) {
	t.Helper()
	n = mach.CountOf[T]()
	ok(t, "host_statistics", mach.HostStatistics(host(t), flavor, mach.Info(&info), &n))
	return info, n
}

// xnu osfmk/kern/host.c, host_info.
func TestHostInfo(t *testing.T) {
	begin(t)
	b, n := hostInfo[mach.HostBasicInfo](t, mach.HOST_BASIC_INFO)
	equal(t, "count", n, mach.HOST_BASIC_INFO_COUNT)
	if b.MaxCpus < 1 || b.AvailCpus < 1 || b.AvailCpus > b.MaxCpus || b.LogicalCPU < b.PhysicalCPU || b.LogicalCPUMax < b.LogicalCPU {
		t.Errorf("processors %+v", b)
	}
	if b.MaxMem < 64<<20 {
		t.Errorf("%d bytes of memory", b.MaxMem)
	}
	switch runtime.GOARCH {
	case "amd64":
		equal(t, "processor type", b.CPUType, 0x7) // CPU_TYPE_X86, whatever the process
	case "arm64":
		equal(t, "processor type", b.CPUType, mach.CPU_TYPE_ARM64)
	}
	// The older form has no more than the first five words.
	var old mach.HostBasicInfo
	n = 5
	ok(t, "host_info", mach.HostInfo(host(t), mach.HOST_BASIC_INFO, mach.Info(&old), &n))
	equal(t, "count of the older form", n, 5)
	equal(t, "processors in the older form", old.MaxCpus, b.MaxCpus)
	equal(t, "field that the older form lacks", old.MaxMem, 0)

	s, n := hostInfo[mach.HostSchedInfo](t, mach.HOST_SCHED_INFO)
	equal(t, "count", n, mach.HOST_SCHED_INFO_COUNT)
	if s.MinTimeout <= 0 || s.MinQuantum <= 0 {
		t.Errorf("%+v", s)
	}
	p, n := hostInfo[mach.HostPriorityInfo](t, mach.HOST_PRIORITY_INFO)
	equal(t, "count", n, mach.HOST_PRIORITY_INFO_COUNT)
	if p.KernelPriority <= p.UserPriority || p.UserPriority <= p.MinimumPriority || p.SystemPriority < p.ServerPriority || p.MaximumPriority <= p.UserPriority {
		t.Errorf("%+v", p)
	}
	u, n := hostInfo[mach.HostPreferredUserArch](t, mach.HOST_PREFERRED_USER_ARCH)
	equal(t, "count", n, mach.HOST_PREFERRED_USER_ARCH_COUNT)
	if u.CPUType == 0 {
		t.Errorf("%+v", u)
	}
	d, n := hostInfo[mach.HostCanHasDebuggerInfo](t, mach.HOST_CAN_HAS_DEBUGGER)
	equal(t, "count", n, mach.HOST_CAN_HAS_DEBUGGER_COUNT)
	if d.CanHasDebugger != 0 && d.CanHasDebugger != 1 {
		t.Errorf("%+v", d)
	}
}

// xnu osfmk/kern/host.c, host_info: errors.
func TestHostInfoErrors(t *testing.T) {
	begin(t)
	h := host(t)
	var room mach.HostInfo_t
	for flavor, need := range map[mach.HostFlavor]mach.MachMsgTypeNumber{
		mach.HOST_BASIC_INFO: 5, mach.HOST_SCHED_INFO: mach.HOST_SCHED_INFO_COUNT, mach.HOST_PRIORITY_INFO: mach.HOST_PRIORITY_INFO_COUNT,
	} {
		n := need - 1
		want(t, "host_info", mach.HostInfo(h, flavor, &room[0], &n), mach.KERN_FAILURE)
	}
	for _, f := range []mach.HostFlavor{7777, mach.HOST_RESOURCE_SIZES} {
		n := mach.MachMsgTypeNumber(1024)
		want(t, "host_info", mach.HostInfo(h, f, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
	}
	n := mach.MachMsgTypeNumber(1)
	want(t, "host_statistics", mach.HostStatistics(h, mach.HOST_VM_INFO, &room[0], &n), mach.KERN_FAILURE)
	n = 1
	want(t, "host_statistics64", mach.HostStatistics64(h, mach.HOST_VM_INFO64, &room[0], &n), mach.KERN_FAILURE)
	n = 1024
	want(t, "host_statistics", mach.HostStatistics(h, 7777, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
	n = 1024
	want(t, "host_statistics64", mach.HostStatistics64(h, 7777, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
	n = 1024
	want(t, "host_statistics", mach.HostStatistics(h, mach.HOST_VM_INFO64, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/kern/host.c, host_statistics.
func TestHostStatistics(t *testing.T) {
	begin(t)
	l, n := hostStatistics[mach.HostLoadInfo](t, mach.HOST_LOAD_INFO)
	equal(t, "count", n, mach.HOST_LOAD_INFO_COUNT)
	for _, v := range append(l.Avenrun[:], l.MachFactor[:]...) {
		if v < 0 {
			t.Errorf("%+v", l)
		}
	}
	c, n := hostStatistics[mach.HostCPULoadInfo](t, mach.HOST_CPU_LOAD_INFO)
	equal(t, "count", n, mach.HOST_CPU_LOAD_INFO_COUNT)
	if c.CPUTicks[mach.CPU_STATE_USER]+c.CPUTicks[mach.CPU_STATE_IDLE] == 0 {
		t.Errorf("%+v", c)
	}
	v, n := hostStatistics[mach.VMStatistics](t, mach.HOST_VM_INFO)
	equal(t, "count", n, mach.HOST_VM_INFO_COUNT)
	if v.FreeCount+v.ActiveCount+v.InactiveCount == 0 {
		t.Errorf("%+v", v)
	}
}

// xnu osfmk/kern/host.c, host_statistics64 and vm_stats: each revision of
// HOST_VM_INFO64 has its count.
func TestHostVMInfo64(t *testing.T) {
	begin(t)
	h := host(t)
	var v mach.VMStatistics64
	n := mach.HOST_VM_INFO64_COUNT
	ok(t, "host_statistics64", mach.HostStatistics64(h, mach.HOST_VM_INFO64, mach.Info(&v), &n))
	if n != mach.HOST_VM_INFO64_REV1_COUNT && n != mach.HOST_VM_INFO64_REV2_COUNT {
		t.Errorf("count is %d", n)
	}
	b, _ := hostInfo[mach.HostBasicInfo](t, mach.HOST_BASIC_INFO)
	pages := uint64(v.FreeCount) + uint64(v.ActiveCount) + uint64(v.InactiveCount) + uint64(v.WireCount) + uint64(v.CompressorPageCount)
	if m := pages * mach.VMKernelPageSize(); m < b.MaxMem/4 || m > b.MaxMem*2 {
		t.Errorf("pages add up to %d of %d bytes", m, b.MaxMem)
	}
	if v.Faults == 0 {
		t.Errorf("%+v", v)
	}
	for _, rev := range []mach.MachMsgTypeNumber{mach.HOST_VM_INFO64_REV0_COUNT, mach.HOST_VM_INFO64_REV1_COUNT} {
		var old mach.VMStatistics64
		n := rev
		ok(t, "host_statistics64", mach.HostStatistics64(h, mach.HOST_VM_INFO64, mach.Info(&old), &n))
		equal(t, "count of an older form", n, rev)
		for _, w := range words(&old)[rev:] {
			if w != 0 {
				t.Errorf("more than %d words are written", rev)
				break
			}
		}
	}
	var e mach.VMExtmodStatistics
	n = mach.HOST_EXTMOD_INFO64_COUNT
	ok(t, "host_statistics64", mach.HostStatistics64(h, mach.HOST_EXTMOD_INFO64, mach.Info(&e), &n))
	equal(t, "count", n, mach.HOST_EXTMOD_INFO64_COUNT)
	var c mach.HostCPULoadInfo
	n = mach.HOST_CPU_LOAD_INFO_COUNT
	ok(t, "host_statistics64", mach.HostStatistics64(h, mach.HOST_CPU_LOAD_INFO, mach.Info(&c), &n))
	equal(t, "count", n, mach.HOST_CPU_LOAD_INFO_COUNT)
}

// xnu osfmk/kern/host.c, host_processor_info: words, not processors, count
// what is to be freed.
func TestHostProcessorInfo(t *testing.T) {
	begin(t)
	h := host(t)
	b, _ := hostInfo[mach.HostBasicInfo](t, mach.HOST_BASIC_INFO)
	var cpus mach.Natural
	var info *mach.Integer
	var n mach.MachMsgTypeNumber
	ok(t, "host_processor_info", mach.HostProcessorInfo(h, mach.PROCESSOR_CPU_LOAD_INFO, &cpus, &info, &n))
	equal(t, "processors", int32(cpus), b.LogicalCPUMax)
	equal(t, "words", n, cpus*mach.CPU_STATE_MAX)
	var sum uint64
	for _, w := range take(t, info, n) {
		sum += uint64(uint32(w))
	}
	if sum == 0 {
		t.Error("no processor has run")
	}
	ok(t, "host_processor_info", mach.HostProcessorInfo(h, mach.PROCESSOR_BASIC_INFO, &cpus, &info, &n))
	equal(t, "words", n, cpus*mach.PROCESSOR_BASIC_INFO_COUNT)
	w := take(t, info, n)
	for i := 0; i < int(cpus); i++ {
		equal(t, "slot", w[i*int(mach.PROCESSOR_BASIC_INFO_COUNT)+3], int32(i))
	}
	want(t, "host_processor_info", mach.HostProcessorInfo(h, 7777, &cpus, &info, &n), mach.KERN_INVALID_ARGUMENT, mach.KERN_FAILURE)
}

// xnu osfmk/kern/host.c, host_kernel_version.
func TestKernelVersion(t *testing.T) {
	begin(t)
	var v mach.KernelVersion
	for i := range v {
		v[i] = 0xff
	}
	ok(t, "host_kernel_version", mach.HostKernelVersion(host(t), &v))
	n := bytes.IndexByte(v[:], 0)
	if n <= 0 || !bytes.Contains(v[:n], []byte(" Kernel Version ")) {
		t.Errorf("version %q", v[:max(n, 0)])
	}
}

// xnu osfmk/kern/processor.c, processor_set_info and
// processor_set_statistics.
func TestProcessorSet(t *testing.T) {
	begin(t)
	h := host(t)
	var set, back mach.MachPort
	ok(t, "processor_set_default", mach.ProcessorSetDefault(h, &set))
	defer mach.MachPortDeallocate(self(), set)
	var basic mach.ProcessorSetBasicInfo
	n := mach.PROCESSOR_SET_BASIC_INFO_COUNT
	ok(t, "processor_set_info", mach.ProcessorSetInfo(set, mach.PROCESSOR_SET_BASIC_INFO, &back, mach.Info(&basic), &n))
	equal(t, "count", n, mach.PROCESSOR_SET_BASIC_INFO_COUNT)
	if k := kindOf(t, back); k != mach.IPC_OTYPE_HOST && k != mach.IPC_OTYPE_HOST_PRIV {
		t.Errorf("the host port is of kind %d", k)
	}
	dropSend(t, back)
	b, _ := hostInfo[mach.HostBasicInfo](t, mach.HOST_BASIC_INFO)
	equal(t, "processors", basic.ProcessorCount, b.AvailCpus)
	equal(t, "policy", mach.Policy(basic.DefaultPolicy), mach.POLICY_TIMESHARE)
	var load mach.ProcessorSetLoadInfo
	n = mach.PROCESSOR_SET_LOAD_INFO_COUNT
	ok(t, "processor_set_statistics", mach.ProcessorSetStatistics(set, mach.PROCESSOR_SET_LOAD_INFO, mach.Info(&load), &n))
	equal(t, "count", n, mach.PROCESSOR_SET_LOAD_INFO_COUNT)
	if load.TaskCount < 1 || load.ThreadCount < load.TaskCount || load.LoadAverage < 0 {
		t.Errorf("%+v", load)
	}
	n = 1
	want(t, "processor_set_info", mach.ProcessorSetInfo(set, mach.PROCESSOR_SET_BASIC_INFO, &back, mach.Info(&basic), &n), mach.KERN_FAILURE)
	n = 10
	want(t, "processor_set_info", mach.ProcessorSetInfo(set, 7777, &back, mach.Info(&basic), &n), mach.KERN_INVALID_ARGUMENT)
	n = 1
	want(t, "processor_set_statistics", mach.ProcessorSetStatistics(set, mach.PROCESSOR_SET_LOAD_INFO, mach.Info(&load), &n), mach.KERN_FAILURE)
	n = 10
	want(t, "processor_set_statistics", mach.ProcessorSetStatistics(set, 7777, mach.Info(&load), &n), mach.KERN_INVALID_ARGUMENT)
	// Only the control port gives tasks.
	var list *mach.Task
	want(t, "processor_set_tasks", mach.ProcessorSetTasks(set, &list, &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "processor_set_tasks_with_flavor", mach.ProcessorSetTasksWithFlavor(set, mach.TASK_FLAVOR_NAME, &list, &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "processor_set_threads", mach.ProcessorSetThreads(set, &list, &n), mach.KERN_INVALID_ARGUMENT, mach.KERN_FAILURE, mach.KERN_NOT_SUPPORTED)
}

// xnu osfmk/kern/host_notify.c, host_request_notification.
func TestHostRequestNotification(t *testing.T) {
	begin(t)
	h, p := host(t), newPort(t)
	ok(t, "host_request_notification", mach.HostRequestNotification(h, mach.HOST_NOTIFY_CALENDAR_CHANGE, p))
	equal(t, "send-once rights", status(t, p).MpsSorights, 1)
	// "Unlike the original ABI, multiple registrations for the same port are now
	// allowed"; the receive right may not move.
	if !realMac() { // older systems answer KERN_INVALID_CAPABILITY
		ok(t, "host_request_notification", mach.HostRequestNotification(h, mach.HOST_NOTIFY_CALENDAR_SET, p))
		ok(t, "host_request_notification", mach.HostRequestNotification(h, mach.HOST_NOTIFY_CALENDAR_SET, p))
		equal(t, "send-once rights", status(t, p).MpsSorights, 3)
	}
	violation(t, "moving a receive right that may not move")
	want(t, "mach_msg", sendRight(newPort(t), p, mach.MACH_MSG_TYPE_MOVE_RECEIVE), mach.MACH_SEND_INVALID_RIGHT)
	want(t, "host_request_notification", mach.HostRequestNotification(h, 99, newPort(t)), mach.KERN_INVALID_ARGUMENT)
	want(t, "host_request_notification", mach.HostRequestNotification(h, mach.HOST_NOTIFY_CALENDAR_CHANGE, none), mach.KERN_INVALID_CAPABILITY)
}
