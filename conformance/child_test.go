package conformance_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/gomach/mach"
)

const childVariable = "MACH_CONFORMANCE_CHILD"

// faultAddress is where a child writes to when it is told to fault: in the
// first page, which nothing is mapped to.
const faultAddress = 8

// child is what a copy of the test binary does: it prints where it has put a
// pattern, counts, ends when its input does and faults when it reads a byte.
func child() {
	block := make([]byte, 1<<16)
	for i := range block {
		block[i] = byte(i*7) + byte(i>>8) + 42
	}
	go func() {
		var order [1]byte
		if n, _ := os.Stdin.Read(order[:]); n == 1 {
			*at[byte](faultAddress) = 1
		}
		os.Exit(0)
	}()
	fmt.Println(addressOf(&block[0]))
	for n := 0; ; n++ {
		fmt.Println(n)
		time.Sleep(5 * time.Millisecond)
	}
}

// another is a child process of the test.
type another struct {
	pid     int
	task    mach.MachPort // a reference to its control port
	pattern uint64        // where its 64 KiB pattern is
	lines   chan int      // its counter
	in      io.Writer
}

// fault makes the child touch memory that is not there.
func (a *another) fault() error {
	_, err := a.in.Write([]byte{1})
	return err
}

// startCopy starts the test binary again with variables in its environment; it
// skips the test where that is not possible. The caller sees to its end.
func startCopy(t testing.TB, variables ...string) (c *exec.Cmd, in io.WriteCloser, out *bufio.Reader) {
	t.Helper()
	c = exec.Command(os.Args[0])
	c.Env = append(os.Environ(), variables...)
	in, err := c.StdinPipe()
	if err != nil {
		t.Skip("no pipes here: ", err)
	}
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Skip("no pipes here: ", err)
	}
	if err := c.Start(); err != nil {
		t.Skip("no child processes here: ", err)
	}
	return c, in, bufio.NewReader(pipe)
}

// spawn starts a copy of the test binary and opens its task; it skips the test
// where either is not possible.
func spawn(t testing.TB) *another {
	t.Helper()
	c, in, r := startCopy(t, childVariable+"=1")
	a := &another{pid: c.Process.Pid, lines: make(chan int, 10000), in: in}
	t.Cleanup(func() {
		in.Close()
		time.AfterFunc(5*time.Second, func() { c.Process.Kill() })
		c.Wait()
	})
	if _, err := fmt.Fscanln(r, &a.pattern); err != nil {
		t.Skip("the child does not run here: ", err)
	}
	go func() {
		defer close(a.lines)
		for {
			var n int
			if _, err := fmt.Fscanln(r, &n); err != nil {
				return
			}
			a.lines <- n
		}
	}()
	err := mach.TaskForPID(self(), int32(a.pid), &a.task)
	if codeOf(err) == mach.KERN_FAILURE {
		t.Skip("task_for_pid is not for this caller: on a Mac it takes root or a signed entitlement, under darwinrun a task of the same runner, elsewhere ptrace")
	}
	ok(t, "task_for_pid", err)
	t.Cleanup(func() { destroy(a.task) })
	return a
}

// counts reports how far the child counts in a while.
func (a *another) counts() int {
	for len(a.lines) > 0 {
		<-a.lines
	}
	time.Sleep(100 * time.Millisecond)
	return len(a.lines)
}

// runs reports whether the child counts on, however busy the machine is.
func (a *another) runs() bool {
	for range 50 {
		if a.counts() > 0 {
			return true
		}
	}
	return false
}

// xnu osfmk/kern/task.c, task_suspend and task_resume: suspensions count, and
// each puts a right into the caller's space until it is resumed.
func TestTaskSuspend(t *testing.T) {
	begin(t)
	a := spawn(t)
	count := func(w int32) {
		t.Helper()
		info, _ := taskInfo[mach.MachTaskBasicInfo](t, a.task, mach.MACH_TASK_BASIC_INFO)
		equal(t, "suspend count", info.SuspendCount, w)
	}
	count(0)
	if !a.runs() {
		t.Error("the child does not run")
	}
	want(t, "task_resume", mach.TaskResume(a.task), mach.KERN_FAILURE)
	ok(t, "task_suspend", mach.TaskSuspend(a.task))
	a.counts()
	equal(t, "steps of a suspended task", a.counts(), 0)
	ok(t, "task_suspend", mach.TaskSuspend(a.task))
	count(2)
	ok(t, "task_resume", mach.TaskResume(a.task))
	count(1)
	equal(t, "steps of a suspended task", a.counts(), 0)
	ok(t, "task_resume", mach.TaskResume(a.task))
	count(0)
	if !a.runs() {
		t.Error("the child does not run on")
	}
}

// xnu osfmk/kern/task.c, task_suspend2 and task_resume2: a token that is
// dropped resumes as well.
func TestTaskSuspend2(t *testing.T) {
	begin(t)
	a := spawn(t)
	var token mach.MachPort
	for _, resume := range []func() error{
		func() error { return mach.TaskResume2(token) },
		func() error { return mach.MachPortDeallocate(self(), token) },
	} {
		ok(t, "task_suspend2", mach.TaskSuspend2(a.task, &token))
		typeIs(t, token, mach.MACH_PORT_TYPE_SEND_ONCE)
		a.counts()
		equal(t, "steps of a suspended task", a.counts(), 0)
		ok(t, "task_resume2", resume())
		gone(t, token)
		if !a.runs() {
			t.Error("the child does not run on")
		}
	}
}

