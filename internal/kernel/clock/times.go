package clock

import (
	"sync/atomic"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// getTimes stores absolute time, continuous time and the time of day, each where
// its argument points to, if that is not null (xnu
// libsyscall/wrappers/mach_get_times.c). The time of day has whole microseconds.
func getTimes(c *core.Ctx) mach.KernReturn {
	abs, cont, day := together()
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

// lastSleep is how much further continuous time was, when both clocks were last
// compared.
var lastSleep atomic.Int64

// together reads the clocks: continuous time is absolute time and what the
// machine has slept.
func together() (absolute, continuous uint64, day time.Time) {
	slept := Slept()
	absolute, day = Absolute(), time.Now()
	return absolute, absolute + uint64(slept), day
}

// Slept is how long the machine has slept since its boot: as it was said last,
// unless the clocks say otherwise.
func Slept() time.Duration {
	const exact = int64(10 * time.Microsecond)
	least, most := asleep()
	slept := lastSleep.Load()
	if slept < least-exact || slept > most+exact {
		for range 16 { // the pair whose readings lie closest together
			if l, m := asleep(); m-l < most-least {
				least, most = l, m
			}
		}
		slept = (least + most) / 2
		lastSleep.Store(slept)
	}
	return time.Duration(slept)
}

// asleep says between what the time lies that the machine has slept.
func asleep() (least, most int64) {
	before, continuous, after := Absolute(), Continuous(), Absolute()
	return int64(continuous - after), int64(continuous - before)
}

// bootTime is the time of day at the boot, in microseconds.
func bootTime() uint64 { return uint64(time.Now().UnixNano()-int64(Continuous())) / 1000 }
