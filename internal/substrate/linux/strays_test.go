//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A process that is killed while its threads make threads ends, though some of
// them were attached by the kernel and never told of.
func TestKilledInTheMiddleOfClone(t *testing.T) {
	for i := range rounds(t, 60) {
		x := startTarget(t, "churn", "3")
		var starts atomic.Int64
		err := x.tr.SetHandler(func(Event) Action { starts.Add(1); return Deliver }, Watch{ThreadStart: true})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "threads start", func() bool { return starts.Load() > 0 })
		time.Sleep(time.Duration(i) * 100 * time.Microsecond)
		x.Cmd.Process.Kill()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err = x.p.Wait(ctx)
		cancel()
		if err != nil {
			t.Fatalf("killed after %d: %v; states %s", i, err, x.states())
		}
	}
}

// A system call that is borrowed from a process ends when the process is
// killed, also if its first thread is the one that performs it.
func TestKilledWhileBorrowed(t *testing.T) {
	for i := range rounds(t, 60) {
		x := startTarget(t, "park", "3")
		x.ready()
		if err := x.tr.Suspend(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(i)*50*time.Microsecond, func() { x.Cmd.Process.Kill() })
		done := make(chan error, 1)
		go func() {
			for {
				if _, err := x.tr.Syscall(x.PID(), unix.SYS_GETPID); err != nil {
					done <- err
					return
				}
			}
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatalf("killed after %d: the call goes on; states %s", i, x.states())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := x.p.Wait(ctx)
		cancel()
		if err != nil {
			t.Fatalf("killed after %d: %v; states %s", i, err, x.states())
		}
	}
}