// xnu osfmk/vm/vm_user.c: reading and writing another task's memory.
func TestOtherTaskMemory(t *testing.T) {
	begin(t)
	a := spawn(t)
	var data uint64
	var n uint32
	ok(t, "mach_vm_read", mach.MachVMRead(a.task, a.pattern, 1<<16, &data, &n))
	filled(t, "memory of the child", view(data, int(n)), 42)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), data, uint64(n)))
	buf := alloc(t, 1<<16)
	var size uint64
	ok(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(a.task, a.pattern+100, 5000, buf, &size))
	equal(t, "bytes read", size, 5000)
	fill(buf, 5000, 9)
	ok(t, "mach_vm_write", mach.MachVMWrite(a.task, a.pattern+200, buf, 5000))
	out := alloc(t, 1<<16)
	ok(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(a.task, a.pattern+200, 5000, out, &size))
	filled(t, "memory written", view(out, 5000), 9)
	// Its regions hold the pattern.
	addr, length := a.pattern, uint64(0)
	var info mach.VMRegionBasicInfo64
	count := mach.VM_REGION_BASIC_INFO_COUNT_64
	var name mach.MachPort
	ok(t, "mach_vm_region", mach.MachVMRegion(a.task, &addr, &length, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &count, &name))
	if addr > a.pattern || addr+length <= a.pattern || info.Protection&mach.VM_PROT_READ == 0 {
		t.Errorf("region %#x + %#x with protection %d for %#x", addr, length, info.Protection, a.pattern)
	}
	// Memory may be made, protected and freed there.
	var there uint64
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(a.task, &there, 2*page(), mach.VM_FLAGS_ANYWHERE))
	ok(t, "mach_vm_write", mach.MachVMWrite(a.task, there, buf, 100))
	ok(t, "mach_vm_protect", mach.MachVMProtect(a.task, there, page(), 0, mach.VM_PROT_READ))
	want(t, "mach_vm_write", mach.MachVMWrite(a.task, there, buf, 100), denied(100))
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(a.task, there, 2*page()))
	want(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(a.task, there, 100, out, &size), mach.KERN_INVALID_ADDRESS)
}

// xnu osfmk/kern/task.c and thread_act.c: threads and registers of another
// task.
func TestOtherTaskThreads(t *testing.T) {
	begin(t)
	a := spawn(t)
	var pid int32
	ok(t, "pid_for_task", mach.PIDForTask(a.task, &pid))
	equal(t, "process id", int(pid), a.pid)
	equal(t, "mach_task_is_self", mach.MachTaskIsSelf(a.task).Bool(), false)
	ok(t, "task_suspend", mach.TaskSuspend(a.task))
	var list *mach.ThreadAct
	var n mach.MachMsgTypeNumber
	ok(t, "task_threads", mach.TaskThreads(a.task, &list, &n))
	ids := map[uint64]bool{}
	for _, th := range take(t, list, n) {
		var s nativeState
		count := mach.CountOf[nativeState]()
		ok(t, "thread_get_state", mach.ThreadGetState(th, nativeFlavor, mach.State(&s), &count))
		equal(t, "count", count, mach.CountOf[nativeState]())
		if pc, sp := pcAndSP(&s); pc == 0 || sp == 0 {
			t.Errorf("program counter %#x, stack pointer %#x", pc, sp)
		}
		ids[threadInfo[mach.ThreadIdentifierInfo](t, th, mach.THREAD_IDENTIFIER_INFO).ThreadID] = true
		dropSend(t, th)
	}
	if len(ids) < 2 || len(ids) != int(n) {
		t.Errorf("%d threads with %d ids", n, len(ids))
	}
	ok(t, "task_resume", mach.TaskResume(a.task))
}

// xnu osfmk/kern/task.c: a task with a process is not ended by
// task_terminate, and a task that has ended answers no more.
func TestOtherTaskEnd(t *testing.T) {
	begin(t)
	a := spawn(t)
	want(t, "task_terminate", mach.TaskTerminate(a.task), mach.KERN_FAILURE)
	var token mach.MachPort
	ok(t, "task_create_identity_token", mach.TaskCreateIdentityToken(a.task, &token))
	t.Cleanup(func() { destroy(token) })
	p, err := os.FindProcess(a.pid)
	if err != nil {
		t.Skip("no signals here: ", err)
	}
	if err := p.Kill(); err != nil {
		t.Skip("no signals here: ", err)
	}
	for range a.lines {
	}
	for i := 0; i < 500 && typeOf(t, a.task)&mach.MACH_PORT_TYPE_DEAD_NAME == 0; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	typeIs(t, a.task, mach.MACH_PORT_TYPE_DEAD_NAME)
	dead := []mach.KernReturn{mach.MACH_SEND_INVALID_DEST, mach.KERN_INVALID_ARGUMENT, mach.KERN_INVALID_TASK, mach.KERN_FAILURE}
	var list *mach.ThreadAct
	var n mach.MachMsgTypeNumber
	want(t, "task_threads", mach.TaskThreads(a.task, &list, &n), dead...)
	want(t, "task_suspend", mach.TaskSuspend(a.task), dead...)
	var data uint64
	want(t, "mach_vm_read", mach.MachVMRead(a.task, a.pattern, 16, &data, &n), dead...)
	var pid int32
	want(t, "pid_for_task", mach.PIDForTask(a.task, &pid), mach.KERN_FAILURE)
	var again mach.MachPort
	want(t, "task_identity_token_get_task_port", mach.TaskIdentityTokenGetTaskPort(token, mach.TaskFlavor(mach.TASK_FLAVOR_NAME), &again), mach.KERN_NOT_FOUND)
}
