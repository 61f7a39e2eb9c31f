package host_test

import (
	"context"
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/gomach/mach/host"
	"github.com/gomach/mach/port/porttest"
)

// want computes v·mul/div with big numbers, rounded up or down, and limited.
func want(v uint64, mul, div uint32, up bool, limit uint64) uint64 {
	x := new(big.Int).SetUint64(v)
	x.Mul(x, big.NewInt(int64(mul)))
	if up {
		x.Add(x, big.NewInt(int64(div)-1))
	}
	x.Div(x, big.NewInt(int64(div)))
	if l := new(big.Int).SetUint64(limit); x.Cmp(l) > 0 {
		return limit
	}
	return x.Uint64()
}

func checkTimebase(t *testing.T, numer, denom uint32, v uint64) {
	t.Helper()
	b := host.Timebase{Numer: numer, Denom: denom}
	if got, want := b.Nanoseconds(host.Ticks(v)), want(v, numer, denom, false, math.MaxUint64); got != want {
		t.Errorf("%d ticks of %d/%d ns are %d ns, want %d", v, numer, denom, got, want)
	}
	if got, want := b.Duration(host.Ticks(v)), want(v, numer, denom, false, math.MaxInt64); uint64(got) != want {
		t.Errorf("%d ticks of %d/%d ns are %d, want %d", v, numer, denom, got, want)
	}
	d := time.Duration(v)
	if d < 0 {
		if got := b.Ticks(d); got != 0 {
			t.Errorf("%v are %d ticks", d, got)
		}
		return
	}
	if got, want := b.Ticks(d), want(v, denom, numer, true, math.MaxUint64); uint64(got) != want {
		t.Errorf("%v are %d ticks of %d/%d ns, want %d", d, got, numer, denom, want)
	}
}

// Pitfall timebase: 125/3 on Apple silicon, exact in 128 bits.
func TestTimebase(t *testing.T) {
	for _, v := range []uint64{0, 1, 2, 3, 24, 125, 1e9, 1 << 53, 1<<53 + 1, 1 << 60, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		for _, b := range [][2]uint32{{125, 3}, {1, 1}, {1000000000, 33333335}, {math.MaxUint32, 1}, {1, math.MaxUint32}, {math.MaxUint32, math.MaxUint32}} {
			checkTimebase(t, b[0], b[1], v)
		}
	}
	var none host.Timebase
	if none.Duration(5) != 0 || none.Ticks(5) != 0 || none.Nanoseconds(5) != 0 {
		t.Error("ticks without a timebase have a length")
	}
}

// A difference has a sign, either way, up to the longest durations.
func TestDifference(t *testing.T) {
	apple, intel := host.Timebase{Numer: 125, Denom: 3}, host.Timebase{Numer: 1, Denom: 1}
	for _, x := range []struct {
		b          host.Timebase
		end, start host.Ticks
		want       time.Duration
	}{
		{apple, 24_000_100, 100, time.Second},
		{apple, 100, 24_000_100, -time.Second},
		{apple, 1, 0, 41}, // 41.67 ns, towards zero
		{apple, 0, 1, -41},
		{intel, 7, 7, 0},
		{intel, math.MaxUint64, 0, math.MaxInt64},
		{intel, 0, math.MaxUint64, math.MinInt64},
		{intel, 0, math.MaxInt64, -math.MaxInt64},
		{intel, 0, 1 << 63, math.MinInt64},
		{host.Timebase{}, 0, 5, 0},
	} {
		if got := x.b.Sub(x.end, x.start); got != x.want {
			t.Errorf("from %d to %d it is %d, want %d", x.start, x.end, got, x.want)
		}
	}
}

func FuzzTimebase(f *testing.F) {
	f.Add(uint32(125), uint32(3), uint64(1<<60))
	f.Add(uint32(1), uint32(1), uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, numer, denom uint32, v uint64) {
		if numer != 0 && denom != 0 {
			checkTimebase(t, numer, denom, v)
		}
	})
}

func TestClocks(t *testing.T) {
	porttest.LeakCheck(t)
	b, err := host.Base()
	must(t, err)
	began := time.Now()
	start := host.Now()
	time.Sleep(5 * time.Millisecond)
	took := b.Duration(host.Now() - start)
	real := time.Since(began)
	if took < 5*time.Millisecond || took > real {
		t.Errorf("%v by Mach's clock, at most %v by Go's", took, real)
	}
	up, err := host.Uptime()
	must(t, err)
	asleep, err := host.Asleep()
	must(t, err)
	if up < asleep || asleep < 0 || up < b.Duration(start)-time.Second {
		t.Errorf("up for %v, asleep for %v, awake for %v", up, asleep, b.Duration(start))
	}
	boot, err := host.BootTime()
	must(t, err)
	if d := time.Since(boot) - up; d < -time.Second || d > time.Second {
		t.Errorf("started at %v, up for %v", boot, up)
	}
}

// Pitfall restarted-timeouts in another dress: Go sends itself signals, which end
// mach_wait_until.
func TestSleepUntil(t *testing.T) {
	porttest.LeakCheck(t)
	b, err := host.Base()
	must(t, err)
	for _, d := range []time.Duration{0, 300 * time.Microsecond, 5 * time.Millisecond, 30 * time.Millisecond} {
		deadline := host.Now() + b.Ticks(d)
		must(t, host.SleepUntil(t.Context(), deadline))
		if now := host.Now(); now < deadline {
			t.Errorf("woke %v before the deadline", b.Duration(deadline-now))
		}
	}
	var none context.Context // is like one that never ends
	must(t, host.SleepUntil(none, 0))
	must(t, host.Sleep(none, -1))
	must(t, host.Sleep(t.Context(), time.Millisecond))
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(why) })
	if err := host.Sleep(ctx, math.MaxInt64); !errors.Is(err, why) {
		t.Errorf("error is %v", err)
	}
	if err := host.SleepUntil(ctx, host.Now()+1); !errors.Is(err, why) {
		t.Errorf("error is %v", err)
	}
}
