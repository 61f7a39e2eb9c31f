//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

func sign(n int) uint64 { return uint64(int64(n)) }

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 32
	}
	return b
}

// compare is strcmp on at most n bytes, with each byte put through fold.
func compare(a, b string, n uint64, fold func(byte) byte) uint64 {
	for i := uint64(0); i < n; i++ {
		var x, y byte
		if i < uint64(len(a)) {
			x = fold(a[i])
		}
		if i < uint64(len(b)) {
			y = fold(b[i])
		}
		if x != y {
			return sign(int(x) - int(y))
		}
		if x == 0 {
			break
		}
	}
	return 0
}

func same(b byte) byte { return b }

// upTo is a string argument of which at most n bytes are looked at.
func upTo(c *proc.Call, at, n uint64) string {
	d := directive{precision: int(min(n, 1<<30))}
	if n >= 1<<20 {
		d.precision = -1
	}
	if d.precision < 0 {
		s, _ := cstr(c, at)
		return s
	}
	return d.text(c, at)
}

// copyString stores a string with its end and returns the destination.
func copyString(c *proc.Call, at uint64, s string) bool {
	o, ok := to(c, at, uint64(len(s))+1)
	if ok {
		copy(o, s)
		o[len(s)] = 0
	}
	return ok
}

func init() {
	move := func(c *proc.Call) {
		if c.Return(c.Arg(0)); c.Arg(2) == 0 {
			return
		}
		src, ok := in(c, c.Arg(1), c.Arg(2))
		if !ok {
			return
		}
		if dst, ok := to(c, c.Arg(0), c.Arg(2)); ok {
			copy(dst, src)
		}
	}
	on("memcpy memmove __memcpy_chk __memmove_chk", move)
	on("bcopy", func(c *proc.Call) {
		if src, ok := in(c, c.Arg(0), c.Arg(2)); ok {
			if dst, ok := to(c, c.Arg(1), c.Arg(2)); ok {
				copy(dst, src)
			}
		}
	})
	fill := func(c *proc.Call, b byte, n uint64) {
		if dst, ok := to(c, c.Arg(0), n); ok {
			for i := range dst {
				dst[i] = b
			}
		}
	}
	on("memset __memset_chk", func(c *proc.Call) { c.Return(c.Arg(0)); fill(c, byte(c.Arg(1)), c.Arg(2)) })
	on("bzero __bzero", func(c *proc.Call) { fill(c, 0, c.Arg(1)) })
	on("memset_s", func(c *proc.Call) { fill(c, byte(c.Arg(2)), min(c.Arg(1), c.Arg(3))) })
	for n, name := range map[uint64]string{4: "memset_pattern4", 8: "memset_pattern8", 16: "memset_pattern16"} {
		on(name, func(c *proc.Call) {
			pat, ok := in(c, c.Arg(1), n)
			dst, ok2 := to(c, c.Arg(0), c.Arg(2))
			for i := 0; ok && ok2 && i < len(dst); i += int(n) {
				copy(dst[i:], pat)
			}
		})
	}
	on("memcmp bcmp", func(c *proc.Call) {
		if a, ok := in(c, c.Arg(0), c.Arg(2)); ok {
			if b, ok := in(c, c.Arg(1), c.Arg(2)); ok {
				c.Return(sign(bytes.Compare(a, b)))
			}
		}
	})
	on("memchr", func(c *proc.Call) {
		if b, ok := in(c, c.Arg(0), c.Arg(2)); ok {
			if i := bytes.IndexByte(b, byte(c.Arg(1))); i >= 0 {
				c.Return(c.Arg(0) + uint64(i))
			}
		}
	})
	on("memmem", func(c *proc.Call) {
		a, ok := in(c, c.Arg(0), c.Arg(1))
		b, ok2 := in(c, c.Arg(2), c.Arg(3))
		if i := bytes.Index(a, b); ok && ok2 && i >= 0 {
			c.Return(c.Arg(0) + uint64(i))
		}
	})
	on("strlen", func(c *proc.Call) { s, _ := cstr(c, c.Arg(0)); c.Return(uint64(len(s))) })
	on("strnlen", func(c *proc.Call) { c.Return(uint64(len(upTo(c, c.Arg(0), c.Arg(1))))) })
	on("strcpy __strcpy_chk", func(c *proc.Call) {
		if s, ok := cstr(c, c.Arg(1)); ok && copyString(c, c.Arg(0), s) {
			c.Return(c.Arg(0))
		}
	})
	on("stpcpy __stpcpy_chk", func(c *proc.Call) {
		if s, ok := cstr(c, c.Arg(1)); ok && copyString(c, c.Arg(0), s) {
			c.Return(c.Arg(0) + uint64(len(s)))
		}
	})
	on("strncpy __strncpy_chk stpncpy", func(c *proc.Call) {
		s := upTo(c, c.Arg(1), c.Arg(2))
		if dst, ok := to(c, c.Arg(0), c.Arg(2)); ok {
			clear(dst[copy(dst, s):])
			if c.Return(c.Arg(0)); plain(c.Symbol) == "stpncpy" {
				c.Return(c.Arg(0) + uint64(len(s)))
			}
		}
	})
	concat := func(c *proc.Call, s string) {
		if d, ok := cstr(c, c.Arg(0)); ok && copyString(c, c.Arg(0)+uint64(len(d)), s) {
			c.Return(c.Arg(0))
		}
	}
	on("strcat __strcat_chk", func(c *proc.Call) {
		if s, ok := cstr(c, c.Arg(1)); ok {
			concat(c, s)
		}
	})
	on("strncat __strncat_chk", func(c *proc.Call) { concat(c, upTo(c, c.Arg(1), c.Arg(2))) })
	on("strlcpy __strlcpy_chk", func(c *proc.Call) {
		s, ok := cstr(c, c.Arg(1))
		if n := c.Arg(2); ok && n > 0 {
			copyString(c, c.Arg(0), s[:min(uint64(len(s)), n-1)])
		}
		c.Return(uint64(len(s)))
	})
	on("strlcat __strlcat_chk", func(c *proc.Call) {
		s, ok := cstr(c, c.Arg(1))
		d := upTo(c, c.Arg(0), c.Arg(2))
		if room := c.Arg(2) - uint64(len(d)); ok && room > 0 {
			copyString(c, c.Arg(0)+uint64(len(d)), s[:min(uint64(len(s)), room-1)])
		}
		c.Return(uint64(len(d) + len(s)))
	})
	cmp := func(limit bool, fold func(byte) byte) func(*proc.Call) {
		return func(c *proc.Call) {
			n := ^uint64(0)
			if limit {
				n = c.Arg(2)
			}
			a := upTo(c, c.Arg(0), n)
			if c.Over() {
				return
			}
			b := upTo(c, c.Arg(1), n)
			c.Return(compare(a, b, n, fold))
		}
	}
	on("strcmp strcoll", cmp(false, same))
	on("strncmp", cmp(true, same))
	on("strcasecmp", cmp(false, lower))
	on("strncasecmp", cmp(true, lower))
	find := func(f func(s string, ch byte) int) func(*proc.Call) {
		return func(c *proc.Call) {
			s, ok := cstr(c, c.Arg(0))
			i := f(s, byte(c.Arg(1)))
			if ch := byte(c.Arg(1)); ch == 0 {
				i = len(s)
			}
			if ok && i >= 0 {
				c.Return(c.Arg(0) + uint64(i))
			}
		}
	}
	on("strchr index", find(strings.IndexByte))
	on("strrchr rindex", find(strings.LastIndexByte))
	two := func(name string, f func(c *proc.Call, a, b string)) {
		on(name, func(c *proc.Call) {
			if a, ok := cstr(c, c.Arg(0)); ok {
				if b, ok := cstr(c, c.Arg(1)); ok {
					f(c, a, b)
				}
			}
		})
	}
	two("strstr", func(c *proc.Call, a, b string) {
		if i := strings.Index(a, b); i >= 0 {
			c.Return(c.Arg(0) + uint64(i))
		}
	})
	two("strcasestr", func(c *proc.Call, a, b string) {
		if i := strings.Index(strings.ToLower(a), strings.ToLower(b)); i >= 0 {
			c.Return(c.Arg(0) + uint64(i))
		}
	})
	spn := func(s, set string, in bool) int {
		for i := range len(s) {
			if (strings.IndexByte(set, s[i]) >= 0) != in {
				return i
			}
		}
		return len(s)
	}
	two("strspn", func(c *proc.Call, a, b string) { c.ReturnInt(spn(a, b, true)) })
	two("strcspn", func(c *proc.Call, a, b string) { c.ReturnInt(spn(a, b, false)) })
	two("strpbrk", func(c *proc.Call, a, b string) {
		if i := spn(a, b, false); i < len(a) {
			c.Return(c.Arg(0) + uint64(i))
		}
	})
	tokenize := func(c *proc.Call, start uint64, set string, state *uint64) {
		if start == 0 {
			start = *state
		}
		if start == 0 {
			return
		}
		s, ok := cstr(c, start)
		if !ok {
			return
		}
		skip := spn(s, set, true)
		if skip == len(s) {
			*state = 0
			return
		}
		n := spn(s[skip:], set, false)
		end := start + uint64(skip+n)
		*state = 0
		if skip+n < len(s) {
			if o, ok := to(c, end, 1); ok {
				o[0] = 0
			}
			*state = end + 1
		}
		c.Return(start + uint64(skip))
	}
	on("strtok", func(c *proc.Call) {
		if set, ok := cstr(c, c.Arg(1)); ok {
			tokenize(c, c.Arg(0), set, &of(c).token)
		}
	})
	on("strtok_r", func(c *proc.Call) {
		if set, ok := cstr(c, c.Arg(1)); ok {
			if p := proc.At[uint64](c, c.Arg(2)); p != nil {
				tokenize(c, c.Arg(0), set, p)
			}
		}
	})
	on("strsep", func(c *proc.Call) {
		p := proc.At[uint64](c, c.Arg(0))
		set, ok := cstr(c, c.Arg(1))
		if p == nil || !ok || *p == 0 {
			return
		}
		s, ok := cstr(c, *p)
		if !ok {
			return
		}
		c.Return(*p)
		n := spn(s, set, false)
		if n == len(s) {
			*p = 0
			return
		}
		if o, ok := to(c, *p+uint64(n), 1); ok {
			o[0] = 0
			*p += uint64(n) + 1
		}
	})
	on("strdup", func(c *proc.Call) {
		if s, ok := cstr(c, c.Arg(0)); ok {
			c.Return(of(c).duplicate(c, []byte(s+"\x00")))
		}
	})
	on("strndup", func(c *proc.Call) {
		s := upTo(c, c.Arg(0), c.Arg(1))
		if uint64(len(s)) > c.Arg(1) {
			s = s[:c.Arg(1)]
		}
		c.Return(of(c).duplicate(c, []byte(s+"\x00")))
	})
	on("strerror", func(c *proc.Call) {
		c.Return(static(c, "strerror "+itoa(max(c.Int(0), 0)), []byte(errorText(c.Int(0))+"\x00")))
	})
	on("strerror_r", func(c *proc.Call) {
		s := errorText(c.Int(0))
		if uint64(len(s)) >= c.Arg(2) {
			c.Return(uint64(proc.ERANGE))
			return
		}
		copyString(c, c.Arg(1), s)
	})
	on("strsignal", func(c *proc.Call) {
		c.Return(static(c, "strsignal "+itoa(max(c.Int(0), 0)), []byte("Signal "+itoa(max(c.Int(0), 0))+"\x00")))
	})
}
