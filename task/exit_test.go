package task_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/gomach/mach/task"
)

// A child that is suspended and looked into, and killed at some moment: AwaitExit returns when
// it has ended and not before, and the Wait that follows tells of its end. Without it, on
// Linux, Wait tells of a stop (package hosted's comment).
func TestAwaitExit(t *testing.T) {
	begin(t)
	for range 5 {
		a := spawn(t)
		result := make(chan error, 1)
		go func() { result <- task.AwaitExit(t.Context(), a.cmd.Process) }()
		for range 30 {
			s, err := a.Suspend(t.Context())
			must(t, err)
			_, err = a.Uint64(a.pattern)
			must(t, err)
			must(t, s.Resume())
			select {
			case err := <-result:
				t.Fatalf("the child lives, and the wait has ended: %v", err)
			default:
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- task.AwaitExit(ctx, a.cmd.Process) }()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that was cancelled: %v", err)
		}
		must(t, a.cmd.Process.Kill())
		must(t, <-result)
		must(t, task.AwaitExit(t.Context(), a.cmd.Process)) // it has ended, and is not waited for
		err := a.cmd.Wait()
		var status *exec.ExitError
		if !errors.As(err, &status) || status.Exited() || status.String() != "signal: killed" {
			t.Errorf("the child's Wait: %v", err)
		}
		must(t, task.AwaitExit(t.Context(), a.cmd.Process))
	}
}

func TestAwaitExitOfNothing(t *testing.T) {
	begin(t)
	if err := task.AwaitExit(t.Context(), nil); !errors.Is(err, task.ErrClosed) {
		t.Error(err)
	}
	if err := task.AwaitExit(t.Context(), new(os.Process)); err == nil {
		t.Error("no process has ended")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, err := os.FindProcess(os.Getppid())
	must(t, err)
	if err := task.AwaitExit(ctx, p); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}
