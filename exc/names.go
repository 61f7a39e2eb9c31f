package exc

import (
	"strconv"
	"strings"

	"github.com/gomach/mach"
)

// A name is a constant of C.
type name[T ~int | ~uint32] struct {
	value T
	text  string
}

// nameIn is the first name of v, or Type(number).
func nameIn[T ~int | ~uint32](names []name[T], typ string, v T) string {
	for i := range names {
		if names[i].value == v {
			return names[i].text
		}
	}
	return typ + "(" + strconv.FormatInt(int64(v), 10) + ")"
}

// parseIn is the value of a name, of Type(number), or of a number.
func parseIn[T ~int | ~uint32](names []name[T], typ, s string) (T, error) {
	word := strings.TrimSpace(s)
	for i := range names {
		if strings.EqualFold(names[i].text, word) {
			return names[i].value, nil
		}
	}
	if inner, is := strings.CutPrefix(word, typ+"("); is {
		word = strings.TrimSuffix(inner, ")")
	}
	n, err := strconv.ParseInt(word, 0, 64)
	if v := T(n); err == nil && int64(v) == n {
		return v, nil
	}
	return 0, &mach.UnknownNameError{Type: "exc." + typ, Text: s}
}
