//go:build linux && (amd64 || arm64)

package linux

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// bell tells when any traced thread of this program has stopped or ended:
// the kernel sends SIGCHLD to the tracer's process then. A slow tick stands in
// if somebody turned the signal off.
type bell struct {
	rings   chan os.Signal
	tick    *time.Ticker
	heard   bool // the signal is asked for, until the tracer ends
	resting bool
}

const tickPeriod = 100 * time.Millisecond

func newBell() *bell {
	b := &bell{make(chan os.Signal, 1), time.NewTicker(tickPeriod), false, true}
	b.tick.Stop()
	return b
}

// ring has the bell ring, and tells whether it did not before.
func (b *bell) ring() bool {
	if !b.resting {
		return false
	}
	b.resting = false
	b.tick.Reset(tickPeriod)
	if !b.heard {
		b.heard = true
		signal.Notify(b.rings, unix.SIGCHLD)
	}
	return true
}

// rest stops the tick. The signal costs nothing while it does not come, and
// is dear to turn off and on.
func (b *bell) rest() {
	if !b.resting {
		b.resting = true
		b.tick.Stop()
	}
}

func (b *bell) leave() {
	b.tick.Stop()
	if b.heard {
		signal.Stop(b.rings)
	}
}
