//go:build linux && (amd64 || arm64)

package libsystem

import (
	"math"
	"testing"
)

// values are arguments for a format: int for integers, float64 for doubles.
type values []any

func (v *values) next() any {
	x := (*v)[0]
	*v = (*v)[1:]
	return x
}

func (v *values) Int() uint64 {
	switch x := v.next().(type) {
	case int:
		return uint64(x)
	case uint64:
		return x
	}
	return 0
}
func (v *values) Double() float64     { return v.next().(float64) }
func (v *values) LongDouble() float64 { return v.Double() }

func formatText(f string, args varArgs) string {
	out := &sink{limit: 1 << 20}
	format(nil, out, f, args)
	return string(out.b)
}

// TestFormat checks against what C's standard says of printf (C11 7.21.6.1).
func TestFormat(t *testing.T) {
	for _, c := range []struct {
		format string
		args   values
		want   string
	}{
		{"%d%%", values{5}, "5%"},
		{"%5d|%-5d|%05d|%+d|% d", values{-3, -3, -3, 3, 3}, "   -3|-3   |-0003|+3| 3"},
		{"%.3d|%6.3d|%-6.3dx|%.0d|", values{7, 7, 7, 0}, "007|   007|007   x||"},
		{"%hhd %hd %d %ld", values{300, 70000, 1 << 33, 1 << 33}, "44 4464 0 8589934592"},
		{"%u %lu", values{-1, -1}, "4294967295 18446744073709551615"},
		{"%x %X %#x %#X %#o %o", values{255, 255, 255, 0, 8, 8}, "ff FF 0xff 0 010 10"},
		{"%08x|%#08x|%#.5x", values{0xbeef, 0xbeef, 0xb}, "0000beef|0x00beef|0x0000b"},
		{"%*d|%-*d|%*d", values{4, 1, 4, 2, -4, 3}, "   1|2   |3   "},
		{"%.*f %.*f", values{1, 2.25, -1, 2.25}, "2.2 2.250000"},
		{"%c%3c%-3c|", values{int('a'), int('b'), int('c')}, "a  bc  |"},
		{"%f %F %e %E", values{1.5, 1.5, 1500.0, 1e-10}, "1.500000 1.500000 1.500000e+03 1.000000E-10"},
		{"%g %g %g %g %g", values{100000.0, 1000000.0, 0.0001, 0.00001, 2.5}, "100000 1e+06 0.0001 1e-05 2.5"},
		{"%.3g %#.3g %.0f %#.0f", values{2.0, 2.0, 2.0, 2.0}, "2 2.00 2 2."},
		{"%8.2f|%-8.2f|%08.2f|%+.1f", values{-1.234, 1.234, -1.234, 1.0}, "   -1.23|1.23    |-0001.23|+1.0"},
		{"%a %a", values{1.0, 0.5}, "0x1p+0 0x1p-1"},
		{"%f %5g %05f %E", values{math.Inf(1), math.Inf(-1), math.Inf(1), math.NaN()}, "inf  -inf   inf NAN"},
		{"%p", values{0x10}, "0x10"},
		{"%s", values{0}, "(null)"},
	} {
		args := c.args
		if got := formatText(c.format, &args); got != c.want {
			t.Errorf("%q: %q, want %q", c.format, got, c.want)
		}
	}
}

