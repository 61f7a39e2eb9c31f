package task_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Pitfall stopped-for-good: a target that was suspended is resumed on every way out.
func TestResumedWhateverHappens(t *testing.T) {
	begin(t)
	a := spawn(t)
	stopped := func() {
		t.Helper()
		a.counts()
		if n := a.counts(); n != 0 {
			t.Errorf("the suspended child made %d steps", n)
		}
	}
	runs := func(after string) {
		t.Helper()
		if !a.runs() {
			t.Errorf("the child does not run after %s", after)
		}
	}
	var none context.Context // is like one that never ends
	must(t, a.Suspended(none, func(context.Context) error { stopped(); return nil }))
	runs("a return")
	why := errors.New("why")
	wantErr(t, a.Suspended(t.Context(), func(context.Context) error { return why }), why)
	runs("an error")
	func() {
		defer func() {
			if recover() != why {
				t.Error("the panic did not come through")
			}
		}()
		a.Suspended(t.Context(), func(context.Context) error { panic(why) })
	}()
	runs("a panic")
	func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.Suspended(t.Context(), func(context.Context) error { runtime.Goexit(); return nil })
		}()
		<-done
	}()
	runs("Goexit")
	ctx, cancel := context.WithCancel(t.Context())
	err := a.Suspended(ctx, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		runs("the end of the context, while the function is still busy")
		return ctx.Err()
	})
	wantErr(t, err, context.Canceled)
	wantErr(t, a.Suspended(ctx, func(context.Context) error { t.Error("called"); return nil }), context.Canceled)
	runs("a context that had ended")
	wantErr(t, task.Self().Suspended(t.Context(), func(context.Context) error { return nil }), mach.KERN_INVALID_ARGUMENT)
}

const suspenderVariable = "MACH_TASK_SUSPENDER"

// suspender suspends a task and is killed. See TestMain.
func suspender(pid string) {
	n, _ := strconv.Atoi(pid)
	a, err := task.ForPID(context.Background(), n)
	if err == nil {
		_, err = a.Suspend(context.Background())
	}
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	os.Stdout.WriteString("suspended\n")
	time.Sleep(time.Minute)
}

// Pitfall stopped-for-good: also when the program is killed. The kernel resumes what a
// suspension token that goes away stood for (xnu osfmk/kern/task.c,
// task_suspension_send_once).
func TestResumedWhenKilled(t *testing.T) {
	begin(t)
	a := spawn(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), suspenderVariable+"="+strconv.Itoa(a.cmd.Process.Pid))
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if n, _ := out.Read(make([]byte, 16)); n == 0 {
		cmd.Wait()
		t.Skip("another process cannot suspend the child")
	}
	a.counts()
	if n := a.counts(); n != 0 {
		t.Errorf("the suspended child made %d steps", n)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for range 100 {
		if a.counts() > 0 {
			return
		}
	}
	t.Error("the child does not run after its suspender was killed")
}

func TestSuspensionsAddUp(t *testing.T) {
	begin(t)
	a := spawn(t)
	count := func(want mach.Integer) {
		t.Helper()
		info, err := task.Info[mach.MachTaskBasicInfo](a.Task)
		must(t, err)
		if info.Value.SuspendCount != want {
			t.Errorf("suspend count is %d, want %d", info.Value.SuspendCount, want)
		}
	}
	s1, err := a.Suspend(t.Context())
	must(t, err)
	s2, err := a.Suspend(t.Context())
	must(t, err)
	count(2)
	must(t, s1.Resume())
	must(t, s1.Resume())
	must(t, s1.Close())
	count(1)
	must(t, s2.Close())
	count(0)
	var none *task.Suspension
	must(t, none.Resume())
}
