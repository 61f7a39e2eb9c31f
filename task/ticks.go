package task

import (
	"math"
	"math/bits"
	"sync"
	"time"

	"github.com/gomach/mach"
)

// timebase says what a tick of the kernel's figures is: numer/denom nanoseconds,
// such as 125/3. Those of all tasks are in the same ticks.
var timebase = sync.OnceValues(kernelTimebase)

// callerTimebase is that of mach_absolute_time in this program.
func callerTimebase() (mach.MachTimebaseInfo_t, error) {
	var b mach.MachTimebaseInfo_t
	err := mach.MachTimebaseInfo(&b)
	if err == nil && (b.Numer == 0 || b.Denom == 0) {
		err = mach.KERN_FAILURE
	}
	return b, failed("mach_timebase_info", err)
}

// timebaseOf is the timebase of that many ticks a second, which is 0 or does not
// fit for what no clock has.
func timebaseOf(frequency uint64) (mach.MachTimebaseInfo_t, bool) {
	const second = uint64(time.Second)
	if frequency == 0 || frequency > math.MaxUint32 {
		return mach.MachTimebaseInfo_t{}, false
	}
	a, b := second, frequency // the greatest common divisor
	for b != 0 {
		a, b = b, a%b
	}
	return mach.MachTimebaseInfo_t{Numer: uint32(second / a), Denom: uint32(frequency / a)}, true
}

// duration turns ticks into time, by way of 128 bits: the product of a long
// time and 125 does not fit into 64.
func duration(ticks uint64) (time.Duration, error) {
	b, err := timebase()
	if err != nil {
		return 0, err
	}
	n := scale(ticks, b.Numer, b.Denom)
	return time.Duration(min(n, math.MaxInt64)), nil
}

// ticks turns time into ticks of 32 bits, as policies have them.
func ticks(d time.Duration) (uint32, error) {
	b, err := timebase()
	if err != nil {
		return 0, err
	}
	n := scale(uint64(max(d, 0)), b.Denom, b.Numer)
	if d < 0 || n > math.MaxUint32 {
		return 0, failed("thread_policy_set", mach.KERN_INVALID_ARGUMENT)
	}
	return uint32(n), nil
}

// scale is v·mul/div, or the largest number if that does not fit.
func scale(v uint64, mul, div uint32) uint64 {
	hi, lo := bits.Mul64(v, uint64(mul))
	if hi >= uint64(div) {
		return math.MaxUint64
	}
	q, _ := bits.Div64(hi, lo, uint64(div))
	return q
}
