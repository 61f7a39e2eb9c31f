//go:build linux && (amd64 || arm64)

package libsystem

import (
	"errors"
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/guest/mem"
	"github.com/gomach/mach/internal/guest/proc"
)

const spaces = " \t\n\v\f\r"

// parseInteger reads an integer as strtol does: how many bytes it has, 0 for none.
func parseInteger(s string, base int) (negative bool, v uint64, overflow bool, used int) {
	i := len(s) - len(strings.TrimLeft(s, spaces))
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	hex := i+2 < len(s) && s[i] == '0' && s[i+1]|0x20 == 'x' && digit(s[i+2]) < 16
	switch {
	case (base == 0 || base == 16) && hex:
		base = 16
		i += 2
	case base == 0 && i < len(s) && s[i] == '0':
		base = 8
	case base == 0:
		base = 10
	}
	start := i
	n := new(big.Int)
	for i < len(s) && digit(s[i]) < base {
		i++
	}
	if i == start {
		return negative, 0, false, 0
	}
	n.SetString(s[start:i], base)
	return negative, n.Uint64(), !n.IsUint64(), i
}

func digit(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'z':
		return int(b|0x20-'a') + 10
	}
	return 99
}

// parseFloat reads the longest prefix that is a number.
func parseFloat(s string) (v float64, used int, err error) {
	skip := len(s) - len(strings.TrimLeft(s, spaces))
	t := s[skip:]
	n := 0
	for n < len(t) && n < 400 && (digit(t[n]) < 36 || strings.IndexByte("+-.()", t[n]) >= 0) {
		n++
	}
	for ; n > 0; n-- {
		p := t[:n]
		if strings.IndexByte(p, '_') >= 0 {
			continue
		}
		if strings.HasPrefix(strings.ToLower(strings.TrimLeft(p, "+-")), "0x") && !strings.ContainsAny(p, "pP") {
			p += "p0"
		}
		v, err = strconv.ParseFloat(p, 64)
		if err == nil || errors.Is(err, strconv.ErrRange) {
			return v, skip + n, err
		}
	}
	return 0, 0, nil
}

func setEnd(c *proc.Call, at uint64, n int) {
	if at == 0 {
		return
	}
	if p := proc.At[uint64](c, at); p != nil {
		*p = c.Arg(0) + uint64(n)
	}
}

// setErrno reports an error besides the result.
func setErrno(c *proc.Call, e proc.Errno) { c.Thread.SetErrno(uint32(e)) }

