//go:build linux && (amd64 || arm64)

package libsystem

import (
	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/guest/cpu"
	"github.com/gomach/mach/internal/guest/proc"
)

// absoluteTime counts nanoseconds on amd64 and ticks of 24 MHz on arm64, as the machines do.
func absoluteTime(a *cpu.Arch) uint64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	ns := uint64(ts.Nano())
	if a == cpu.ARM64 {
		return ns/125*3 + ns%125*3/125
	}
	return ns
}

// What Go's runtime needs of Mach, for guests without a kernel.
func init() {
	on("mach_absolute_time mach_continuous_time mach_approximate_time mach_continuous_approximate_time", func(c *proc.Call) {
		c.Return(absoluteTime(c.Process.Arch))
	})
	on("mach_timebase_info", func(c *proc.Call) {
		p := proc.At[[2]uint32](c, c.Arg(0))
		if p == nil {
			c.Return(1) // KERN_INVALID_ADDRESS
			return
		}
		*p = [2]uint32{1, 1}
		if c.Process.Arch == cpu.ARM64 {
			*p = [2]uint32{125, 3}
		}
	})
	// The header's macros of these names read the variable; the functions are there as well.
	on("mach_task_self current_task", func(c *proc.Call) {
		if at, ok := c.Process.DataSymbol("mach_task_self_"); ok {
			c.Return(c.Process.Peek(at) & 0xffffffff)
		}
	})
}
