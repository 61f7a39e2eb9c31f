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
	rings chan os.Signal
	tick  *time.Ticker
}

func ringBell() *bell {
	b := &bell{make(chan os.Signal, 1), time.NewTicker(100 * time.Millisecond)}
	signal.Notify(b.rings, unix.SIGCHLD)
	return b
}

func (b *bell) leave() {
	if b != nil {
		signal.Stop(b.rings)
		b.tick.Stop()
	}
}
