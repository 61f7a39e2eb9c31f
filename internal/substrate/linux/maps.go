//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"iter"

	"golang.org/x/sys/unix"
)

// Perm is a mapping's protection.
type Perm uint8

// The bits of a Perm.
const (
	PermRead Perm = 1 << iota
	PermWrite
	PermExec
	PermShared // writes reach the file or the other processes
)

// String writes it as /proc/PID/maps does: "r-xp".
func (m Perm) String() string {
	b := []byte("---p")
	for i, c := range []byte("rwx") {
		if m>>i&1 != 0 {
			b[i] = c
		}
	}
	if m&PermShared != 0 {
		b[3] = 's'
	}
	return string(b)
}

// Mapping is one line of /proc/PID/maps.
type Mapping struct {
	Start, End uint64
	Perm       Perm
	Offset     uint64 // in the file
	Major      uint32 // the file's device
	Minor      uint32
	Inode      uint64 // 0 for memory without a file
	// Path is the file's name, or a note such as [heap], [stack], [vdso], or
	// empty. A newline in a name stands as \012; " (deleted)" may follow it.
	// In an iteration it is valid until the next step.
	Path []byte
}

// Size gives the mapping's length in bytes.
func (m *Mapping) Size() uint64 { return m.End - m.Start }

// ParseMapping reads one line of a maps file, with or without its newline.
// The Path shares the line's memory.
func ParseMapping(line []byte, m *Mapping) bool {
	start, n := parseHex(line)
	if n == 0 || n >= len(line) || line[n] != '-' {
		return false
	}
	line = line[n+1:]
	end, n := parseHex(line)
	if n == 0 || len(line) < n+6 || line[n] != ' ' || line[n+5] != ' ' {
		return false
	}
	perm := line[n+1 : n+5]
	line = line[n+6:]
	offset, n := parseHex(line)
	if n == 0 || n >= len(line) || line[n] != ' ' {
		return false
	}
	line = line[n+1:]
	major, n := parseHex(line)
	if n == 0 || n >= len(line) || line[n] != ':' {
		return false
	}
	line = line[n+1:]
	minor, n := parseHex(line)
	if n == 0 || n >= len(line) || line[n] != ' ' {
		return false
	}
	line = line[n+1:]
	inode, rest := parseUint(line)
	if len(rest) == len(line) {
		return false
	}
	for len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	if k := len(rest); k > 0 && rest[k-1] == '\n' {
		rest = rest[:k-1]
	}
	*m = Mapping{
		Start: start, End: end, Offset: offset, Inode: inode,
		Major: uint32(major), Minor: uint32(minor), Path: rest,
	}
	if perm[0] == 'r' {
		m.Perm |= PermRead
	}
	if perm[1] == 'w' {
		m.Perm |= PermWrite
	}
	if perm[2] == 'x' {
		m.Perm |= PermExec
	}
	if perm[3] == 's' {
		m.Perm |= PermShared
	}
	return true
}

// Maps iterates over the mappings in ascending order. The Mapping is reused
// from step to step; copy what is to stay (Path too). An error ends the
// iteration. Mappings that change meanwhile may be seen in part, but never
// twice and never out of order.
func (p *Process) Maps() iter.Seq2[*Mapping, error] {
	return func(yield func(*Mapping, error) bool) {
		any := false
		err := p.eachMapping(func(m *Mapping) bool { any = true; return yield(m, nil) })
		if err == nil && !any && p.newBearer() {
			err = p.eachMapping(func(m *Mapping) bool { return yield(m, nil) })
		}
		if err != nil {
			yield(nil, wrap("read mappings of", p.pid, 0, err))
		}
	}
}

func (p *Process) eachMapping(f func(*Mapping) bool) error {
	fd, err := p.openMemory("maps", unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return eachMapping(fd, f)
}

// eachMapping streams the file through one buffer. The kernel hands out a
// page or so at each read, always whole lines, unless a line is longer.
func eachMapping(fd int, f func(*Mapping) bool) error {
	buf := make([]byte, 32<<10)
	var m Mapping
	have := 0
	for {
		if have == len(buf) {
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err := unix.Read(fd, buf[have:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if n <= 0 {
			return nil
		}
		have += n
		text := buf[:have]
		for {
			i := bytes.IndexByte(text, '\n')
			if i < 0 {
				break
			}
			if !ParseMapping(text[:i], &m) {
				return errMalformed
			}
			if !f(&m) {
				return nil
			}
			text = text[i+1:]
		}
		have = copy(buf, text)
	}
}
