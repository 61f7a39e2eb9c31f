//go:build linux && (amd64 || arm64)

package proc

import (
	"math"
	"math/bits"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// Timebase is the ratio of nanoseconds to ticks of mach_absolute_time: a tick is Numer/Denom
// nanoseconds. It belongs to the kernel, so that all of its guests mean the same by a tick.
type Timebase struct{ Numer, Denom uint32 }

// TimebaseOf is that of a machine: ticks of 24 MHz on arm64, nanoseconds on amd64.
func TimebaseOf(a *cpu.Arch) Timebase {
	if a == cpu.ARM64 {
		return Timebase{125, 3}
	}
	return Timebase{1, 1}
}

// Ticks are the whole ticks in a time, which is not negative.
func (b Timebase) Ticks(d time.Duration) uint64 { return scale(uint64(d), b.Denom, b.Numer) }

// Nanoseconds are so many ticks, rounded up: nobody who waits for them is too early.
func (b Timebase) Nanoseconds(ticks uint64) uint64 {
	n := scale(ticks, b.Numer, b.Denom)
	if n < math.MaxUint64 && scale(n, b.Denom, b.Numer) < ticks {
		n++
	}
	return n
}

// Frequency is the number of ticks in a second.
func (b Timebase) Frequency() uint64 { return b.Ticks(time.Second) }

// scale is v*num/den, or the largest number if that is larger.
func scale(v uint64, num, den uint32) uint64 {
	hi, lo := bits.Mul64(v, uint64(num))
	if hi >= uint64(den) {
		return math.MaxUint64
	}
	q, _ := bits.Div64(hi, lo, uint64(den))
	return q
}
