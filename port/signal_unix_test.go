//go:build unix

package port_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gomach/mach/port"
)

// Pitfall 15: a signal restarts a message timeout in full. Under a rain of
// signals a deadline still is one.
func TestPitfall15SignalsAndDeadlines(t *testing.T) {
	port.LeakCheck(t)
	r := must(port.NewReceive())(t)
	defer r.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				syscall.Kill(os.Getpid(), syscall.SIGURG)
			}
		}
	})
	start := time.Now()
	var m port.Received
	err := r.Receive(within(t, 60*time.Millisecond), &m)
	close(stop)
	wg.Wait()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if d := time.Since(start); d < 60*time.Millisecond || d > 3*time.Second {
		t.Errorf("waited %v", d)
	}
}
