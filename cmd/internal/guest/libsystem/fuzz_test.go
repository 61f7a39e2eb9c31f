//go:build linux && (amd64 || arm64)

package libsystem

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// endless are arguments without an end.
type endless struct {
	n uint64
	v float64
}

func (e *endless) Int() uint64         { e.n = e.n*6364136223846793005 + 1; return e.n }
func (e *endless) Double() float64     { return e.v }
func (e *endless) LongDouble() float64 { return e.v }

// FuzzFormat: whatever the format, printf ends, holds no more than it is asked for, and
// counts what it writes.
func FuzzFormat(f *testing.F) {
	for _, s := range []string{"%d", "%-08.3lx|%+5hhd", "%2000000000d", "%.2000000000f", "%*.*g", "%#a%%", "%lls%", "%'05c%C%p%q", "%.99999999999999999999e"} {
		f.Add(s, uint64(7), 1.5)
	}
	f.Fuzz(func(t *testing.T, s string, n uint64, v float64) {
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune("nsSm", r) {
				return 'd' // those that follow pointers
			}
			return r
		}, s)
		const limit = 1000
		out := &sink{limit: limit}
		format(nil, out, s, &endless{n, v})
		if len(out.b) > limit || uint64(len(out.b)) > out.n || out.n < limit && uint64(len(out.b)) != out.n {
			t.Errorf("%q: %d bytes of %d", s, len(out.b), out.n)
		}
		if out.n > 100_000 || !out.finish() {
			return
		}
		var all []byte
		pieces := &sink{limit: 7, flush: func(b []byte) bool { all = append(all, b...); return true }}
		format(nil, pieces, s, &endless{n, v})
		if !pieces.finish() || uint64(len(all)) != out.n || !strings.HasPrefix(string(all), string(out.b)) {
			t.Errorf("%q: %q in pieces, %q at once", s, all, out.b)
		}
	})
}

// FuzzScan: whatever the format and the input, scanf ends and stores inside of what is the
// guest's, which here is nothing.
func FuzzScan(f *testing.F) {
	f.Add("%d %s %[^a-z]%n%c", "12 word XYZ")
	f.Add("%99999999999999d%*5x%lf", "0x1p-3 77")
	f.Add("%[", "a")
	f.Add("%[]a-", "]")
	f.Add("%%%5c%p", "%abcdef")
	f.Fuzz(func(t *testing.T, format, input string) {
		c := &proc.Call{Process: &proc.Process{Space: mem.New(16384, nil)}}
		src := fromString(input)
		if n := scan(c, src, format, &endless{n: 1}); n < -1 || n > len(format) {
			t.Errorf("%d values", n)
		}
		if src.read < 0 || src.read > len(input) {
			t.Errorf("read %d of %d bytes", src.read, len(input))
		}
	})
}

// FuzzFloat holds strtod against Go's own reading, of what both take for a number.
func FuzzFloat(f *testing.F) {
	for _, s := range []string{"1", " -1.5e10x", "0x1.8p-3", "0x", "0xg", "inf", "-Infinity1", "nan(12_a)", "nan(", ".5", ".", "1e", "1e+", "1_0", "5." + strings.Repeat("0", 500) + "1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, n, err := parseFloat(s)
		if n < 0 || n > len(s) || n == 0 && (v != 0 || err != nil) {
			t.Fatalf("%q: %v, %d bytes, %v", s, v, n, err)
		}
		if w, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "_") {
			if n != len(s) || v != w && !(math.IsNaN(v) && math.IsNaN(w)) {
				t.Errorf("%q: %v of %d bytes, Go says %v", s, v, n, w)
			}
		}
		if n > 0 {
			if w, m, _ := parseFloat(s[:n]); m != n || w != v && !math.IsNaN(w) {
				t.Errorf("%q: %v of %d bytes, the prefix alone %v of %d", s, v, n, w, m)
			}
		}
		for _, base := range []int{-1, 0, 1, 2, 10, 16, 36, 37, 100} {
			if _, _, _, n := parseInteger(s, base); n < 0 || n > len(s) {
				t.Errorf("%q: an integer of %d bytes", s, n)
			}
		}
	})
}