// TestNumbers checks strtol's and strtod's reading (C11 7.22.1).
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		text     string
		base     int
		negative bool
		value    uint64
		used     int
	}{
		{" -12x", 10, true, 12, 4}, {"0x1fg", 0, false, 0x1f, 4}, {"0x1f", 16, false, 0x1f, 4}, {"017", 0, false, 15, 3}, {"0x", 16, false, 0, 1},
		{"zz", 36, false, 35*36 + 35, 2}, {"+7", 10, false, 7, 2}, {"", 10, false, 0, 0}, {"-", 10, true, 0, 0}, {"8", 8, false, 0, 0},
	} {
		neg, v, over, used := parseInteger(c.text, c.base)
		if neg != c.negative || v != c.value || over || used != c.used {
			t.Errorf("%q in base %d: %v %d, %d bytes", c.text, c.base, neg, v, used)
		}
	}
	if _, _, over, used := parseInteger("99999999999999999999", 10); !over || used != 20 {
		t.Error("a number above 64 bits must be reported")
	}
	for text, want := range map[string]struct {
		v    float64
		used int
	}{" 1.5e3x": {1500, 6}, "1e": {1, 1}, "0x1p4": {16, 5}, "0x10": {16, 4}, "inf": {math.Inf(1), 3}, "x": {0, 0}, "-.5.": {-.5, 3}} {
		if v, used, _ := parseFloat(text); v != want.v || used != want.used {
			t.Errorf("%q: %v, %d bytes", text, v, used)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for e, want := range map[int]string{2: "No such file or directory", 35: "Resource temporarily unavailable", 60: "Operation timed out", 63: "File name too long", 999: "Unknown error: 999"} {
		if got := errorText(e); got != want {
			t.Errorf("error %d: %q, want %q", e, got, want)
		}
	}
}

// TestScan checks the parts of scanf that need no guest (C11 7.21.6.2): what is matched and counted.
func TestScan(t *testing.T) {
	for _, c := range []struct {
		input, format string
		want, left    int // values (all dropped: 0), bytes read
	}{
		{"12 abc", "%*d %*s", 0, 6}, {"12abc", "%*d", 0, 2}, {"0x1fz", "%*i", 0, 4}, {"-5", "%*u", 0, 2}, {"", "%*d", -1, 0}, {"x", "%*d", 0, 1},
		{"a-c]", "%*[a-c-]", 0, 3}, {"1.5e3,", "%*f,", 0, 6}, {"  9", "%*2d", 0, 3}, {"123", "%*2d", 0, 2}, {"50%", "%*d%%", 0, 3},
	} {
		src := fromString(c.input)
		if got := scan(nil, src, c.format, &values{}); got != c.want || src.read != c.left {
			t.Errorf("%q by %q: %d, %d bytes read; want %d, %d", c.input, c.format, got, src.read, c.want, c.left)
		}
	}
}

// Absurd widths and precisions: a result is counted up to INT_MAX (C11 7.21.6.5 returns what
// would have been written, snprintf(3) of Darwin fails with EOVERFLOW above), and no more is
// held in memory than is asked for.
func TestFormatAbsurd(t *testing.T) {
	for _, c := range []struct {
		format string
		args   values
		n      uint64
		begin  string
	}{
		{"%2000000000d", values{1}, 2_000_000_000, "   "},
		{"%-2000000000dx", values{7}, 2_000_000_001, "7  "},
		{"%.2000000000d", values{-1}, 2_000_000_001, "-00"},
		{"%02147483647d", values{-1}, 2_147_483_647, "-00"},
		{"%.2000000000f", values{1.5}, 2_000_000_002, "1.5"},
		{"%.2000000000e", values{1.5}, 2_000_000_006, "1.5"},
		{"%.2000000000a", values{1.0}, 2_000_000_007, "0x1"},
		{"%.2000000000g", values{1.5}, 3, "1.5"},
		{"%#.2000000000g", values{1.5}, 2_000_000_001, "1.5"},
		{"%.99999999999999999999s", values{0}, 6, "(nu"},
		{"%2000000000s", values{0}, 2_000_000_000, "   "},
		{"%*d", values{-2_000_000_000, 3}, 2_000_000_000, "3  "},
		{"%*d", values{math.MinInt32, 3}, 1 << 31, "3  "},
		{"%99999999999999999999d", values{3}, math.MaxInt32, "   "},
		{"%2000000000d%2000000000d", values{3, 3}, 4_000_000_000, "   "},
		{"%", nil, 0, ""},
		{"%-5", nil, 0, ""},
		{"%ll", nil, 0, ""},
	} {
		args := c.args
		out := &sink{limit: 3}
		format(nil, out, c.format, &args)
		if out.n != c.n || string(out.b) != c.begin {
			t.Errorf("%q: %d bytes that begin %q, want %d and %q", c.format, out.n, out.b, c.n, c.begin)
		}
		if long := c.n > math.MaxInt32; out.tooLong() != long {
			t.Errorf("%q: too long is %v", c.format, out.tooLong())
		}
	}
	// In pieces nothing is lost.
	var all []byte
	out := &sink{limit: 5, flush: func(b []byte) bool { all = append(all, b...); return true }}
	format(nil, out, "%12d|%s|%.12f|", &values{34, 0, 0.5})
	if !out.finish() || string(all) != "          34|(null)|0.500000000000|" || out.n != uint64(len(all)) {
		t.Errorf("in pieces: %q, %d", all, out.n)
	}
}
