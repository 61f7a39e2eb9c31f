//go:build linux && (amd64 || arm64)

package libsystem

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// directive is one conversion of a format.
type directive struct {
	flags     string
	width     int
	precision int // -1: none
	length    string
	verb      byte
	out       *sink
}

// largestInt is the greatest width, precision and result that an int holds.
const largestInt = math.MaxInt32

// format writes what printf does, by C's rules.
func format(c *proc.Call, out *sink, f string, a varArgs) {
	for i := 0; i < len(f); {
		if f[i] != '%' {
			j := strings.IndexByte(f[i:], '%')
			if j < 0 {
				j = len(f) - i
			}
			out.text(f[i : i+j])
			i += j
			continue
		}
		d, n := parseDirective(f[i+1:], a)
		i += 1 + n
		if d.verb == 'n' {
			if p := proc.At[int32](c, a.Int()); p != nil {
				*p = int32(out.n)
			}
			continue
		}
		d.out = out
		d.convert(c, a)
		if out.tooLong() {
			return
		}
	}
}

func parseDirective(f string, a varArgs) (d directive, n int) {
	d.precision = -1
	for n < len(f) && strings.IndexByte("-+ #0'", f[n]) >= 0 {
		d.flags += f[n : n+1]
		n++
	}
	number := func() (v int) {
		if n < len(f) && f[n] == '*' {
			n++
			return int(int32(a.Int()))
		}
		for n < len(f) && f[n] >= '0' && f[n] <= '9' {
			v = min(v*10+int(f[n]-'0'), largestInt)
			n++
		}
		return v
	}
	if d.width = number(); d.width < 0 {
		d.flags += "-"
		d.width = -d.width
	}
	if n < len(f) && f[n] == '.' {
		n++
		d.precision = max(number(), -1)
	}
	for n < len(f) && strings.IndexByte("hlqjztL", f[n]) >= 0 {
		d.length += f[n : n+1]
		n++
	}
	if n < len(f) {
		d.verb = f[n]
		n++
	}
	return d, n
}

func (d *directive) has(flag byte) bool { return strings.IndexByte(d.flags, flag) >= 0 }

func (d *directive) signed(v uint64) int64 {
	switch d.length {
	case "hh":
		return int64(int8(v))
	case "h":
		return int64(int16(v))
	case "":
		return int64(int32(v))
	}
	return int64(v)
}

func (d *directive) unsigned(v uint64) uint64 {
	switch d.length {
	case "hh":
		return uint64(uint8(v))
	case "h":
		return uint64(uint16(v))
	case "":
		return uint64(uint32(v))
	}
	return v
}

// convert writes one value.
func (d *directive) convert(c *proc.Call, a varArgs) {
	switch d.verb {
	case '%':
		d.out.text("%")
	case 'd', 'i', 'D':
		v := d.signed(a.Int())
		sign := d.sign(v < 0)
		m := uint64(v)
		if v < 0 {
			m = -m
		}
		d.integer(sign, strconv.FormatUint(m, 10))
	case 'u', 'U':
		d.integer("", strconv.FormatUint(d.unsigned(a.Int()), 10))
	case 'o', 'O':
		s := strconv.FormatUint(d.unsigned(a.Int()), 8)
		if d.has('#') && s[0] != '0' {
			s = "0" + s
		}
		d.integer("", s)
	case 'x', 'X':
		v := d.unsigned(a.Int())
		prefix, s := "", strconv.FormatUint(v, 16)
		if d.has('#') && v != 0 {
			prefix = "0x"
		}
		if d.verb == 'X' {
			prefix, s = strings.ToUpper(prefix), strings.ToUpper(s)
		}
		d.integer(prefix, s)
	case 'p':
		d.pad(pieces{head: "0x" + strconv.FormatUint(a.Int(), 16)})
	case 'c':
		d.pad(pieces{head: string([]byte{byte(a.Int())})})
	case 'C':
		d.pad(pieces{head: string(rune(a.Int()))})
	case 's', 'S':
		d.pad(pieces{head: d.text(c, a.Int())})
	case 'm':
		if p := proc.Read[uint32](c, c.Thread.ErrnoAddress()); p != nil {
			d.pad(pieces{head: errorText(int(*p))})
		}
	case 'f', 'F', 'e', 'E', 'g', 'G', 'a', 'A':
		v := 0.0
		if d.length == "L" {
			v = a.LongDouble()
		} else {
			v = a.Double()
		}
		d.float(v)
	case 0: // the format ends in the middle
	default:
		d.out.text(string([]byte{d.verb}))
	}
}

