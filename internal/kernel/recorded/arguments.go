package recorded

import "strconv"

// arguments are the words of an operation behind its name.
type arguments struct {
	a     *actor
	words []string
}

// text takes the next word; a missing one is 0.
func (x *arguments) text() string {
	if len(x.words) == 0 {
		return "0"
	}
	w := x.words[0]
	x.words = x.words[1:]
	return w
}

// wide takes a 64-bit number, narrow one that is cut to 32 bits.
func (x *arguments) wide() uint64   { return x.a.value(x.text()) }
func (x *arguments) narrow() uint64 { return uint64(uint32(x.wide())) }

// value reads a number, "vN" (a variable), "wN" (its value with a wrong
// generation) or "s" (the task's own port).
func (a *actor) value(w string) uint64 {
	if w == "s" {
		return uint64(a.self)
	}
	if len(w) > 1 && (w[0] == 'v' || w[0] == 'w') {
		i, err := strconv.ParseUint(w[1:], 10, 32)
		if err != nil {
			return 0
		}
		v := a.vars[i%variables]
		if w[0] == 'w' {
			v ^= 4
		}
		return uint64(v)
	}
	if v, err := strconv.ParseUint(w, 0, 64); err == nil {
		return v
	}
	v, _ := strconv.ParseInt(w, 0, 64)
	return uint64(v)
}
