//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
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
