package main

import (
	"fmt"
	"strconv"
	"strings"
)

// number reads a number of at most 64 bits, in decimal, hex (0x), octal (0o) or
// binary (0b), with a sign or with the top bit set.
func number(s string) (int64, error) {
	if v, err := strconv.ParseInt(s, 0, 64); err == nil {
		return v, nil
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 0, 64)
	if err != nil {
		return 0, &usageError{fmt.Errorf("%q is no number", s)}
	}
	return int64(v), nil
}

// isNumber tells numbers from names.
func isNumber(s string) bool {
	_, err := number(s)
	return err == nil
}
