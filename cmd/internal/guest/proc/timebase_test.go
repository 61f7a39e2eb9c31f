//go:build linux && (amd64 || arm64)

package proc

import (
	"math"
	"testing"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// On Apple silicon 24 ticks are a microsecond, elsewhere 1000 are (mach_timebase_info).
func TestTimebase(t *testing.T) {
	arm, intel := TimebaseOf(cpu.ARM64), TimebaseOf(cpu.AMD64)
	for _, x := range []struct {
		what      string
		got, want uint64
	}{
		{"ticks of a second", arm.Ticks(time.Second), 24e6},
		{"frequency", arm.Frequency(), 24e6},
		{"ticks of 41 ns", arm.Ticks(41), 0},
		{"ticks of 42 ns", arm.Ticks(42), 1},
		{"a tick", arm.Nanoseconds(1), 42},
		{"three ticks", arm.Nanoseconds(3), 125},
		{"all ticks", arm.Nanoseconds(math.MaxUint64), math.MaxUint64},
		{"ticks of a year and a bit", arm.Ticks(400*24*time.Hour + 125), 400*86400*24e6 + 3},
		{"amd64", intel.Ticks(12345), 12345},
		{"amd64, the other way", intel.Nanoseconds(math.MaxUint64), math.MaxUint64},
		{"amd64's frequency", intel.Frequency(), 1e9},
	} {
		if x.got != x.want {
			t.Errorf("%s: %d, want %d", x.what, x.got, x.want)
		}
	}
}
