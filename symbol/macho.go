package symbol

import (
	"bytes"
	"debug/macho"
	"encoding/binary"
	"io"
	"slices"

	"github.com/gomach/mach/task"
)

// loadMachO reads the headers of a Mach-O image, and reports whether it is one.
func (m *image) loadMachO() bool {
	const header, most = 32, 1 << 20
	b := make([]byte, header)
	if m.table.memory == nil {
		return false
	}
	if n, _ := m.table.memory.ReadMemory(b, m.Address); n < header || binary.LittleEndian.Uint32(b) != macho.Magic64 {
		return false
	}
	count, size := binary.LittleEndian.Uint32(b[16:]), binary.LittleEndian.Uint32(b[20:])
	if size > most || uint64(count)*8 > uint64(size) {
		return true // a Mach-O image of which nothing is known
	}
	commands := make([]byte, size)
	if n, _ := m.table.memory.ReadMemory(commands, m.Address+header); n < len(commands) {
		return true
	}
	x := new(machImage)
	x.parse(commands)
	m.macho = x
	text, ok := x.segment("__TEXT")
	if !ok {
		return true
	}
	m.bias = m.Address - text.Addr
	m.size = text.Memsz
	return true
}

// machImage is what the load commands of a Mach-O image tell. Addresses in it are
// those of the file.
type machImage struct {
	segments []macho.SegmentHeader
	sections []macho.SectionHeader
	symtab   macho.SymtabCmd
	uuid     [16]byte
}

func (x *machImage) segment(name string) (macho.SegmentHeader, bool) {
	for _, s := range x.segments {
		if s.Name == name {
			return s, true
		}
	}
	return macho.SegmentHeader{}, false
}

func (x *machImage) parse(b []byte) {
	le := binary.LittleEndian
	name := func(b []byte) string { return string(bytes.TrimRight(b[:16], "\x00")) }
	for len(b) >= 8 {
		kind, n := le.Uint32(b), le.Uint32(b[4:])
		if n < 8 || uint64(n) > uint64(len(b)) {
			return
		}
		c := b[:n]
		b = b[n:]
		switch {
		case kind == uint32(macho.LoadCmdSegment64) && len(c) >= 72:
			s := macho.SegmentHeader{Name: name(c[8:]), Addr: le.Uint64(c[24:]), Memsz: le.Uint64(c[32:]), Offset: le.Uint64(c[40:]), Filesz: le.Uint64(c[48:])}
			x.segments = append(x.segments, s)
			for c = c[72:]; len(c) >= 80; c = c[80:] {
				x.sections = append(x.sections, macho.SectionHeader{Name: name(c), Seg: name(c[16:]), Addr: le.Uint64(c[32:]), Size: le.Uint64(c[40:])})
			}
		case kind == uint32(macho.LoadCmdSymtab) && len(c) >= 24:
			x.symtab = macho.SymtabCmd{Symoff: le.Uint32(c[8:]), Nsyms: le.Uint32(c[12:]), Stroff: le.Uint32(c[16:]), Strsize: le.Uint32(c[20:])}
		case kind == loadUUID && len(c) >= 24:
			copy(x.uuid[:], c[8:])
		}
	}
}

// memory is a part of the image.
func (m *image) memoryOf(addr, size uint64) []byte {
	const most = 256 << 20
	if size == 0 || size > most {
		return nil
	}
	b, err := io.ReadAll(task.Section(m.table.memory, addr+m.bias, size))
	if err != nil || uint64(len(b)) < size {
		return nil
	}
	return b
}

func (m *image) machoSection(names ...string) ([]byte, uint64) {
	if m.macho == nil {
		return nil, 0
	}
	for _, s := range m.macho.sections {
		if slices.Contains(names, s.Name) {
			return m.memoryOf(s.Addr, s.Size), s.Addr
		}
	}
	return nil, 0
}

func (m *image) machoGo() ([]byte, uint64) {
	b, _ := m.machoSection("__gopclntab")
	if b == nil {
		return nil, 0
	}
	for _, s := range m.macho.sections {
		if s.Name == "__text" {
			return b, s.Addr
		}
	}
	return nil, 0
}

func (m *image) machoCFI() (list []section) {
	if b, addr := m.machoSection("__eh_frame"); b != nil {
		list = append(list, section{b, addr, true})
	}
	return list
}

// machoSymbols reads the symbol table out of __LINKEDIT in memory. The names of C have
// an underscore more there.
func (m *image) machoSymbols() {
	if m.macho == nil {
		return
	}
	link, ok := m.macho.segment("__LINKEDIT")
	t := m.macho.symtab
	if !ok || uint64(t.Symoff) < link.Offset || uint64(t.Stroff) < link.Offset {
		return
	}
	b := m.memoryOf(link.Addr+uint64(t.Symoff)-link.Offset, nlistSize*uint64(t.Nsyms))
	m.strings[0] = m.memoryOf(link.Addr+uint64(t.Stroff)-link.Offset, uint64(t.Strsize))
	m.readLinked(b)
	le := binary.LittleEndian
	for ; len(b) >= nlistSize; b = b[nlistSize:] {
		if b[4]&stabMask != 0 || b[4]&sectionMask != sectionMask {
			continue
		}
		f := function{address: le.Uint64(b[8:]), name: le.Uint32(b)}
		if int(f.name) < len(m.strings[0]) && m.strings[0][f.name] == '_' {
			f.name++
		}
		m.symbols = append(m.symbols, f)
	}
}

// Figures of <mach-o/nlist.h>.
const (
	nlistSize   = 16   // of a struct nlist_64
	stabMask    = 0xe0 // N_STAB
	sectionMask = 0x0e // N_SECT in N_TYPE
)

// unwindInfo is the image's compact unwind information.
func (m *image) unwindInfo() *compact {
	if m.compacted {
		return m.compact
	}
	m.compacted = true
	if text, ok := m.machoText(); ok {
		if b, _ := m.machoSection("__unwind_info"); b != nil {
			m.compact = newCompact(b, text)
		}
	}
	return m.compact
}

func (m *image) machoText() (uint64, bool) {
	if m.macho == nil {
		return 0, false
	}
	s, ok := m.macho.segment("__TEXT")
	return s.Addr, ok
}
