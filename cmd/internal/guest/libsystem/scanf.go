//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// source is what scanf reads: one byte back is all it needs.
type source struct {
	next func() (byte, bool)
	last byte
	back bool
	read int
}

func (s *source) get() (byte, bool) {
	if s.back {
		s.back = false
		s.read++
		return s.last, true
	}
	b, ok := s.next()
	if ok {
		s.last = b
		s.read++
	}
	return b, ok
}

func (s *source) unget() { s.back = true; s.read-- }

func isSpace(b byte) bool { return strings.IndexByte(spaces, b) >= 0 }

func (s *source) skipSpace() {
	for {
		b, ok := s.get()
		if !ok {
			return
		}
		if !isSpace(b) {
			s.unget()
			return
		}
	}
}

// while collects at most n bytes that are in a set.
func (s *source) while(n int, in func(b byte, sofar []byte) bool) string {
	var b []byte
	for len(b) < n {
		c, ok := s.get()
		if !ok {
			break
		}
		if !in(c, b) {
			s.unget()
			break
		}
		b = append(b, c)
	}
	return string(b)
}

// bracket parses a scanset and says how long it is.
func bracket(f string) (set [256]bool, n int) {
	i, not := 0, false
	if i < len(f) && f[i] == '^' {
		not = true
		i++
	}
	for first := true; i < len(f) && (f[i] != ']' || first); first = false {
		if i+2 < len(f) && f[i+1] == '-' && f[i+2] != ']' {
			for c := int(f[i]); c <= int(f[i+2]); c++ {
				set[c] = true
			}
			i += 3
			continue
		}
		set[f[i]] = true
		i++
	}
	if not {
		for c := range set {
			set[c] = !set[c]
		}
	}
	return set, min(i+1, len(f))
}

// scan does what scanf does and returns the number of values stored, or -1 at the end of
// the input before the first.
func scan(c *proc.Call, src *source, f string, a varArgs) int {
	stored := 0
	failed := func() int {
		if _, more := src.get(); !more && stored == 0 {
			return -1
		}
		return stored
	}
	for i := 0; i < len(f); {
		ch := f[i]
		i++
		if isSpace(ch) {
			src.skipSpace()
			continue
		}
		if ch != '%' {
			b, ok := src.get()
			if !ok {
				return failed()
			}
			if b != ch {
				src.unget()
				return stored
			}
			continue
		}
		drop := i < len(f) && f[i] == '*'
		if drop {
			i++
		}
		width := 0
		for i < len(f) && f[i] >= '0' && f[i] <= '9' {
			width = min(width*10+int(f[i]-'0'), largestInt)
			i++
		}
		d := directive{}
		for i < len(f) && strings.IndexByte("hlqjztL", f[i]) >= 0 {
			d.length += f[i : i+1]
			i++
		}
		if i == len(f) {
			return stored
		}
		d.verb = f[i]
		i++
		limit := width
		if limit == 0 {
			limit = largestInt
		}
		var text string
		switch d.verb {
		case '%':
			src.skipSpace()
			if b, ok := src.get(); !ok || b != '%' {
				return failed()
			}
			continue
		case 'n':
			storeInt(c, a.Int(), uint64(src.read), d.length)
			continue
		case 'c':
			if width == 0 {
				limit = 1
			}
			text = src.while(limit, func(byte, []byte) bool { return true })
			if len(text) < limit {
				return failed()
			}
		case '[':
			set, n := bracket(f[i:])
			i += n
			text = src.while(limit, func(b byte, _ []byte) bool { return set[b] })
		case 's':
			src.skipSpace()
			text = src.while(limit, func(b byte, _ []byte) bool { return !isSpace(b) })
		default:
			src.skipSpace()
			text = src.while(limit, numberPart(d.verb))
		}
		if text == "" {
			return failed()
		}
		switch d.verb {
		case 'c', 's', '[':
			if drop {
				continue
			}
			at := a.Int()
			if d.verb != 'c' {
				text += "\x00"
			}
			b, ok := c.Out(at, uint64(len(text)))
			if !ok {
				return stored
			}
			copy(b, text)
		case 'd', 'i', 'u', 'x', 'X', 'o', 'p':
			base := map[byte]int{'d': 10, 'i': 0, 'u': 10, 'x': 16, 'X': 16, 'o': 8, 'p': 16}[d.verb]
			neg, v, _, used := parseInteger(text, base)
			if used == 0 {
				return stored
			}
			if neg {
				v = -v
			}
			if d.verb == 'p' {
				d.length = "l"
			}
			if !drop {
				storeInt(c, a.Int(), v, d.length)
			}
		case 'f', 'e', 'g', 'a', 'E', 'F', 'G', 'A':
			v, used, _ := parseFloat(text)
			if used == 0 {
				return stored
			}
			if drop {
				continue
			}
			at := a.Int()
			if d.length == "" {
				if p := proc.At[uint32](c, at); p != nil {
					*p = math.Float32bits(float32(v))
				}
			} else if p := proc.At[uint64](c, at); p != nil {
				*p = math.Float64bits(v)
			}
		default:
			return stored
		}
		if !drop {
			stored++
		}
	}
	return stored
}