func init() {
	toLong := func(c *proc.Call) {
		s, _ := cstr(c, c.Arg(0))
		neg, v, over, n := parseInteger(s, c.Int(2))
		setEnd(c, c.Arg(1), n)
		limit := uint64(math.MaxInt64)
		if neg {
			limit++
		}
		if over || v > limit {
			v = limit
			setErrno(c, proc.ERANGE)
		}
		if neg {
			v = -v
		}
		c.Return(v)
	}
	on("strtol strtoll strtoimax strtoq", toLong)
	on("strtoul strtoull strtoumax strtouq", func(c *proc.Call) {
		s, _ := cstr(c, c.Arg(0))
		neg, v, over, n := parseInteger(s, c.Int(2))
		setEnd(c, c.Arg(1), n)
		switch {
		case over:
			v = math.MaxUint64
			setErrno(c, proc.ERANGE)
		case neg:
			v = -v
		}
		c.Return(v)
	})
	atoi := func(c *proc.Call) {
		s, _ := cstr(c, c.Arg(0))
		neg, v, _, _ := parseInteger(s, 10)
		if neg {
			v = -v
		}
		c.Return(v)
	}
	on("atoi atol atoll", atoi)
	on("atof", func(c *proc.Call) { s, _ := cstr(c, c.Arg(0)); v, _, _ := parseFloat(s); c.ReturnFloat(v) })
	on("strtod", func(c *proc.Call) {
		s, _ := cstr(c, c.Arg(0))
		v, n, err := parseFloat(s)
		if err != nil {
			setErrno(c, proc.ERANGE)
		}
		setEnd(c, c.Arg(1), n)
		c.ReturnFloat(v)
	})
	on("abs", func(c *proc.Call) { c.ReturnInt(max(c.Int(0), -c.Int(0))) })
	on("labs llabs", func(c *proc.Call) { v := int64(c.Arg(0)); c.Return(uint64(max(v, -v))) })
	next := func(s *State) uint64 { // a small linear generator is all that rand promises
		s.rand = s.rand*6364136223846793005 + 1442695040888963407
		return s.rand >> 33
	}
	on("rand random", func(c *proc.Call) { c.Return(next(of(c)) & 0x7fffffff) })
	on("srand srandom", func(c *proc.Call) { of(c).rand = uint64(c.Uint32(0)) })
	on("rand_r", func(c *proc.Call) {
		if p := proc.At[uint32](c, c.Arg(0)); p != nil {
			*p = *p*1103515245 + 12345
			c.Return(uint64(*p >> 1))
		}
	})
	on("system", func(c *proc.Call) { c.Fail(proc.ENOSYS) })
	onAsync("qsort", func(c *proc.Call) { quickSort(c, c.Arg(3), 0, false) })
	onAsync("mergesort heapsort", func(c *proc.Call) { quickSort(c, c.Arg(3), 0, false) })
	onAsync("qsort_r", func(c *proc.Call) { quickSort(c, c.Arg(4), c.Arg(3), true) })
	onAsync("bsearch", func(c *proc.Call) {
		low, high, size := uint64(0), c.Arg(2), c.Arg(3)
		for low < high {
			mid := low + (high-low)/2
			at := c.Arg(1) + mid*size
			switch r := int32(c.Guest(c.Arg(4), c.Arg(0), at)); {
			case r == 0:
				c.Return(at)
				return
			case r < 0:
				high = mid
			default:
				low = mid + 1
			}
		}
	})
	temporary := func(dir bool, suffix int) func(*proc.Call) {
		return func(c *proc.Call) {
			name, ok := cstr(c, c.Arg(0))
			n := 0
			if suffix >= 0 {
				n = c.Int(suffix)
			}
			if !ok || n < 0 || n > len(name) {
				c.Fail(proc.EINVAL)
				return
			}
			stem, tail := name[:len(name)-n], name[len(name)-n:]
			xs := len(stem) - len(strings.TrimRight(stem, "X"))
			for range 100 {
				random := make([]byte, xs)
				for i := range random {
					random[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[next(of(c))%36]
				}
				copyString(c, c.Arg(0), stem[:len(stem)-xs]+string(random)+tail)
				host, e := of(c).hostPath(c, atCWD, c.Arg(0), true, false)
				if e != 0 {
					c.Fail(e)
					return
				}
				if dir {
					if err := os.Mkdir(host, 0o700); err == nil {
						c.Return(c.Arg(0))
						return
					} else if !errors.Is(err, os.ErrExist) {
						c.Fail(proc.FromHost(err))
						c.Return(0)
						return
					}
					continue
				}
				openHost(c, atCWD, c.Arg(0), 2|0xa00, 0o600)
				if int64(c.Result()) >= 0 {
					return
				}
			}
			c.Fail(proc.EEXIST)
		}
	}
	on("mkstemp", temporary(false, -1))
	on("mkstemps", temporary(false, 1))
	on("mkdtemp", temporary(true, -1))
	on("basename dirname", func(c *proc.Call) {
		s, ok := cstr(c, c.Arg(0))
		if !ok {
			return
		}
		t := strings.TrimRight(s, "/")
		i := strings.LastIndexByte(t, '/')
		r := t[i+1:]
		if plain(c.Symbol) == "dirname" {
			r = strings.TrimRight(t[:max(i, 0)], "/")
			if r == "" && i < 0 {
				r = "."
			}
		}
		if r == "" {
			r = "/"
		}
		c.Return(c.Process.Static([]byte(r + "\x00")))
	})
	on("setlocale", func(c *proc.Call) { c.Return(static(c, "locale", []byte("C\x00"))) })
	on("nl_langinfo", func(c *proc.Call) { c.Return(static(c, "langinfo", []byte("US-ASCII\x00"))) })
}

// quickSort sorts with a comparison in the guest. It is a merge sort: the guest decides how
// long each comparison takes, and a wrong one must not lead outside the array.
func quickSort(c *proc.Call, compare, context uint64, withContext bool) {
	n, size := c.Arg(1), c.Arg(2)
	if n < 2 || size == 0 || n > 1<<40/size {
		return
	}
	base := c.Arg(0)
	if _, ok := c.Out(base, n*size); !ok {
		return
	}
	scratch := of(c).heap.alloc(c, n*size)
	if scratch == 0 {
		return
	}
	defer of(c).heap.free(c, scratch)
	less := func(a, b uint64) bool {
		if withContext {
			return int32(c.Guest(compare, context, a, b)) <= 0
		}
		return int32(c.Guest(compare, a, b)) <= 0
	}
	for width := uint64(1); width < n; width *= 2 {
		for low := uint64(0); low < n; low += 2 * width {
			mid, high := min(low+width, n), min(low+2*width, n)
			for i, j, k := low, mid, low; k < high; k++ {
				from := base + i*size
				if i < mid && (j >= high || less(from, base+j*size)) {
					i++
				} else {
					from = base + j*size
					j++
				}
				copy(mem.Slice(scratch+k*size, size), mem.Slice(from, size))
			}
		}
		copy(mem.Slice(base, n*size), mem.Slice(scratch, n*size))
	}
}
