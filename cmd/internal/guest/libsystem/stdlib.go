//go:build linux && (amd64 || arm64)

package libsystem

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

const spaces = " \t\n\v\f\r"

// parseInteger reads an integer as strtol does: how many bytes it has, 0 for none.
func parseInteger(s string, base int) (negative bool, v uint64, overflow bool, used int) {
	if !validBase(base) {
		return false, 0, false, 0
	}
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
	for ; i < len(s) && digit(s[i]) < base; i++ {
		hi, lo := bits.Mul64(v, uint64(base))
		sum, carry := bits.Add64(lo, uint64(digit(s[i])), 0)
		overflow = overflow || hi != 0 || carry != 0
		v = sum
	}
	if i == start {
		return negative, 0, false, 0
	}
	return negative, v, overflow, i
}

// validBase is what strtol takes; others are EINVAL.
func validBase(base int) bool { return base == 0 || base >= 2 && base <= 36 }

func digit(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'z':
		return int(b|0x20-'a') + 10
	}
	return 99
}

// floatPrefix is how long the longest prefix is that is a number by C's rules (C11 7.22.1.3).
func floatPrefix(s string) int {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	word := func(w string) bool { return len(s)-i >= len(w) && strings.EqualFold(s[i:i+len(w)], w) }
	switch {
	case word("infinity"):
		return i + len("infinity")
	case word("inf"):
		return i + len("inf")
	case word("nan"):
		i += len("nan")
		if i < len(s) && s[i] == '(' {
			j := i + 1
			for j < len(s) && (digit(s[j]) < 36 || s[j] == '_') {
				j++
			}
			if j < len(s) && s[j] == ')' {
				return j + 1
			}
		}
		return i
	}
	base, exponent := 10, byte('e')
	mantissa := func(from int) (end, digits int) {
		for point := false; from < len(s); from++ {
			if s[from] == '.' && !point {
				point = true
			} else if digit(s[from]) >= base {
				break
			} else {
				digits++
			}
		}
		return from, digits
	}
	end, digits := mantissa(i)
	if word("0x") {
		base, exponent = 16, 'p'
		if e, n := mantissa(i + 2); n > 0 {
			end, digits = e, n
		} else {
			return i + 1 // the zero
		}
	}
	if digits == 0 {
		return 0
	}
	if end < len(s) && s[end]|0x20 == exponent {
		j := end + 1
		if j < len(s) && (s[j] == '-' || s[j] == '+') {
			j++
		}
		if j < len(s) && digit(s[j]) < 10 {
			for j < len(s) && digit(s[j]) < 10 {
				j++
			}
			end = j
		}
	}
	return end
}

// parseFloat reads the longest prefix that is a number: how many bytes it has, 0 for none.
func parseFloat(s string) (v float64, used int, err error) {
	skip := len(s) - len(strings.TrimLeft(s, spaces))
	n := floatPrefix(s[skip:])
	if n == 0 {
		return 0, 0, nil
	}
	p := s[skip : skip+n]
	if i := strings.IndexByte(p, '('); i >= 0 {
		p = p[:i]
	}
	unsigned := strings.TrimLeft(p, "+-")
	if strings.HasPrefix(strings.ToLower(unsigned), "nan") {
		return math.Copysign(math.NaN(), map[bool]float64{true: -1, false: 1}[p[0] == '-']), skip + n, nil
	}
	if len(unsigned) > 1 && unsigned[1]|0x20 == 'x' && !strings.ContainsAny(p, "pP") {
		p += "p0"
	}
	v, err = strconv.ParseFloat(p, 64)
	return v, skip + n, err
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
		if !validBase(c.Int(2)) {
			setErrno(c, proc.EINVAL)
		}
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
		if !validBase(c.Int(2)) {
			setErrno(c, proc.EINVAL)
		}
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
				if dir {
					of(c).changeAt(c, atCWD, c.Arg(0), toCreate, func(p string) { done(c, unix.Mkdir(p, 0o700)) })
				} else {
					openHost(c, atCWD, c.Arg(0), 2|openCreate|openExcl, 0o600)
				}
				switch {
				case int64(c.Result()) < 0 && *(*uint32)(mem.Pointer(c.Thread.ErrnoAddress())) == uint32(proc.EEXIST):
				case dir && int64(c.Result()) < 0:
					c.Return(0)
					return
				case dir:
					c.Return(c.Arg(0))
					return
				default:
					return
				}
			}
			if dir {
				c.Return(0)
			}
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
	c.UserCode()
	n, size := c.Arg(1), c.Arg(2)
	if n < 2 || size == 0 {
		return
	}
	base := c.Arg(0)
	over, total := bits.Mul64(n, size)
	if over != 0 || base+total < base {
		total = -base - 1 // no memory is as large
	}
	if _, ok := c.Out(base, total); !ok {
		c.Fault(firstBad(c, base, total, cpu.ProtWrite), cpu.ProtWrite)
		return
	}
	less := func(a, b uint64) bool {
		if withContext {
			return int32(c.Guest(compare, context, a, b)) <= 0
		}
		return int32(c.Guest(compare, a, b)) <= 0
	}
	scratch := of(c).heap.alloc(c, total)
	if scratch == 0 {
		sortInPlace(base, n, size, less)
		return
	}
	defer of(c).heap.free(c, scratch)
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
		copy(mem.Slice(base, total), mem.Slice(scratch, total))
	}
}

// sortInPlace is a heap sort, for what there is no room to merge. ordered says whether the element
// at one address may stand before that at another.
func sortInPlace(base, n, size uint64, ordered func(a, b uint64) bool) {
	at := func(i uint64) uint64 { return base + i*size }
	spare := make([]byte, size)
	swap := func(i, j uint64) {
		a, b := mem.Slice(at(i), size), mem.Slice(at(j), size)
		copy(spare, a)
		copy(a, b)
		copy(b, spare)
	}
	sink := func(i, n uint64) {
		for child := 2*i + 1; child < n; child = 2*i + 1 {
			if child+1 < n && ordered(at(child), at(child+1)) {
				child++
			}
			if ordered(at(child), at(i)) {
				return
			}
			swap(i, child)
			i = child
		}
	}
	for i := n / 2; i > 0; i-- {
		sink(i-1, n)
	}
	for end := n - 1; end > 0; end-- {
		swap(0, end)
		sink(0, end)
	}
}
