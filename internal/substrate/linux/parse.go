//go:build linux && (amd64 || arm64)

package linux

import "bytes"

// fields walks over the blank-separated fields of a /proc line.
type fields struct{ rest []byte }

func (f *fields) next() []byte {
	i := 0
	for i < len(f.rest) && (f.rest[i] == ' ' || f.rest[i] == '\t') {
		i++
	}
	start := i
	for i < len(f.rest) && f.rest[i] != ' ' && f.rest[i] != '\t' && f.rest[i] != '\n' {
		i++
	}
	word := f.rest[start:i]
	f.rest = f.rest[i:]
	return word
}

func (f *fields) uint() uint64 {
	n, _ := parseUint(f.next())
	return n
}

func (f *fields) int() int64 { return parseInt(f.next()) }

// parseUint reads decimal digits and gives the rest. An overflow wraps, as
// the kernel's own counters do.
func parseUint(b []byte) (n uint64, rest []byte) {
	i := 0
	for ; i < len(b) && b[i]-'0' < 10; i++ {
		n = n*10 + uint64(b[i]-'0')
	}
	return n, b[i:]
}

func parseInt(b []byte) int64 {
	if len(b) > 0 && b[0] == '-' {
		n, _ := parseUint(b[1:])
		return -int64(n)
	}
	n, _ := parseUint(b)
	return int64(n)
}

// hexDigit maps an ASCII byte to its hexadecimal value, or to 0xff. Maps are
// parsed a digit at a time, so a table is worth its 256 bytes.
var hexDigit = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c - '0'
	}
	for c := byte('a'); c <= 'f'; c++ {
		t[c] = c - 'a' + 10
		t[c-'a'+'A'] = c - 'a' + 10
	}
	return t
}()

// parseHex reads hexadecimal digits, and gives the number of bytes read.
func parseHex(b []byte) (n uint64, used int) {
	for used < len(b) {
		d := hexDigit[b[used]]
		if d == 0xff {
			break
		}
		n = n<<4 | uint64(d)
		used++
	}
	return n, used
}

// eachLine calls f for every line of text without its newline.
func eachLine(text []byte, f func(line []byte)) {
	for len(text) > 0 {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		f(line)
	}
}

// eachKey calls f for every "Key: value" line.
func eachKey(text []byte, f func(key string, value []byte)) {
	eachLine(text, func(line []byte) {
		if i := bytes.IndexByte(line, ':'); i > 0 {
			f(string(line[:i]), bytes.TrimLeft(line[i+1:], " \t"))
		}
	})
}

// kilobytes reads "123 kB" as bytes.
func kilobytes(value []byte) uint64 {
	n, _ := parseUint(value)
	return n << 10
}
