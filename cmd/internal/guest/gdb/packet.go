package gdb

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Bounds of what a debugger may send: a packet of this size holds a page of guest memory in
// hexadecimal and more.
const packetSize = 0x10000

var errTooLong = errors.New("gdb: a packet longer than was agreed on")

// link exchanges packets: $text#checksum, each answered with + or - until both sides agree
// to leave that out.
type link struct {
	in    *bufio.Reader
	mu    sync.Mutex // guards out, last and noAck
	out   io.Writer
	last  []byte
	noAck bool
}

func newLink(rw io.ReadWriter) *link {
	return &link{in: bufio.NewReaderSize(rw, packetSize), out: rw}
}

// interrupt is what receive gives for the byte that a debugger sends for Ctrl-C.
const interrupt = "\x03"

// receive waits for the next packet that came whole.
func (l *link) receive() (string, error) {
	for {
		c, err := l.in.ReadByte()
		if err != nil {
			return "", err
		}
		switch c {
		case 0x03:
			return interrupt, nil
		case '-':
			if err := l.again(); err != nil {
				return "", err
			}
		case '$':
			text, ok, err := l.body()
			if err != nil {
				return "", err
			}
			if err := l.acknowledge(ok); err != nil {
				return "", err
			}
			if ok {
				return text, nil
			}
		}
	}
}

// body reads what follows a $, and says whether its checksum is right.
func (l *link) body() (text string, ok bool, err error) {
	var b []byte
	var sum byte
	for {
		c, err := l.in.ReadByte()
		if err != nil {
			return "", false, err
		}
		if c == '#' {
			break
		}
		sum += c
		if c == '}' {
			if c, err = l.in.ReadByte(); err != nil {
				return "", false, err
			}
			sum += c
			c ^= 0x20
		}
		if b = append(b, c); len(b) > packetSize {
			return "", false, errTooLong
		}
	}
	var check [2]byte
	if _, err := io.ReadFull(l.in, check[:]); err != nil {
		return "", false, err
	}
	want, err := hex.DecodeString(string(check[:]))
	return string(b), err == nil && want[0] == sum, nil
}

func (l *link) acknowledge(ok bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.noAck {
		return nil
	}
	mark := "-"
	if ok {
		mark = "+"
	}
	_, err := io.WriteString(l.out, mark)
	return err
}

func (l *link) again() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.noAck || l.last == nil {
		return nil
	}
	_, err := l.out.Write(l.last)
	return err
}

// send sends a packet.
func (l *link) send(text string) error {
	b := []byte{'$'}
	var sum byte
	for i := range len(text) {
		c := text[i]
		if c == '$' || c == '#' || c == '}' || c == '*' {
			b = append(b, '}', c^0x20)
			sum += '}' + (c ^ 0x20)
			continue
		}
		b = append(b, c)
		sum += c
	}
	b = fmt.Appendf(b, "#%02x", sum)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = b
	_, err := l.out.Write(b)
	return err
}

// dropAcks is for after the answer to QStartNoAckMode.
func (l *link) dropAcks() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noAck = true
}
