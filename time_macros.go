package mach

// BadMachTimespec reports whether t's nanoseconds are outside of a second.
//
// C: BAD_MACH_TIMESPEC of <mach/clock_types.h>.
func BadMachTimespec(t *MachTimespec) bool { return t.TvNsec < 0 || t.TvNsec >= NSEC_PER_SEC }

// CmpMachTimespec is t1 - t2 in nanoseconds if their seconds are equal, and
// else a second with the sign of the difference.
//
// C: CMP_MACH_TIMESPEC of <mach/clock_types.h>.
func CmpMachTimespec(t1, t2 *MachTimespec) int64 {
	switch {
	case t1.TvSec > t2.TvSec:
		return NSEC_PER_SEC
	case t1.TvSec < t2.TvSec:
		return -NSEC_PER_SEC
	}
	return int64(t1.TvNsec) - int64(t2.TvNsec)
}

// AddMachTimespec adds t2 to t1. Both must be good; see [BadMachTimespec].
//
// C: ADD_MACH_TIMESPEC of <mach/clock_types.h>.
func AddMachTimespec(t1, t2 *MachTimespec) {
	sec := t2.TvSec // t1 and t2 may be the same
	if t1.TvNsec += t2.TvNsec; t1.TvNsec >= NSEC_PER_SEC {
		t1.TvNsec -= NSEC_PER_SEC
		sec++
	}
	t1.TvSec += sec
}

// SubMachTimespec takes t2 from t1. Both must be good; see [BadMachTimespec].
//
// C: SUB_MACH_TIMESPEC of <mach/clock_types.h>.
func SubMachTimespec(t1, t2 *MachTimespec) {
	sec := t2.TvSec
	if t1.TvNsec -= t2.TvNsec; t1.TvNsec < 0 {
		t1.TvNsec += NSEC_PER_SEC
		sec++
	}
	t1.TvSec -= sec
}

// BadAlrmtype reports whether t is no alarm type.
//
// C: BAD_ALRMTYPE of <mach/clock_types.h>.
func BadAlrmtype(t AlarmType) bool { return t&^TIME_RELATIVE != 0 }

// TimeValueAddUsec adds less than a second to val, whose microseconds must be
// less than [TIME_MICROS_MAX].
//
// C: time_value_add_usec of <mach/time_value.h>.
func TimeValueAddUsec(val *TimeValue, micros Integer) {
	if val.Microseconds += micros; val.Microseconds >= TIME_MICROS_MAX {
		val.Microseconds -= TIME_MICROS_MAX
		val.Seconds++
	}
}

// TimeValueAdd adds addend to result. The microseconds of both must be less
// than [TIME_MICROS_MAX].
//
// C: time_value_add of <mach/time_value.h>.
func TimeValueAdd(result, addend *TimeValue) {
	result.Seconds += addend.Seconds
	TimeValueAddUsec(result, addend.Microseconds)
}