// text is a string argument: at most precision bytes of it are looked at.
func (d *directive) text(c *proc.Call, at uint64) string {
	if at == 0 {
		return "(null)"[:min(6, uint(d.precision))]
	}
	if d.precision >= 0 {
		var b []byte
		for i := range uint64(d.precision) {
			p, ok := c.Bytes(at+i, 1)
			if !ok || p[0] == 0 {
				break
			}
			b = append(b, p[0])
		}
		return string(b)
	}
	s, ok := c.String(at)
	if !ok {
		c.Fault(at, cpu.ProtRead)
	}
	return s
}

func (d *directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.has('+'):
		return "+"
	case d.has(' '):
		return " "
	}
	return ""
}

func (d *directive) integer(prefix, digits string) {
	if d.precision == 0 && digits == "0" {
		digits = ""
	}
	d.pad(pieces{prefix: prefix, zeros: max(d.precision-len(digits), 0), head: digits, padZeros: d.precision < 0})
}

// pieces are a value cut up, so that zeros need not be held in memory.
type pieces struct {
	prefix   string // sign or base
	zeros    int    // before the digits
	head     string
	more     int // zeros after the digits
	tail     string
	padZeros bool // the flag 0 fills with zeros
}

// pad writes a value and fills it up to the width: zeros go between prefix and digits.
func (d *directive) pad(v pieces) {
	n := max(d.width-len(v.prefix)-v.zeros-len(v.head)-v.more-len(v.tail), 0)
	left := n
	switch {
	case d.has('-'):
		left = 0
	case v.padZeros && d.has('0'):
		v.zeros += n
		n, left = 0, 0
	}
	d.out.fill(' ', left)
	d.out.text(v.prefix)
	d.out.fill('0', v.zeros)
	d.out.text(v.head)
	d.out.fill('0', v.more)
	d.out.text(v.tail)
	d.out.fill(' ', n-left)
}

// exactDigits is more than a float64 has behind its point; what follows are zeros.
const exactDigits = 1100

func (d *directive) float(v float64) {
	sign := d.sign(math.Signbit(v) && !math.IsNaN(v))
	v = math.Abs(v)
	lower := d.verb | 0x20
	precision := d.precision
	if precision < 0 && lower != 'a' {
		precision = 6
	}
	if lower == 'g' && precision == 0 {
		precision = 1
	}
	more := max(precision-exactDigits, 0)
	precision -= more
	var s string
	finite := !math.IsInf(v, 0) && !math.IsNaN(v)
	switch {
	case math.IsInf(v, 0):
		s, more = "inf", 0
	case math.IsNaN(v):
		s, more = "nan", 0
	case lower == 'a':
		s = hexFloat(v, precision)
	default:
		s = strconv.FormatFloat(v, lower, precision, 64)
		if d.has('#') && lower == 'g' {
			s = fmt.Sprintf("%#.*g", precision, v)
		} else if d.has('#') && precision == 0 {
			s += "."
		}
		if lower == 'g' && !d.has('#') {
			more = 0 // zeros at the end go
		}
	}
	if d.verb != lower {
		s = strings.ToUpper(s)
	}
	x := pieces{prefix: sign, head: s, more: more, padZeros: finite}
	if more > 0 { // the zeros go before an exponent
		if i := strings.IndexAny(s, map[byte]string{'e': "eE", 'g': "eE", 'a': "pP"}[lower]); lower != 'f' && i >= 0 {
			x.head, x.tail = s[:i], s[i:]
		}
	}
	d.pad(x)
}

// hexFloat is C's %a: an exponent has as few digits as it needs.
func hexFloat(v float64, precision int) string {
	s := strconv.FormatFloat(v, 'x', precision, 64)
	i := strings.IndexByte(s, 'p')
	mantissa, sign, digits := s[:i+1], s[i+1:i+2], strings.TrimLeft(s[i+2:], "0")
	if digits == "" {
		digits = "0"
	}
	return mantissa + sign + digits
}
