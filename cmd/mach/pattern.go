package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/spf13/cobra"
)

// pattern is a row of bytes, some of which may be anything.
type pattern struct {
	bytes []byte
	mask  []byte // 0 where a byte may be anything, 0xff elsewhere
	// The longest part without gaps.
	solid, solidAt int
}

// textFlags adds --string and --utf16, which say how bytes are written.
func textFlags(c *cobra.Command) (read func(s string, gaps bool) (pattern, error)) {
	text := c.Flags().BoolP("string", "s", false, "the bytes are written as text")
	wide := c.Flags().BoolP("utf16", "u", false, "the same, as UTF-16, little-endian")
	c.MarkFlagsMutuallyExclusive("string", "utf16")
	return func(s string, gaps bool) (pattern, error) {
		switch {
		case *text:
			return solidPattern([]byte(s))
		case *wide:
			var b []byte
			for _, u := range utf16.Encode([]rune(s)) {
				b = binary.LittleEndian.AppendUint16(b, u)
			}
			return solidPattern(b)
		}
		return hexPattern(s, gaps)
	}
}

var errNoBytes = &usageError{errors.New("no bytes are given")}

func solidPattern(b []byte) (pattern, error) {
	if len(b) == 0 {
		return pattern{}, errNoBytes
	}
	return pattern{b, bytes.Repeat([]byte{0xff}, len(b)), len(b), 0}, nil
}

// hexPattern reads bytes in hex, with or without spaces and 0x; ?? is any byte where
// gaps are permitted.
func hexPattern(s string, gaps bool) (p pattern, err error) {
	digits := strings.Join(strings.Fields(strings.TrimPrefix(s, "0x")), "")
	wrong := func() (pattern, error) {
		hint := `"de ad be ef"`
		if gaps {
			hint = `"de ad ?? ef"`
		}
		return pattern{}, &usageError{fmt.Errorf("%q are no bytes in hex: write %s, or give --string or --utf16", s, hint)}
	}
	if len(digits)%2 != 0 {
		return wrong()
	}
	for ; digits != ""; digits = digits[2:] {
		if gaps && digits[:2] == "??" {
			p.bytes, p.mask = append(p.bytes, 0), append(p.mask, 0)
			continue
		}
		b, err := hex.DecodeString(digits[:2])
		if err != nil {
			return wrong()
		}
		p.bytes, p.mask = append(p.bytes, b[0]), append(p.mask, 0xff)
	}
	for at := 0; at < len(p.mask); at++ {
		n := 0
		for at+n < len(p.mask) && p.mask[at+n] != 0 {
			n++
		}
		if n > p.solid {
			p.solid, p.solidAt = n, at
		}
		at += n
	}
	if p.solid == 0 {
		return pattern{}, errNoBytes
	}
	return p, nil
}

// index is where the pattern begins in b, at from or behind; -1 if it does not. It jumps
// from one place of the pattern's rarest byte to the next, which takes a fraction of the
// time that the memory took to be read; where that byte is not rare, the longest part
// without gaps is looked for instead.
func (p pattern) index(b []byte, from int) int {
	const patience = 64 // bytes that a place of the rare byte has to save
	at := p.rarest()
	start, failed := from, 0
	for from+len(p.bytes) <= len(b) {
		i := bytes.IndexByte(b[from+at:len(b)-len(p.bytes)+at+1], p.bytes[at])
		if i < 0 {
			return -1
		}
		from += i
		if p.matches(b[from:]) {
			return from
		}
		from++
		if failed++; failed > 16+(from-start)/patience {
			return p.indexSolid(b, from)
		}
	}
	return -1
}

// rarest is the place of the byte that memory has least of, by what is known without a
// look at it: zeros are everywhere, then come ones and text.
func (p pattern) rarest() (at int) {
	best := 1 << 8
	for i, b := range p.bytes {
		often := 0
		switch {
		case p.mask[i] == 0:
			continue
		case b == 0:
			often = 4
		case b == 0xff, b == ' ', b == 'e', b == 't':
			often = 3
		case b < 16, b >= 'a' && b <= 'z':
			often = 2
		case b < 0x80:
			often = 1
		}
		if often < best {
			best, at = often, i
		}
	}
	return at
}

func (p pattern) indexSolid(b []byte, from int) int {
	solid := p.bytes[p.solidAt : p.solidAt+p.solid]
	for from+len(p.bytes) <= len(b) {
		i := bytes.Index(b[from+p.solidAt:], solid)
		if i < 0 {
			return -1
		}
		from += i
		if from+len(p.bytes) <= len(b) && p.matches(b[from:]) {
			return from
		}
		from++
	}
	return -1
}

func (p pattern) matches(b []byte) bool {
	for i, want := range p.bytes {
		if b[i]&p.mask[i] != want {
			return false
		}
	}
	return true
}
