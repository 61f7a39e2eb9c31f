package clock

import (
	"time"

	"github.com/gomach/mach"
)

const second = uint64(time.Second)

// timespec is a mach_timespec_t: seconds and nanoseconds, in one word where it
// is passed by value.
type timespec struct{ sec, nsec uint32 }

func timespecOf(word uint64) timespec { return timespec{uint32(word), uint32(word >> 32)} }

func fromNanoseconds(n uint64) timespec { return timespec{uint32(n / second), uint32(n % second)} }

func (t timespec) nanoseconds() uint64 { return uint64(t.sec)*second + uint64(t.nsec) }
func (t timespec) word() uint64        { return uint64(t.sec) | uint64(t.nsec)<<32 }

// due is the time that an alarm or a sleep means, on the system clock. ok is
// false if type or time make no sense (xnu osfmk/kern/clock_oldops.c,
// check_time).
func (t timespec) due(kind mach.AlarmType, now uint64) (due uint64, ok bool) {
	if kind&^mach.TIME_RELATIVE != 0 || uint64(t.nsec) >= second {
		return 0, false
	}
	if kind == mach.TIME_RELATIVE {
		return now + t.nanoseconds(), true
	}
	return t.nanoseconds(), true
}
