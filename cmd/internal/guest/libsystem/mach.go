//go:build linux && (amd64 || arm64)

package libsystem

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// absoluteTime is the time since boot in ticks.
func absoluteTime(b proc.Timebase) uint64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return b.Ticks(time.Duration(ts.Nano()))
}

// What Go's runtime needs of Mach, for guests without a kernel.
func init() {
	on("mach_absolute_time mach_continuous_time mach_approximate_time mach_continuous_approximate_time", func(c *proc.Call) {
		c.Return(absoluteTime(c.Process.Timebase))
	})
	on("mach_get_times", func(c *proc.Call) {
		now, _, asleep := bootClocks()
		abs := absoluteTime(c.Process.Timebase)
		for i, v := range []uint64{abs, abs + c.Process.Timebase.Ticks(asleep)} {
			if p := proc.At[uint64](c, c.Arg(i)); p != nil {
				*p = v
			}
		}
		if p := proc.At[[2]int64](c, c.Arg(2)); p != nil {
			*p = [2]int64{int64(now / time.Second), int64(now % time.Second / time.Microsecond * time.Microsecond)}
		}
		c.Return(0)
	})
	on("mach_boottime_usec", func(c *proc.Call) {
		now, since, _ := bootClocks()
		c.Return(uint64((now - since).Microseconds()))
	})
	on("mach_timebase_info", func(c *proc.Call) {
		p := proc.At[[2]uint32](c, c.Arg(0))
		if p == nil {
			c.Return(1) // KERN_INVALID_ADDRESS
			return
		}
		*p = [2]uint32{c.Process.Timebase.Numer, c.Process.Timebase.Denom}
	})
	// The header's macros of these names read the variable; the functions are there as well.
	on("mach_task_self current_task", func(c *proc.Call) {
		if at, ok := c.Process.DataSymbol("mach_task_self_"); ok {
			c.Return(c.Process.Peek(at) & 0xffffffff)
		}
	})
}
