package clock

import (
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// getTimes stores absolute time, continuous time and the time of day, each where
// its argument points to, if that is not null (xnu
// libsyscall/wrappers/mach_get_times.c). The time of day has whole microseconds.
func getTimes(c *core.Ctx) mach.KernReturn {
	abs, cont, day := Absolute(), Continuous(), time.Now()
	for i, v := range []uint64{abs, cont} {
		if c.Args[i] == 0 {
			continue
		}
		if kr := c.Put64(i, v); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	if c.Args[2] == 0 {
		return mach.KERN_SUCCESS
	}
	if kr := c.Put64(2, uint64(day.Unix())); kr != mach.KERN_SUCCESS {
		return kr
	}
	nsec := uint64(day.Nanosecond() / 1000 * 1000)
	var b [8]byte
	for i := range b {
		b[i] = byte(nsec >> (8 * i))
	}
	return c.WriteAt(c.Args[2]+8, b[:])
}

// bootTime is the time of day at the boot, in microseconds.
func bootTime() uint64 { return uint64(time.Now().UnixNano()-int64(Continuous())) / 1000 }
