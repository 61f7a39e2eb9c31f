package host_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/host"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// noContext is what a careless caller has.
var noContext context.Context

// Nothing panics or hangs: not nil, not what nobody has made, whatever the
// arguments are.
func TestZeroValues(t *testing.T) {
	porttest.LeakCheck(t)
	for _, c := range []*host.Clock{nil, {}} {
		if _, err := c.Read(); !errors.Is(err, port.ErrClosed) {
			t.Errorf("no clock shows the time: %v", err)
		}
		if _, err := c.Resolution(); !errors.Is(err, port.ErrClosed) {
			t.Errorf("no clock has a resolution: %v", err)
		}
		must(t, c.Close())
	}
	for _, id := range []mach.ClockID{-1, math.MinInt32, math.MaxInt32} {
		if c, err := host.OpenClock(id); err == nil {
			t.Errorf("clock %d is open", id)
			c.Close()
		}
	}
	for _, b := range []host.Timebase{{}, {Numer: 1}, {Denom: 1}, {math.MaxUint32, 1}, {1, math.MaxUint32}} {
		for _, d := range []time.Duration{0, 1, -1, math.MinInt64, math.MaxInt64} {
			b.Ticks(d)
		}
		for _, n := range []host.Ticks{0, 1, math.MaxUint64} {
			if b.Duration(n) < 0 {
				t.Errorf("%d ticks of %v are %v", n, b, b.Duration(n))
			}
			b.Nanoseconds(n)
		}
	}
	var l host.CPULoad
	if l.Busy() != 0 || l.Since(host.CPULoad{User: 1, Idle: math.MaxUint32}).Busy() < 0 || l.Total() != 0 {
		t.Error("nothing is busy")
	}
	if z := (host.Memory{Purgeable: 1}); z.App() != 0 || z.Used() != 0 || z.Cached() != 1 {
		t.Error("nothing is used")
	}
	if new(host.Memory).HasCompressor() || new(host.Memory).HasSwapped() {
		t.Error("nobody told")
	}
	must(t, host.SleepUntil(noContext, 0))
	must(t, host.SleepUntil(context.Background(), host.Now()-1))
	c, stop := context.WithCancel(context.Background())
	stop()
	if err := host.SleepUntil(c, math.MaxUint64); !errors.Is(err, context.Canceled) {
		t.Errorf("a sleep for ever: %v", err)
	}
}
