package task_test

import (
	"errors"
	"io/fs"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// A process that has ended and was not waited for is none.
func TestForPIDOfZombie(t *testing.T) {
	begin(t)
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer cmd.Wait()
	var err error
	for range 1000 {
		var x *task.Task
		if x, err = task.ForPID(t.Context(), cmd.Process.Pid); err != nil {
			break
		}
		must(t, x.Close())
		time.Sleep(5 * time.Millisecond) // until it has ended
	}
	wantErr(t, err, fs.ErrNotExist)
	wantErr(t, err, mach.KERN_FAILURE)
	if err == nil || !strings.Contains(err.Error(), "has ended, and its parent has not waited for it") {
		t.Errorf("error is %v", err)
	}
}

// A process that ends before it is stopped is none, whatever the kernel's code: XNU's
// task_suspend2 answers KERN_FAILURE for a task that is not active any more
// (osfmk/kern/task.c, place_task_hold).
func TestSuspendOfOneThatEnds(t *testing.T) {
	begin(t)
	a := spawn(t)
	must(t, a.cmd.Process.Kill())
	must(t, task.AwaitExit(t.Context(), a.cmd.Process))
	s, err := a.Suspend(t.Context())
	if err == nil {
		s.Close()
	}
	// The task may be known to have ended: then the call has no destination.
	if !errors.Is(err, mach.MACH_SEND_INVALID_DEST) && !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		wantErr(t, err, fs.ErrNotExist)
	}
}

// Who holds a process is told by the calls that need to stop it, too, and as long
// as it is so.
func TestSuspendOfTracedProcess(t *testing.T) {
	begin(t)
	a := spawn(t)
	runtime.LockOSThread() // ptrace is a matter of threads
	defer runtime.UnlockOSThread()
	pid := a.cmd.Process.Pid
	if err := syscall.PtraceAttach(pid); err != nil {
		t.Skip(err)
	}
	attached := true
	detach := func() {
		if attached {
			must(t, syscall.PtraceDetach(pid))
			attached = false
		}
	}
	defer detach()
	var status syscall.WaitStatus
	_, err := syscall.Wait4(pid, &status, syscall.WALL, nil)
	must(t, err)
	_, err = a.Suspend(t.Context())
	var r *task.Refusal
	if !errors.As(err, &r) || !errors.Is(err, fs.ErrPermission) || !strings.Contains(r.Reason, "another debugger holds it: ") || r.Advice == "" {
		t.Errorf("error is %v", err)
	}
	var call *task.Error
	if !errors.As(err, &call) || call.Call != "task_suspend2" {
		t.Errorf("%v names no call", err)
	}
	detach()
	s, err := a.Suspend(t.Context())
	must(t, err)
	must(t, s.Close())
}
