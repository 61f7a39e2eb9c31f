//go:build unix

package task_test

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/gomach/mach/task"
)

// Pitfall stopped-for-good: also on signals. The program gets the signal after all.
func TestResumedOnSignals(t *testing.T) {
	begin(t)
	a := spawn(t)
	got := make(chan os.Signal, 4)
	signal.Notify(got, syscall.SIGHUP)
	defer signal.Stop(got)
	err := a.Suspended(t.Context(), func(ctx context.Context) error {
		me, err := os.FindProcess(os.Getpid())
		must(t, err)
		must(t, me.Signal(syscall.SIGHUP))
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
			t.Fatal("a signal does not end the context")
		}
		if !a.runs() {
			t.Error("the child does not run after a signal, while the function is still busy")
		}
		return context.Cause(ctx)
	})
	var s *task.SignalError
	if !errors.As(err, &s) || s.Signal != syscall.SIGHUP {
		t.Errorf("error is %v", err)
	}
	for range 2 { // as it came, and again
		select {
		case <-got:
		case <-time.After(5 * time.Second):
			t.Error("the program was kept from a signal")
		}
	}
}

// A signal that the program ignores stays ignored, as under nohup.
func TestIgnoredSignals(t *testing.T) {
	begin(t)
	a := spawn(t)
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	must(t, a.Suspended(t.Context(), func(ctx context.Context) error {
		me, err := os.FindProcess(os.Getpid())
		must(t, err)
		must(t, me.Signal(syscall.SIGHUP))
		time.Sleep(20 * time.Millisecond)
		return ctx.Err()
	}))
	if !signal.Ignored(syscall.SIGHUP) {
		t.Error("the signal is not ignored any more")
	}
}
