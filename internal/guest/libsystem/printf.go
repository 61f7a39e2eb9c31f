//go:build linux && (amd64 || arm64)

package libsystem

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/guest/cpu"
	"github.com/gomach/mach/internal/guest/proc"
)

// directive is one conversion of a format.
type directive struct {
	flags     string
	width     int
	precision int // -1: none
	length    string
	verb      byte
}

// format does what printf does, by C's rules.
func format(c *proc.Call, f string, a varArgs) string {
	var out strings.Builder
	for i := 0; i < len(f); {
		if f[i] != '%' {
			j := strings.IndexByte(f[i:], '%')
			if j < 0 {
				j = len(f) - i
			}
			out.WriteString(f[i : i+j])
			i += j
			continue
		}
		d, n := parseDirective(f[i+1:], a)
		i += 1 + n
		if d.verb == 'n' {
			if p := proc.At[int32](c, a.Int()); p != nil {
				*p = int32(out.Len())
			}
			continue
		}
		out.WriteString(d.convert(c, a))
	}
	return out.String()
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
		for n < len(f) && f[n] >= '0' && f[n] <= '9' && v < 1<<20 {
			v = v*10 + int(f[n]-'0')
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
	d.width = min(d.width, 1<<20)
	d.precision = min(d.precision, 1<<20)
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

func (d *directive) convert(c *proc.Call, a varArgs) string {
	switch d.verb {
	case '%':
		return "%"
	case 'd', 'i', 'D':
		v := d.signed(a.Int())
		sign := d.sign(v < 0)
		m := uint64(v)
		if v < 0 {
			m = -m
		}
		return d.integer(sign, strconv.FormatUint(m, 10))
	case 'u', 'U':
		return d.integer("", strconv.FormatUint(d.unsigned(a.Int()), 10))
	case 'o', 'O':
		s := strconv.FormatUint(d.unsigned(a.Int()), 8)
		if d.has('#') && s[0] != '0' {
			s = "0" + s
		}
		return d.integer("", s)
	case 'x', 'X':
		v := d.unsigned(a.Int())
		prefix := ""
		if d.has('#') && v != 0 {
			prefix = "0x"
		}
		s := d.integer(prefix, strconv.FormatUint(v, 16))
		if d.verb == 'X' {
			s = strings.ToUpper(s)
		}
		return s
	case 'p':
		return d.pad("", "0x"+strconv.FormatUint(a.Int(), 16), false)
	case 'c':
		return d.pad("", string([]byte{byte(a.Int())}), false)
	case 'C':
		return d.pad("", string(rune(a.Int())), false)
	case 's', 'S':
		return d.pad("", d.text(c, a.Int()), false)
	case 'm':
		if p := proc.Read[uint32](c, c.Thread.ErrnoAddress()); p != nil {
			return d.pad("", errorText(int(*p)), false)
		}
	case 'f', 'F', 'e', 'E', 'g', 'G', 'a', 'A':
		v := 0.0
		if d.length == "L" {
			v = a.LongDouble()
		} else {
			v = a.Double()
		}
		return d.float(v)
	}
	return string([]byte{d.verb})
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

func (d *directive) integer(prefix, digits string) string {
	if d.precision == 0 && digits == "0" {
		digits = ""
	}
	if n := d.precision - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	return d.pad(prefix, digits, d.precision < 0)
}

// pad fills up to the width: zeros go between prefix and digits.
func (d *directive) pad(prefix, s string, zeros bool) string {
	n := d.width - len(prefix) - len(s)
	switch {
	case n <= 0:
		return prefix + s
	case d.has('-'):
		return prefix + s + strings.Repeat(" ", n)
	case zeros && d.has('0'):
		return prefix + strings.Repeat("0", n) + s
	}
	return strings.Repeat(" ", n) + prefix + s
}

func (d *directive) float(v float64) string {
	sign := d.sign(math.Signbit(v) && !math.IsNaN(v))
	v = math.Abs(v)
	lower := d.verb | 0x20
	var s string
	finite := !math.IsInf(v, 0) && !math.IsNaN(v)
	switch {
	case math.IsInf(v, 0):
		s = "inf"
	case math.IsNaN(v):
		s = "nan"
	case lower == 'a':
		s = hexFloat(v, d.precision)
	default:
		precision := d.precision
		if precision < 0 {
			precision = 6
		}
		if lower == 'g' && precision == 0 {
			precision = 1
		}
		s = strconv.FormatFloat(v, lower, precision, 64)
		if d.has('#') && lower == 'g' {
			s = fmt.Sprintf("%#.*g", precision, v)
		} else if d.has('#') && precision == 0 {
			s += "."
		}
	}
	s = d.pad(sign, s, finite)
	if d.verb != lower {
		s = strings.ToUpper(s)
	}
	return s
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