// numberPart says which bytes may go on a number.
func numberPart(verb byte) func(b byte, sofar []byte) bool {
	float := strings.IndexByte("fegaEFGA", verb) >= 0
	return func(b byte, sofar []byte) bool {
		n := len(sofar)
		switch {
		case b == '+' || b == '-':
			return n == 0 || float && (sofar[n-1]|0x20 == 'e' || sofar[n-1]|0x20 == 'p')
		case float:
			return digit(b) < 36 || b == '.'
		case b == 'x' || b == 'X':
			return n > 0 && n < 3 && sofar[n-1] == '0' && (n == 1 || sofar[0] == '+' || sofar[0] == '-') && strings.IndexByte("ixXp", verb) >= 0
		case verb == 'o':
			return digit(b) < 8
		case verb == 'd' || verb == 'u':
			return digit(b) < 10
		}
		return digit(b) < 16
	}
}

func storeInt(c *proc.Call, at, v uint64, length string) {
	size := map[string]uint64{"hh": 1, "h": 2, "": 4}[length]
	if size == 0 {
		size = 8
	}
	if b, ok := c.Out(at, size); ok {
		copy(b, binary.LittleEndian.AppendUint64(nil, v)[:size])
	}
}

func fromString(s string) *source {
	i := 0
	return &source{next: func() (byte, bool) {
		if i == len(s) {
			return 0, false
		}
		i++
		return s[i-1], true
	}}
}

func init() {
	on("sscanf", func(c *proc.Call) {
		s, ok := cstr(c, c.Arg(0))
		if f, ok2 := cstr(c, c.Arg(1)); ok && ok2 {
			c.ReturnInt(scan(c, fromString(s), f, dots(c, 2)))
		}
	})
	on("vsscanf", func(c *proc.Call) {
		s, ok := cstr(c, c.Arg(0))
		if f, ok2 := cstr(c, c.Arg(1)); ok && ok2 {
			c.ReturnInt(scan(c, fromString(s), f, list(c, 2)))
		}
	})
	fromStream := func(fp func(c *proc.Call) uint64, format int, values func(c *proc.Call) varArgs) func(*proc.Call) {
		return func(c *proc.Call) {
			s := of(c)
			st := s.stdio.at(fp(c))
			f, ok := cstr(c, c.Arg(format))
			if st == nil || !ok {
				c.ReturnInt(-1)
				return
			}
			a := values(c)
			s.flushAll()
			c.Block(func() {
				src := &source{next: func() (byte, bool) { return s.getByte(st) }}
				c.ReturnInt(scan(c, src, f, a))
				if src.back {
					st.putBack(src.last)
				}
			})
		}
	}
	stdin := func(c *proc.Call) uint64 { return standard(c, "__stdinp") }
	arg0 := func(c *proc.Call) uint64 { return c.Arg(0) }
	on("scanf", fromStream(stdin, 0, func(c *proc.Call) varArgs { return dots(c, 1) }))
	on("fscanf", fromStream(arg0, 1, func(c *proc.Call) varArgs { return dots(c, 2) }))
	on("vscanf", fromStream(stdin, 0, func(c *proc.Call) varArgs { return list(c, 1) }))
	on("vfscanf", fromStream(arg0, 1, func(c *proc.Call) varArgs { return list(c, 2) }))
}
