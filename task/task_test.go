package task_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// Pitfall self-ports: the task's own port is not counted, and never given back.
func TestSelfIsNeverReleased(t *testing.T) {
	begin(t)
	refs := func() (n mach.MachPortUrefs) {
		must(t, mach.MachPortGetRefs(mach.MachTaskSelf(), mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_SEND, &n))
		return n
	}
	before := refs()
	s := task.Self()
	for range 3 {
		must(t, s.Close())
	}
	if s.Relinquish() != mach.MACH_PORT_NULL {
		t.Error("the own task's port was handed out to be released")
	}
	same, err := task.ForPID(context.Background(), os.Getpid())
	must(t, err)
	if same != s {
		t.Errorf("ForPID of the program's own number is %v", same)
	}
	must(t, same.Close())
	// A port that came by other ways, with a reference.
	must(t, mach.MachPortModRefs(mach.MachTaskSelf(), mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_SEND, 1))
	if task.Own(mach.MachTaskSelf()) != s {
		t.Error("Own of the own task's port is another task")
	}
	if now := refs(); now != before {
		t.Errorf("%d references before, %d now", before, now)
	}
	if pid, err := s.PID(); err != nil || pid != os.Getpid() {
		t.Errorf("after Close, PID is %d, %v", pid, err)
	}
}

// Pitfall close-once: a right that is freed twice ends the program.
func TestCloseIsIdempotent(t *testing.T) {
	begin(t)
	a := spawn(t)
	if a.IsSelf() {
		t.Error("a child is self")
	}
	if pid, err := a.PID(); err != nil || pid != a.cmd.Process.Pid {
		t.Errorf("PID is %d, %v, want %d", pid, err, a.cmd.Process.Pid)
	}
	must(t, a.Close())
	must(t, a.Close())
	if a.Name() != mach.MACH_PORT_NULL {
		t.Error("a closed task has a name")
	}
	_, err := a.PID()
	wantErr(t, err, task.ErrClosed)
	wantErr(t, err, fs.ErrClosed)
	_, err = a.ReadMemory(make([]byte, 8), a.pattern)
	wantErr(t, err, fs.ErrClosed)
	_, err = a.Threads()
	wantErr(t, err, fs.ErrClosed)
	_, err = a.Suspend(t.Context())
	wantErr(t, err, fs.ErrClosed)
	for _, err := range a.Regions() {
		wantErr(t, err, fs.ErrClosed)
	}
	var none *task.Task
	must(t, none.Close())
	_, err = none.PID()
	wantErr(t, err, fs.ErrClosed)
}

// Pitfall causeless-refusals: task_for_pid does not tell causes. The error has advice where it
// fits, and says nothing that was not found out.
func TestForPIDDoesNotGuess(t *testing.T) {
	begin(t)
	for pid, want := range map[int]error{1 << 30: mach.KERN_FAILURE, -1: mach.KERN_INVALID_ARGUMENT, -1 << 31: mach.KERN_INVALID_ARGUMENT} {
		_, err := task.ForPID(context.Background(), pid)
		var e *task.OpenError
		if !errors.As(err, &e) || e.PID != pid || e.Call != "task_for_pid" {
			t.Fatalf("error is %v", err)
		}
		var call *port.Error
		if !errors.As(err, &call) || call.Call != "task_for_pid" || !errors.Is(call, want) {
			t.Errorf("%v is no error of a call", err)
		}
		var why *task.Refusal
		if known := errors.As(err, &why); known != (pid > 0) {
			t.Errorf("%v: a reason is known: %v", err, known)
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("advice where nothing helps: %v", err)
		}
		for _, guess := range []string{"not permitted", "root", "sudo"} {
			if strings.Contains(strings.ToLower(err.Error()), guess) {
				t.Errorf("error guesses %q: %v", guess, err)
			}
		}
	}
	_, err := task.NameForPID(context.Background(), 1<<30)
	wantErr(t, err, fs.ErrNotExist)
	if want := "task_name_for_pid of process 1073741824: no such process ("; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is %q, want %q", err, want)
	}
}

// Pitfall causeless-refusals: task_for_pid may block for ever.
func TestForPIDHasDeadline(t *testing.T) {
	begin(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("enough")
	cancel(why)
	_, err := task.ForPID(ctx, os.Getppid())
	wantErr(t, err, why)
	ctx, stop := context.WithTimeout(context.Background(), time.Nanosecond)
	defer stop()
	<-ctx.Done()
	_, err = task.ForPID(ctx, os.Getppid())
	wantErr(t, err, context.DeadlineExceeded)
}

func TestNameForPID(t *testing.T) {
	begin(t)
	a := spawn(t)
	n, err := task.NameForPID(context.Background(), a.cmd.Process.Pid)
	must(t, err)
	defer n.Close()
	if _, err := task.Info[mach.MachTaskBasicInfo](n); err != nil {
		t.Error(err)
	}
	if _, err := n.Threads(); err == nil {
		t.Error("threads through a name port")
	}
	if _, err := n.ReadMemory(make([]byte, 1), a.pattern); err == nil {
		t.Error("memory through a name port")
	}
}

// A call that is under way keeps the right of a task that is closed meanwhile.
func TestCloseDuringCalls(t *testing.T) {
	begin(t)
	a := spawn(t)
	done := make(chan struct{})
	for range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for {
				_, err := a.Uint64(a.pattern)
				if errors.Is(err, task.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	time.Sleep(20 * time.Millisecond)
	must(t, a.Close())
	for range 4 {
		<-done
	}
}

func TestRelinquish(t *testing.T) {
	begin(t)
	a := spawn(t)
	name := a.Relinquish()
	if name == mach.MACH_PORT_NULL || a.Relinquish() != mach.MACH_PORT_NULL {
		t.Fatal("the right cannot be handed over once")
	}
	must(t, a.Close())
	b := task.Own(name)
	defer b.Close()
	if pid, err := b.PID(); err != nil || pid != a.cmd.Process.Pid {
		t.Errorf("PID is %d, %v", pid, err)
	}
}
