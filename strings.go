package mach

import (
	"strconv"
	"strings"
)

// A named is a constant with its C name. The tables of zstrings.go list the
// constants of a type; where several have one value, the name that String gives
// comes first.
type named struct {
	value int64
	name  string
}

type integer interface {
	~int32 | ~uint32 | ~uint8
}

// UnknownNameError is the error of the Parse functions: the text is neither the
// name of a constant nor what String makes of a number without name.
type UnknownNameError struct {
	Type string // the Go type
	Text string
}

func (e *UnknownNameError) Error() string {
	return "mach: " + strconv.Quote(e.Text) + " is no " + e.Type
}

// nameOf is the name of v, or "".
func nameOf(table []named, v int64) string {
	for i := range table {
		if table[i].value == v {
			return table[i].name
		}
	}
	return ""
}

// enumString is String of a type that counts its values.
func enumString[T integer](table []named, typ string, v T) string {
	if s := nameOf(table, int64(v)); s != "" {
		return s
	}
	return typ + "(" + strconv.FormatInt(int64(v), 10) + ")"
}

// flagsString is String of a type whose values are sets of bits: the names of
// the single bits, joined by "|", and last the bits without name in hex.
func flagsString[T integer](table []named, v T) string {
	rest := bitsOf(v)
	if rest == 0 {
		if s := nameOf(table, 0); s != "" {
			return s
		}
		return "0"
	}
	var b strings.Builder
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if rest&bit == 0 {
			continue
		}
		if s := nameOf(table, int64(T(bit))); s != "" {
			rest &^= bit
			appendFlag(&b, s)
		}
	}
	if rest != 0 {
		appendFlag(&b, "0x"+strconv.FormatUint(uint64(rest), 16))
	}
	return b.String()
}

func appendFlag(b *strings.Builder, s string) {
	if b.Len() > 0 {
		b.WriteByte('|')
	}
	b.WriteString(s)
}

// bitsOf is v without sign.
func bitsOf[T integer](v T) uint32 { return uint32(int64(v)) }

// parseName is the value that s stands for: a name of the table, Type(number)
// or a number.
func parseName[T integer](table []named, typ, s string) (T, error) {
	word := strings.TrimSpace(s)
	for i := range table {
		// The names that begin with a small letter in C have a capital in Go.
		if strings.EqualFold(table[i].name, word) {
			return T(table[i].value), nil
		}
	}
	if inner, ok := strings.CutPrefix(word, typ+"("); ok {
		word = strings.TrimSuffix(inner, ")")
	}
	n, err := strconv.ParseInt(word, 0, 64)
	// A number may be written with or without sign.
	if v := T(n); err == nil && (int64(v) == n || n > 0 && n == int64(bitsOf(v))) {
		return v, nil
	}
	return 0, &UnknownNameError{typ, s}
}

// parseFlags is the value of names and numbers joined by "|".
func parseFlags[T integer](table []named, typ, s string) (T, error) {
	var v T
	for word := range strings.SplitSeq(s, "|") {
		bits, err := parseName[T](table, typ, word)
		if err != nil {
			return 0, &UnknownNameError{typ, s}
		}
		v |= bits
	}
	return v, nil
}
