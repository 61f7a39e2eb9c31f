//go:build linux && (amd64 || arm64)

package task_test

import (
	"testing"
	"time"

	"github.com/gomach/mach"
)

// xnu osfmk/kern/task.c place_task_hold, release_task_hold.
func TestSuspensionsCount(t *testing.T) {
	x := start(t)
	is(t, mach.TaskResume(x.task), mach.KERN_FAILURE)
	must(t, mach.TaskSuspend(x.task))
	must(t, mach.TaskSuspend(x.task))
	if x.runs() {
		t.Error("it runs while suspended")
	}
	var info mach.MachTaskBasicInfo
	count := mach.CountOf[mach.MachTaskBasicInfo]()
	must(t, mach.TaskInfo(x.task, mach.MACH_TASK_BASIC_INFO, mach.Info(&info), &count))
	if info.SuspendCount != 2 {
		t.Errorf("suspend count %d", info.SuspendCount)
	}
	must(t, mach.TaskResume(x.task))
	if x.runs() {
		t.Error("it runs while suspended once")
	}
	must(t, mach.TaskResume(x.task))
	if !x.runs() {
		t.Error("it does not run again")
	}
	is(t, mach.TaskResume(x.task), mach.KERN_FAILURE)
}

// A token is a send-once right; using it and dropping it both resume.
func TestSuspensionTokens(t *testing.T) {
	x := start(t)
	for _, end := range []func(mach.MachPort) error{
		mach.TaskResume2,
		func(token mach.MachPort) error { return mach.MachPortDeallocate(self(), token) },
	} {
		var token mach.MachPort
		must(t, mach.TaskSuspend2(x.task, &token))
		var typ mach.MachPortType_t
		must(t, mach.MachPortType(self(), token, &typ))
		if typ != mach.MACH_PORT_TYPE_SEND_ONCE {
			t.Errorf("the token is a %v", typ)
		}
		if x.runs() {
			t.Error("it runs while suspended")
		}
		must(t, end(token))
		if !x.runs() {
			t.Error("it does not run again")
		}
		if err := mach.MachPortType(self(), token, &typ); err == nil {
			t.Error("the token is still there")
		}
	}
}

// xnu osfmk/kern/thread_act.c thread_suspend, thread_resume.
func TestThreadSuspension(t *testing.T) {
	x := start(t)
	spinner := x.threads()[1]
	is(t, mach.ThreadResume(spinner), mach.KERN_FAILURE)
	must(t, mach.ThreadSuspend(spinner))
	must(t, mach.ThreadSuspend(spinner))
	must(t, mach.ThreadResume(spinner))
	if x.runs() {
		t.Error("it runs while suspended")
	}
	var info mach.ThreadBasicInfo
	count := mach.CountOf[mach.ThreadBasicInfo]()
	must(t, mach.ThreadInfo(spinner, mach.THREAD_BASIC_INFO, mach.Info(&info), &count))
	if info.SuspendCount != 1 || info.RunState != mach.TH_STATE_STOPPED {
		t.Errorf("%+v", info)
	}
	// The task's suspension is another matter.
	must(t, mach.TaskSuspend(x.task))
	must(t, mach.ThreadResume(spinner))
	if x.runs() {
		t.Error("it runs while its task is suspended")
	}
	must(t, mach.TaskResume(x.task))
	if !x.runs() {
		t.Error("it does not run again")
	}
}

func TestDeadTask(t *testing.T) {
	x := start(t)
	threads := x.threads()
	must(t, mach.TaskSuspend(x.task))
	x.Cmd.Process.Kill()
	x.Cmd.Wait()
	var pid int32
	for mach.PIDForTask(x.task, &pid) == nil {
	}
	if pid != -1 {
		t.Errorf("pid %d", pid)
	}
	for _, port := range []mach.MachPort{x.task, threads[0]} {
		var typ mach.MachPortType_t
		for end := time.Now().Add(10 * time.Second); typ != mach.MACH_PORT_TYPE_DEAD_NAME; {
			must(t, mach.MachPortType(self(), port, &typ))
			if time.Now().After(end) {
				t.Fatalf("the port is a %v", typ)
			}
		}
	}
	is(t, mach.TaskResume(x.task), mach.MACH_SEND_INVALID_DEST)
	is(t, mach.ThreadSuspend(threads[0]), mach.MACH_SEND_INVALID_DEST)
	var again mach.MachPort
	is(t, mach.TaskForPID(self(), int32(x.Cmd.Process.Pid), &again), mach.KERN_FAILURE)
	if again != mach.MACH_PORT_NULL {
		t.Errorf("port %#x", again)
	}
}

func TestNoLeaks(t *testing.T) {
	x := start(t)
	before := names(t)
	for range 20 {
		var list *mach.ThreadAct
		var count mach.MachMsgTypeNumber
		must(t, mach.TaskThreads(x.task, &list, &count))
		for _, th := range mach.Slice(list, count) {
			must(t, mach.MachPortDeallocate(self(), th))
		}
		must(t, mach.MachVMDeallocate(self(), mach.AddressOf(list), mach.SizeOf[mach.MachPort](count)))
		var token mach.MachPort
		must(t, mach.TaskSuspend2(x.task, &token))
		must(t, mach.TaskResume2(token))
	}
	if after := names(t); after != before {
		t.Errorf("%d names before, %d after", before, after)
	}
}

// names counts the own task's port names.
func names(t *testing.T) mach.MachMsgTypeNumber {
	var n *mach.MachPortName
	var types *mach.MachPortType_t
	var count, typesCount mach.MachMsgTypeNumber
	must(t, mach.MachPortNames(self(), &n, &count, &types, &typesCount))
	mach.MachVMDeallocate(self(), mach.AddressOf(n), mach.SizeOf[mach.MachPortName](count))
	mach.MachVMDeallocate(self(), mach.AddressOf(types), mach.SizeOf[mach.MachPortType_t](typesCount))
	return count
}
