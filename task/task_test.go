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
	"github.com/gomach/mach/task"
)

// Pitfall 12: the task's own port is not counted, and never given back.
func TestPitfall12SelfIsNeverReleased(t *testing.T) {
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

// Pitfall 11: a right that is freed twice ends the program.
func TestPitfall11CloseIsIdempotent(t *testing.T) {
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
	_, err = a.ReadAt(make([]byte, 8), int64(a.pattern))
	wantErr(t, err, fs.ErrClosed)
	_, err = a.Threads()
	wantErr(t, err, fs.ErrClosed)
	_, err = a.Suspend()
	wantErr(t, err, fs.ErrClosed)
	for _, err := range a.Regions() {
		wantErr(t, err, fs.ErrClosed)
	}
	var none *task.Task
	must(t, none.Close())
	_, err = none.PID()
	wantErr(t, err, fs.ErrClosed)
}

// Pitfall 17: task_for_pid does not tell causes. The error says what to check.
func TestPitfall17ForPIDDoesNotGuess(t *testing.T) {
	begin(t)
	for _, pid := range []int{1 << 30, -1, -1 << 31} {
		_, err := task.ForPID(context.Background(), pid)
		var e *task.OpenError
		if !errors.As(err, &e) || e.PID != pid || e.Call != "task_for_pid" {
			t.Fatalf("error is %v", err)
		}
		if !errors.Is(err, e.Err) || !strings.Contains(err.Error(), "check that the process exists") {
			t.Errorf("error does not say what to check: %v", err)
		}
		for _, guess := range []string{"permission denied", "not running as root", "no such process"} {
			if strings.Contains(strings.ToLower(err.Error()), guess) {
				t.Errorf("error guesses %q: %v", guess, err)
			}
		}
	}
	if _, err := task.NameForPID(context.Background(), 1<<30); err == nil {
		t.Error("a process that does not exist has a name port")
	}
}

// Pitfall 17: task_for_pid may block for ever.
func TestPitfall17ForPIDHasDeadline(t *testing.T) {
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
	if _, err := n.ReadAt(make([]byte, 1), int64(a.pattern)); err == nil {
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
