package task_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/cause"
	"github.com/gomach/mach/task"
)

// What the hosted kernel reports becomes a reason, advice that fits, and the
// class that errors.Is knows.
func TestExplain(t *testing.T) {
	const pid = 1<<22 + 77 // of nobody
	for _, x := range []struct {
		c       cause.Error
		class   error
		reason  string
		advice  string // a part of it; "" for none
		advised bool
	}{
		{cause.Error{Kind: cause.NoProcess}, fs.ErrNotExist, "no such process", "", false},
		{cause.Error{Kind: cause.Ended}, fs.ErrNotExist, "has ended", "", false},
		{cause.Error{Kind: cause.ThreadEnded}, fs.ErrNotExist, "thread has ended", "", false},
		{cause.Error{Kind: cause.OtherTracer, Tracer: 42, TracerName: "gdb"}, fs.ErrPermission, "another debugger holds it: gdb, thread 42", "End that", true},
		{cause.Error{Kind: cause.OtherTracer, Tracer: 42}, fs.ErrPermission, "holds it: thread 42", "End that", true},
		{cause.Error{Kind: cause.OtherTracer}, fs.ErrPermission, "holds it", "End that", true},
		{cause.Error{Kind: cause.Filtered, Call: "ptrace"}, fs.ErrPermission, "filter refuses ptrace", "seccomp=unconfined", true},
		{cause.Error{Kind: cause.Filtered}, fs.ErrPermission, "refuses a system call", "seccomp=unconfined", true},
		{cause.Error{Kind: cause.PtraceScope, Scope: 1}, fs.ErrPermission, "ptrace_scope is 1", "sysctl kernel.yama.ptrace_scope=0", true},
		{cause.Error{Kind: cause.PtraceScope, Scope: 2}, fs.ErrPermission, "ptrace_scope is 2", "CAP_SYS_PTRACE", true},
		{cause.Error{Kind: cause.PtraceScope, Scope: 3}, fs.ErrPermission, "ptrace_scope is 3", "next boot", true},
		{cause.Error{Kind: cause.NoCapability}, fs.ErrPermission, "CAP_SYS_PTRACE", "--cap-add=SYS_PTRACE", true},
		{cause.Error{Kind: cause.Namespace}, fs.ErrPermission, "user namespace", "outside", true},
		{cause.Error{Kind: cause.SecurityModule}, fs.ErrPermission, "security module", "log", true},
		{cause.Error{Kind: cause.OtherUser}, fs.ErrPermission, "another user's", "sudo", true},
		{cause.Error{Kind: cause.KernelThread}, fs.ErrPermission, "kernel's own", "", false},
		{cause.Error{Kind: cause.Hidden}, fs.ErrPermission, "hidepid", "sudo", true},
		{cause.Error{Kind: cause.NoProc}, nil, "/proc is not mounted", "mount -t proc", true},
		{cause.Error{Kind: cause.NoDescriptors}, nil, "no file descriptor", "ulimit -n", true},
		{cause.Error{Kind: cause.NoMemory}, nil, "no memory", "", false},
		{cause.Error{Kind: cause.Busy}, nil, "execve", "Try again", true},
		{cause.Error{Kind: cause.Unknown}, nil, "what the system said", "", false},
	} {
		x.c.PID, x.c.Err = pid, errors.New("what the system said")
		cause.Report(&x.c)
		err := fmt.Errorf("wrapped: %w", task.Explain(pid, mach.KERN_FAILURE))
		var r *task.Refusal
		if !errors.As(err, &r) || !errors.Is(err, mach.KERN_FAILURE) || r.Err != error(mach.KERN_FAILURE) {
			t.Errorf("%+v: no reason in %v", x.c, err)
			continue
		}
		if !strings.Contains(r.Reason, x.reason) || (r.Advice != "") != x.advised || !strings.Contains(r.Advice, x.advice) {
			t.Errorf("%+v: reason %q, advice %q", x.c, r.Reason, r.Advice)
		}
		for _, class := range []error{fs.ErrNotExist, fs.ErrPermission} {
			if errors.Is(err, class) != (class == x.class) {
				t.Errorf("%v is %v: %v", err, class, class != x.class)
			}
		}
		if head, tail, cut := strings.Cut(err.Error(), "\n"); cut != x.advised || tail != r.Advice || !strings.HasSuffix(head, "(KERN_FAILURE))") {
			t.Errorf("error is %q", err)
		}
		if again := task.Explain(pid, r); again != error(r) {
			t.Errorf("explained twice: %v", again)
		}
		// A code that says what it means needs no more.
		for _, plain := range []error{nil, mach.KERN_INVALID_ARGUMENT, mach.KERN_INVALID_ADDRESS, errors.ErrUnsupported} {
			if got := task.Explain(pid, plain); got != plain {
				t.Errorf("%v is explained by %v", plain, got)
			}
		}
	}
	cause.Clear(pid)
	if err := task.Explain(pid, mach.KERN_FAILURE); err != error(mach.KERN_FAILURE) {
		t.Errorf("nothing is known, and the error is %v", err)
	}
}

