package clock

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Table are the calls of <mach/clock.h>, <mach/mach_time.h> and their kin.
func Table() core.Table {
	full := func(f func(*core.Ctx) mach.KernReturn) core.Entry {
		return core.Entry{Handler: core.K(f), Level: core.Full}
	}
	value := func(f func() uint64, note string) core.Entry {
		return core.Entry{Handler: func(*core.Ctx) uint64 { return f() }, Level: core.Full, Note: note}
	}
	gone := core.Entry{
		Handler: core.K(func(*core.Ctx) mach.KernReturn { return mach.MIG_BAD_ID }),
		Level:   core.Full, Note: "answers MIG_BAD_ID, as XNU does today",
	}
	return core.Table{
		"host_get_clock_service": full(getService),
		"host_get_clock_control": gone,
		"clock_get_time":         full(getTime),
		"clock_get_attributes":   full(getAttributes),
		"clock_set_time":         gone,
		"clock_set_attributes":   gone,
		"clock_alarm":            full(alarm),
		"clock_alarm_reply":      full(alarmReply),
		"clock_sleep":            full(clockSleep),
		"clock_sleep_trap":       full(clockSleepTrap),

		"mach_absolute_time":               value(Absolute, "a tick is a nanosecond"),
		"mach_approximate_time":            value(Absolute, "exact"),
		"mach_continuous_time":             value(Continuous, "a tick is a nanosecond"),
		"mach_continuous_approximate_time": value(Continuous, "exact"),
		"mach_timebase_info": {Handler: core.K(func(c *core.Ctx) mach.KernReturn {
			return c.Put64(0, 1|1<<32)
		}), Level: core.Full, Note: "1/1"},
		"mach_wait_until": full(waitUntil),

		"mach_get_times":     full(getTimes),
		"mach_boottime_usec": value(bootTime, ""),
	}
}
