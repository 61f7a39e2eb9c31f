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
		if got := format(nil, c.format, &args); got != c.want {
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
