package host

import (
	"context"
	"errors"
	"time"

	"github.com/gomach/mach"
)

// Now is the time since the system was started, without that in which it slept.
// It never goes back, and does not care about the calendar.
//
// Mach calls: mach_absolute_time.
func Now() Ticks { return Ticks(mach.MachAbsoluteTime()) }

// Continuous is the time since the system was started, with that in which it
// slept.
//
// Mach calls: mach_continuous_time.
func Continuous() Ticks { return Ticks(mach.MachContinuousTime()) }

// Uptime is how long ago the system was started, with the time in which it
// slept.
//
// Mach calls: mach_continuous_time, mach_timebase_info.
func Uptime() (time.Duration, error) {
	b, err := Base()
	if err != nil {
		return 0, err
	}
	return b.Duration(Continuous()), nil
}

// Asleep is how long the system has slept since it was started.
//
// Mach calls: mach_continuous_time, mach_absolute_time, mach_timebase_info.
func Asleep() (time.Duration, error) {
	b, err := Base()
	if err != nil {
		return 0, err
	}
	// The later of two readings around the other: who has never slept gets 0.
	// They are microseconds apart unless the program has to wait in between.
	for try := 0; ; try++ {
		before, with, after := Now(), Continuous(), Now()
		if try < 10 && b.Duration(after-before) > time.Millisecond {
			continue
		}
		return b.Duration(with - min(with, after)), nil
	}
}

// BootTime is when the system was started, by today's calendar: it moves when
// the calendar is set, and by the time that reading two clocks takes.
//
// Mach calls: mach_continuous_time, mach_timebase_info.
func BootTime() (time.Time, error) {
	up, err := Uptime()
	if err != nil {
		return time.Time{}, err
	}
	return time.Now().Add(-up).Round(0), nil
}

// precise is what SleepUntil leaves to mach_wait_until: Go's timers may be late
// by as much.
const precise = 2 * time.Millisecond

// SleepUntil waits until [Now] is deadline, or the context ends, whose error it
// returns then. It is as precise as mach_wait_until, which it uses for the last
// two milliseconds; before that it holds no thread.
//
// A wait that a signal ends (Go sends itself signals) goes on, towards the same
// deadline.
//
// Mach calls: mach_wait_until, mach_absolute_time, mach_timebase_info.
func SleepUntil(ctx context.Context, deadline Ticks) error {
	b, err := Base()
	if err != nil {
		return err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		now := Now()
		if now >= deadline {
			return nil
		}
		if left := b.Duration(deadline - now); left > precise {
			t := time.NewTimer(left - precise)
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
			}
			continue
		}
		if err := mach.MachWaitUntil(uint64(deadline)); err != nil && !errors.Is(err, mach.KERN_ABORTED) {
			return failed("mach_wait_until", err)
		}
	}
}

// Sleep is SleepUntil from now on.
//
// Mach calls: those of [SleepUntil].
func Sleep(ctx context.Context, d time.Duration) error {
	b, err := Base()
	if err != nil {
		return err
	}
	now := Now()
	return SleepUntil(ctx, now+min(b.Ticks(d), ^Ticks(0)-now))
}
