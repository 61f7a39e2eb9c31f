//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Character classes (Apple's _ctype.h).
const (
	ctypeAlpha  = 0x100
	ctypeCntrl  = 0x200
	ctypeDigit  = 0x400
	ctypeGraph  = 0x800
	ctypeLower  = 0x1000
	ctypePunct  = 0x2000
	ctypeSpace  = 0x4000
	ctypeUpper  = 0x8000
	ctypeXDigit = 0x10000
	ctypeBlank  = 0x20000
	ctypePrint  = 0x40000
)

// classes is the "C" locale.
func classes(b int) (v uint32) {
	if b < 0 || b > 127 {
		return 0
	}
	set := func(in bool, class uint32) {
		if in {
			v |= class
		}
	}
	up, low, dig := b >= 'A' && b <= 'Z', b >= 'a' && b <= 'z', b >= '0' && b <= '9'
	set(up, ctypeUpper)
	set(low, ctypeLower)
	set(up || low, ctypeAlpha)
	set(dig, ctypeDigit)
	set(dig || b|0x20 >= 'a' && b|0x20 <= 'f', ctypeXDigit)
	set(b == ' ' || b >= 9 && b <= 13, ctypeSpace)
	set(b == ' ' || b == '\t', ctypeBlank)
	set(b < 32 || b == 127, ctypeCntrl)
	set(b >= 32 && b < 127, ctypePrint)
	set(b > 32 && b < 127, ctypeGraph)
	set(b > 32 && b < 127 && !up && !low && !dig, ctypePunct)
	return v
}

func caseMap(b int, upper bool) int {
	switch {
	case upper && b >= 'a' && b <= 'z':
		return b - 32
	case !upper && b >= 'A' && b <= 'Z':
		return b + 32
	}
	return b
}

// runeLocale is _DefaultRuneLocale, whose tables the inline functions of ctype.h read.
var runeLocale = func() []byte {
	const types = 60 // after magic, encoding, two function pointers and the invalid rune
	b := make([]byte, 3400)
	copy(b, "RuneMagA")
	copy(b[8:], "NONE")
	le := binary.LittleEndian
	for i := range 256 {
		le.PutUint32(b[types+4*i:], classes(i))
		le.PutUint32(b[types+1024+4*i:], uint32(caseMap(i, false)))
		le.PutUint32(b[types+2048+4*i:], uint32(caseMap(i, true)))
	}
	return b
}()

func init() {
	for name, class := range map[string]uint32{
		"isalpha": ctypeAlpha, "isdigit": ctypeDigit, "isalnum": ctypeAlpha | ctypeDigit, "isspace": ctypeSpace, "isupper": ctypeUpper,
		"islower": ctypeLower, "ispunct": ctypePunct, "isprint": ctypePrint, "isgraph": ctypeGraph, "iscntrl": ctypeCntrl, "isxdigit": ctypeXDigit, "isblank": ctypeBlank,
	} {
		on(name, func(c *proc.Call) {
			if classes(c.Int(0))&class != 0 {
				c.Return(1)
			}
		})
	}
	on("__maskrune", func(c *proc.Call) { c.Return(uint64(classes(c.Int(0)) & c.Uint32(1))) })
	on("toupper __toupper", func(c *proc.Call) { c.ReturnInt(caseMap(c.Int(0), true)) })
	on("tolower __tolower", func(c *proc.Call) { c.ReturnInt(caseMap(c.Int(0), false)) })
	on("isascii", func(c *proc.Call) {
		if c.Uint32(0) < 128 {
			c.Return(1)
		}
	})
}