// Without a kernel there is nothing to permit.
func TestNoAdviceWithoutAKernel(t *testing.T) {
	none := fmt.Errorf("no kernel here: %w", errors.ErrUnsupported)
	if err := task.ExplainOpen("task_for_pid", 1, none); err.Err != none || err.Error() != "task_for_pid of process 1: "+none.Error() {
		t.Errorf("error is %q", err)
	}
}

// Whatever cannot be used says which of nil, zero, null and closed it is.
func TestUnusableSaysWhy(t *testing.T) {
	begin(t)
	closed, block, shared, snapshot := closedValues(t)
	read := func(r task.MemoryReader) error { _, err := r.ReadMemory(make([]byte, 1), 0); return err }
	mapped := func(m *task.SharedMemory) error { return second(m.Map(task.Self(), 0, page(), mach.VM_PROT_READ)) }
	for _, x := range []struct {
		err     error
		want    string
		invalid bool // nothing was ever there to be closed
	}{
		{read((*task.Task)(nil)), "task: nil Task", true},
		{read(new(task.Task)), "task: the Task is a zero value, which owns nothing", true},
		{read(task.Own(mach.MACH_PORT_NULL)), "task: the Task owns no right: its name is MACH_PORT_NULL", true},
		{(*task.Thread)(nil).Resume(), "task: nil Thread", true},
		{new(task.Thread).Resume(), "task: the Thread is a zero value, which owns nothing", true},
		{task.OwnThread(0, nil).Resume(), "task: the Thread owns no right: its name is MACH_PORT_NULL", true},
		{closed.Resume(), "task: the Thread was closed or handed on", false},
		{(*task.Allocation)(nil).Protect(1), "task: nil Allocation", true},
		{new(task.Allocation).Protect(1), "task: the Allocation is a zero value, which owns nothing", true},
		{block.Protect(1), "task: the Allocation was closed or handed on", false},
		{mapped(nil), "task: nil SharedMemory", true},
		{mapped(new(task.SharedMemory)), "task: the SharedMemory is a zero value, which owns nothing", true},
		{mapped(shared), "task: the SharedMemory was closed or handed on", false},
		{read((*task.Snapshot)(nil)), "task: nil Snapshot", true},
		{read(new(task.Snapshot)), "task: the Snapshot is a zero value, which owns nothing", true},
		{read(snapshot), "task: the Snapshot was closed or handed on", false},
	} {
		if x.err == nil || x.err.Error() != x.want {
			t.Errorf("error is %q, want %q", x.err, x.want)
		}
		if !errors.Is(x.err, task.ErrClosed) || !errors.Is(x.err, fs.ErrClosed) || errors.Is(x.err, fs.ErrInvalid) != x.invalid {
			t.Errorf("%v: class", x.err)
		}
	}
}
