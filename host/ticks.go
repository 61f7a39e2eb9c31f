package host

import (
	"math"
	"math/bits"
	"sync"
	"time"

	"github.com/gomach/mach"
)

// Ticks are time in the unit of mach_absolute_time: a moment, counted from the
// start of the system, or a length.
type Ticks uint64

// Timebase says how long a tick is: Numer/Denom nanoseconds.
type Timebase struct{ Numer, Denom uint32 }

var base = sync.OnceValues(func() (Timebase, error) {
	var b mach.MachTimebaseInfo_t
	err := mach.MachTimebaseInfo(&b)
	if err == nil && (b.Numer == 0 || b.Denom == 0) {
		err = mach.KERN_FAILURE
	}
	return Timebase{b.Numer, b.Denom}, failed("mach_timebase_info", err)
})

// Base is this computer's timebase.
//
// Mach calls: mach_timebase_info, once.
func Base() (Timebase, error) { return base() }

// Nanoseconds is how long t is, rounded down; the largest number for more than
// that. The product has 128 bits on the way, so nothing is lost. It is 0 for a
// Timebase without a denominator.
func (b Timebase) Nanoseconds(t Ticks) uint64 {
	q, _, fits := b.scale(uint64(t), b.Numer, b.Denom)
	if !fits {
		return math.MaxUint64
	}
	return q
}

// Duration is how long t is, rounded down; the longest duration, of 292 years,
// for more than that.
func (b Timebase) Duration(t Ticks) time.Duration {
	return time.Duration(min(b.Nanoseconds(t), math.MaxInt64))
}

// Sub is how long it is from start to end, rounded towards zero: negative when end
// is before start, and the longest or shortest duration for more than 292 years.
// (The difference of two Ticks has no sign, and is huge then.)
func (b Timebase) Sub(end, start Ticks) time.Duration {
	if end >= start {
		return b.Duration(end - start)
	}
	if n := b.Nanoseconds(start - end); n <= math.MaxInt64 {
		return -time.Duration(n)
	}
	return math.MinInt64
}

// Ticks is how many ticks d takes, rounded up, so that to wait as long is never
// to wait too short. It is 0 for a negative d, and the largest number for more
// than that.
func (b Timebase) Ticks(d time.Duration) Ticks {
	q, rest, fits := b.scale(uint64(max(d, 0)), b.Denom, b.Numer)
	switch {
	case !fits, rest != 0 && q == math.MaxUint64:
		return math.MaxUint64
	case rest != 0:
		q++
	}
	return Ticks(q)
}

func (b Timebase) scale(v uint64, mul, div uint32) (q, rest uint64, fits bool) {
	if b.Numer == 0 || b.Denom == 0 {
		return 0, 0, true
	}
	hi, lo := bits.Mul64(v, uint64(mul))
	if hi >= uint64(div) {
		return 0, 0, false
	}
	q, rest = bits.Div64(hi, lo, uint64(div))
	return q, rest, true
}
