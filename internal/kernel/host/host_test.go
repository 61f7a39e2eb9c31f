//go:build linux && (amd64 || arm64)

package host_test

import (
	"os"
	"testing"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

func want(t *testing.T, what string, err error, kr mach.KernReturn) {
	t.Helper()
	if kr == mach.KERN_SUCCESS && err == nil {
		return
	}
	if err != error(kr) {
		t.Errorf("%s: %v, want %v", what, err, kr)
	}
}

// info makes an info call with room for all of T.
func info[T any](t *testing.T, call func(*mach.Integer, *mach.MachMsgTypeNumber) error) T {
	t.Helper()
	var x T
	n := mach.CountOf[T]()
	if err := call(mach.Info(&x), &n); err != nil {
		t.Fatal(err)
	}
	if n != mach.CountOf[T]() {
		t.Errorf("%d words of %d", n, mach.CountOf[T]())
	}
	return x
}

func TestHostPort(t *testing.T) {
	self := mach.MachTaskSelf()
	h := mach.MachHostSelf()
	refs := func() (n uint32) {
		want(t, "refs", mach.MachPortGetRefs(self, h, mach.MACH_PORT_RIGHT_SEND, &n), mach.KERN_SUCCESS)
		return n
	}
	before := refs()
	if mach.MachHostSelf() != h {
		t.Error("two names for one host")
	}
	// Each call adds a user reference.
	if after := refs(); after != before+1 {
		t.Errorf("%d references, then %d", before, after)
	}
	want(t, "deallocate", mach.MachPortDeallocate(self, h), mach.KERN_SUCCESS)

	var x mach.HostBasicInfo
	n := mach.CountOf[mach.HostBasicInfo]()
	want(t, "no port", mach.HostInfo(0, mach.HOST_BASIC_INFO, mach.Info(&x), &n), mach.MACH_SEND_INVALID_DEST)
	want(t, "another port", mach.HostInfo(self, mach.HOST_BASIC_INFO, mach.Info(&x), &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "statistics of another port", mach.HostStatistics(self, mach.HOST_LOAD_INFO, mach.Info(&x), &n), mach.KERN_INVALID_HOST)
}

func TestInfo(t *testing.T) {
	h := mach.MachHostSelf()
	b := info[mach.HostBasicInfo](t, func(p *mach.Integer, n *mach.MachMsgTypeNumber) error {
		return mach.HostInfo(h, mach.HOST_BASIC_INFO, p, n)
	})
	if b.AvailCpus < 1 || b.MaxMem == 0 || b.MemorySize != uint32(b.MaxMem) {
		t.Errorf("%+v", b)
	}
	vm := info[mach.VMStatistics64](t, func(p *mach.Integer, n *mach.MachMsgTypeNumber) error {
		return mach.HostStatistics64(h, mach.HOST_VM_INFO64, p, n)
	})
	var page mach.VMSize
	want(t, "page size", mach.HostPageSize(h, &page), mach.KERN_SUCCESS)
	if int(page) != os.Getpagesize() {
		t.Errorf("page size %d", page)
	}
	pages := uint64(vm.FreeCount) + uint64(vm.ActiveCount) + uint64(vm.InactiveCount) + uint64(vm.WireCount) + uint64(vm.CompressorPageCount)
	if pages != b.MaxMem/uint64(page) {
		t.Errorf("the lists make %d pages of %d", pages, b.MaxMem/uint64(page))
	}
	_ = info[mach.VMExtmodStatistics](t, func(p *mach.Integer, n *mach.MachMsgTypeNumber) error {
		return mach.HostStatistics64(h, mach.HOST_EXTMOD_INFO64, p, n)
	})
	var v mach.KernelVersion
	want(t, "version", mach.HostKernelVersion(h, &v), mach.KERN_SUCCESS)
	if v[0] == 0 || v[len(v)-1] != 0 {
		t.Error("no version")
	}
}

func TestProcessorInfo(t *testing.T) {
	h, self := mach.MachHostSelf(), mach.MachTaskSelf()
	b := info[mach.HostBasicInfo](t, func(p *mach.Integer, n *mach.MachMsgTypeNumber) error {
		return mach.HostInfo(h, mach.HOST_BASIC_INFO, p, n)
	})
	var cpus mach.Natural
	var list *mach.Integer
	var words mach.MachMsgTypeNumber
	want(t, "load", mach.HostProcessorInfo(h, mach.PROCESSOR_CPU_LOAD_INFO, &cpus, &list, &words), mach.KERN_SUCCESS)
	if int(cpus) != int(b.AvailCpus) || uint32(words) != uint32(cpus)*uint32(mach.CPU_STATE_MAX) {
		t.Fatalf("%d processors, %d words", cpus, words)
	}
	total := info[mach.HostCPULoadInfo](t, func(p *mach.Integer, n *mach.MachMsgTypeNumber) error {
		return mach.HostStatistics(h, mach.HOST_CPU_LOAD_INFO, p, n)
	})
	var idle uint32
	for i, w := range mach.Slice(list, words) {
		if i%mach.CPU_STATE_MAX == mach.CPU_STATE_IDLE {
			idle += uint32(w)
		}
	}
	if d := total.CPUTicks[mach.CPU_STATE_IDLE] - idle; d > 1000 {
		t.Errorf("idle time %d a processor each, %d together", idle, total.CPUTicks[mach.CPU_STATE_IDLE])
	}
	want(t, "deallocate", mach.VMDeallocate(self, mach.VMAddress(mach.AddressOf(list)), mach.VMSize(words)*4), mach.KERN_SUCCESS)
	want(t, "unknown flavor", mach.HostProcessorInfo(h, 99, &cpus, &list, &words), mach.KERN_FAILURE)
}

func TestProcessors(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("processor ports are root's")
	}
	h, self := mach.MachHostSelf(), mach.MachTaskSelf()
	var list *mach.Processor
	var n mach.MachMsgTypeNumber
	want(t, "processors", mach.HostProcessors(h, &list, &n), mach.KERN_SUCCESS)
	if n == 0 {
		t.Fatal("no processors")
	}
	for i, p := range mach.Slice(list, n) {
		var host mach.Host
		var x mach.ProcessorBasicInfo
		count := mach.CountOf[mach.ProcessorBasicInfo]()
		want(t, "info", mach.ProcessorInfo(p, mach.PROCESSOR_BASIC_INFO, &host, mach.Info(&x), &count), mach.KERN_SUCCESS)
		if !x.Running.Bool() || host == mach.MACH_PORT_NULL {
			t.Errorf("processor %d: %+v, host %#x", i, x, host)
		}
		count--
		want(t, "room", mach.ProcessorInfo(p, mach.PROCESSOR_BASIC_INFO, &host, mach.Info(&x), &count), mach.KERN_FAILURE)
		var set mach.ProcessorSetName
		want(t, "assignment", mach.ProcessorGetAssignment(p, &set), mach.KERN_SUCCESS)
		want(t, "control", mach.ProcessorControl(p, nil, 0), mach.KERN_FAILURE)
		mach.MachPortDeallocate(self, set)
		mach.MachPortDeallocate(self, host)
		want(t, "release", mach.MachPortDeallocate(self, p), mach.KERN_SUCCESS)
	}
	want(t, "deallocate", mach.VMDeallocate(self, mach.VMAddress(mach.AddressOf(list)), mach.VMSize(n)*4), mach.KERN_SUCCESS)
}

func TestProcessorSet(t *testing.T) {
	h, self := mach.MachHostSelf(), mach.MachTaskSelf()
	var name mach.ProcessorSetName
	want(t, "default", mach.ProcessorSetDefault(h, &name), mach.KERN_SUCCESS)
	var host mach.Host
	basic := info[mach.ProcessorSetBasicInfo](t, func(p *mach.Integer, n *mach.MachMsgTypeNumber) error {
		return mach.ProcessorSetInfo(name, mach.PROCESSOR_SET_BASIC_INFO, &host, p, n)
	})
	if basic.ProcessorCount < 1 || host == mach.MACH_PORT_NULL {
		t.Errorf("%+v, host %#x", basic, host)
	}
	load := info[mach.ProcessorSetLoadInfo](t, func(p *mach.Integer, n *mach.MachMsgTypeNumber) error {
		return mach.ProcessorSetStatistics(name, mach.PROCESSOR_SET_LOAD_INFO, p, n)
	})
	if load.TaskCount < 1 || load.ThreadCount < 1 {
		t.Errorf("%+v", load)
	}
	var list *mach.Task
	var n mach.MachMsgTypeNumber
	want(t, "a name port is not enough", mach.ProcessorSetTasks(name, &list, &n), mach.KERN_INVALID_ARGUMENT)
	if os.Geteuid() != 0 {
		return
	}
	var set mach.ProcessorSet
	want(t, "priv", mach.HostProcessorSetPriv(h, name, &set), mach.KERN_SUCCESS)
	want(t, "tasks", mach.ProcessorSetTasks(set, &list, &n), mach.KERN_SUCCESS)
	if d := int(n) - int(load.TaskCount); d < -20 || d > 20 {
		t.Errorf("%d tasks in the list, %d counted", n, load.TaskCount)
	}
	found := false
	for _, p := range mach.Slice(list, n) {
		found = found || p == self
		if p != mach.MACH_PORT_NULL && p != self {
			mach.MachPortDeallocate(self, p)
		}
	}
	if !found {
		t.Error("this task is not in the list")
	}
	want(t, "deallocate", mach.VMDeallocate(self, mach.VMAddress(mach.AddressOf(list)), mach.VMSize(n)*4), mach.KERN_SUCCESS)
	want(t, "flavor", mach.ProcessorSetTasksWithFlavor(set, 9, &list, &n), mach.KERN_INVALID_ARGUMENT)
}

func TestSpecialPorts(t *testing.T) {
	h, self := mach.MachHostSelf(), mach.MachTaskSelf()
	var p mach.MachPort
	if os.Geteuid() != 0 {
		want(t, "not root", mach.HostGetSpecialPort(h, mach.HOST_LOCAL_NODE, mach.HOST_PORT, &p), mach.KERN_INVALID_ARGUMENT)
		return
	}
	get := func(which int32) (mach.MachPort, error) {
		p = 0
		err := mach.HostGetSpecialPort(h, mach.HOST_LOCAL_NODE, which, &p)
		return p, err
	}
	if p, err := get(mach.HOST_PRIV_PORT); err != nil || p != h {
		t.Errorf("the privileged port: %#x, %v", p, err)
	}
	if p, err := get(mach.HOST_PORT); err != nil || p == h || p == 0 {
		t.Errorf("the host port: %#x, %v", p, err)
	}
	_, err := get(mach.HOST_SECURITY_PORT)
	want(t, "security", err, mach.KERN_INVALID_ARGUMENT)
	_, err = get(mach.HOST_MAX_SPECIAL_PORT + 1)
	want(t, "too high", err, mach.KERN_INVALID_ARGUMENT)
	if p, err := get(mach.HOST_CHUD_PORT); err != nil || p != 0 {
		t.Errorf("a port that is not set: %#x, %v", p, err)
	}
	var mine mach.MachPort
	want(t, "allocate", mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &mine), mach.KERN_SUCCESS)
	want(t, "insert", mach.MachPortInsertRight(self, mine, mine, mach.MACH_MSG_TYPE_MAKE_SEND), mach.KERN_SUCCESS)
	want(t, "set", mach.HostSetSpecialPort(h, mach.HOST_CHUD_PORT, mine), mach.KERN_SUCCESS)
	if p, err := get(mach.HOST_CHUD_PORT); err != nil || p != mine {
		t.Errorf("got %#x, %v; set %#x", p, err, mine)
	}
	want(t, "unset", mach.HostSetSpecialPort(h, mach.HOST_CHUD_PORT, mach.MACH_PORT_NULL), mach.KERN_SUCCESS)
	want(t, "a kernel port", mach.HostSetSpecialPort(h, mach.HOST_PORT, mine), mach.KERN_INVALID_ARGUMENT)
	want(t, "UNDServer", mach.HostSetUNDServer(h, mine), mach.KERN_SUCCESS)
	var server mach.MachPort
	want(t, "UNDServer", mach.HostGetUNDServer(h, &server), mach.KERN_SUCCESS)
	if server != mine {
		t.Errorf("%#x, not %#x", server, mine)
	}
	want(t, "set", mach.HostSetUNDServer(h, mach.MACH_PORT_NULL), mach.KERN_SUCCESS)
	want(t, "destroy", mach.MachPortModRefs(self, mine, mach.MACH_PORT_RIGHT_RECEIVE, -1), mach.KERN_SUCCESS)
}

func TestNotificationErrors(t *testing.T) {
	h, self := mach.MachHostSelf(), mach.MachTaskSelf()
	var p mach.MachPort
	want(t, "allocate", mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &p), mach.KERN_SUCCESS)
	defer mach.MachPortModRefs(self, p, mach.MACH_PORT_RIGHT_RECEIVE, -1)
	want(t, "request", mach.HostRequestNotification(h, mach.HOST_NOTIFY_CALENDAR_CHANGE, p), mach.KERN_SUCCESS)
	want(t, "unknown type", mach.HostRequestNotification(h, 2, p), mach.KERN_INVALID_ARGUMENT)
	want(t, "no port", mach.HostRequestNotification(h, 0, 0), mach.KERN_INVALID_CAPABILITY)
	want(t, "no receive right", mach.HostRequestNotification(h, 0, h), mach.MACH_SEND_INVALID_RIGHT)
}
