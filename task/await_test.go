package task_test

import (
	"context"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Pitfall 17: an answer that comes after the deadline is a right that somebody
// has to release.
func TestPitfall17LateAnswerIsReleased(t *testing.T) {
	begin(t)
	ctx, cancel := context.WithCancel(context.Background())
	release, asked := make(chan struct{}), make(chan struct{})
	go func() { <-asked; cancel() }()
	name, err := task.Await(ctx, func() (mach.MachPort, error) {
		close(asked)
		<-release
		return mach.MachHostSelf(), nil // a reference to count
	})
	wantErr(t, err, context.Canceled)
	if name != mach.MACH_PORT_NULL {
		t.Error("a name came of a call that has not ended")
	}
	close(release)
	time.Sleep(10 * time.Millisecond) // LeakCheck waits longer if need be
}
