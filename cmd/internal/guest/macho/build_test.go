package macho

import "bytes"

// image builds small Mach-O files for tests.
type image struct {
	cpu      uint32
	commands [][]byte
	tail     bytes.Buffer // what follows the load commands, from offset tailAt
}

// tailAt leaves room for the header and the commands.
const tailAt = 4096

func u32(v ...uint32) (b []byte) {
	for _, x := range v {
		b = le.AppendUint32(b, x)
	}
	return b
}

func u64(v ...uint64) (b []byte) {
	for _, x := range v {
		b = le.AppendUint64(b, x)
	}
	return b
}

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func name16(s string) []byte {
	b := make([]byte, 16)
	copy(b, s)
	return b
}

// add appends a command of a kind.
func (m *image) add(cmd uint32, body ...[]byte) {
	b := cat(body...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	m.commands = append(m.commands, cat(u32(cmd, uint32(8+len(b))), b))
}

// segment adds a segment whose contents go to the tail.
func (m *image) segment(name string, addr, size uint64, prot uint32, contents []byte, sections ...[]byte) {
	at := uint64(0)
	if len(contents) > 0 {
		at = m.put(contents)
	}
	m.add(lcSegment64, name16(name), u64(addr, size, at, uint64(len(contents))), u32(prot, prot, uint32(len(sections)), 0), cat(sections...))
}

func section(name, segment string, addr, size uint64, flags uint32) []byte {
	return cat(name16(name), name16(segment), u64(addr, size), u32(0, 3, 0, 0, flags, 0, 0, 0))
}

// put stores bytes and returns their offset in the file.
func (m *image) put(b []byte) uint64 {
	at := tailAt + m.tail.Len()
	m.tail.Write(b)
	for m.tail.Len()%8 != 0 {
		m.tail.WriteByte(0)
	}
	return uint64(at)
}

func (m *image) bytes() []byte {
	c := cat(m.commands...)
	head := cat(u32(magic64, m.cpu, 0, TypeExecute, uint32(len(m.commands)), uint32(len(c)), FlagPIE, 0), c)
	return cat(head, make([]byte, tailAt-len(head)), m.tail.Bytes())
}

const (
	textAddr = 0x100000000
	dataAddr = 0x100004000
)

// simple is an image with __TEXT and a __DATA of some pointers.
func simple(data []byte) *image {
	m := &image{cpu: CPUARM64}
	m.add(lcSegment64, name16("__PAGEZERO"), u64(0, textAddr, 0, 0), u32(0, 0, 0, 0))
	m.segment("__TEXT", textAddr, 0x4000, 5, nil)
	m.segment("__DATA", dataAddr, 0x4000, 3, data, section("__data", "__DATA", dataAddr, uint64(len(data)), 0))
	m.add(lcLoadDylib, u32(24, 0, 0, 0), []byte("/usr/lib/libSystem.B.dylib\x00"))
	m.add(lcMain, u64(0x100, 0))
	return m
}
