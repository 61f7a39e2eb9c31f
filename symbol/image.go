package symbol

import (
	"debug/elf"
	"debug/gosym"
	"fmt"
	"io"
	"slices"
	"sort"
)

// image is an image with what was read of it. Addresses in it are those of the file:
// bias is what the process adds.
type image struct {
	Image
	table       *Table
	loaded      bool
	elf         *elf.File
	extraLooked bool
	extra       *elf.File // with the debugging information, if it is a file of its own
	closes      []io.Closer
	macho       *machImage
	bias        uint64
	size        uint64 // from Address on, in memory

	symbols   []function
	symbolled bool
	linked    []linked // of Mach-O files without debugging information of their own
	compact   *compact
	compacted bool
	strings   [2][]byte

	golang   *gosym.Table
	goFrames *goFrames
	goLooked bool

	dwarf       *units
	dwarfLooked bool

	frames       *frames
	framesLooked bool
}

// function is a symbol.
type function struct {
	address, size uint64
	table         uint8 // of strings
	name          uint32
	text          string // in place of them
}

func (m *image) close() error {
	var err error
	for _, c := range m.closes {
		if e := c.Close(); err == nil {
			err = e
		}
	}
	m.closes, m.elf, m.extra = nil, nil, nil
	return err
}

// open opens an ELF file; it is nil if that is none.
func (m *image) open(path string) *elf.File {
	f, err := m.table.options.Open(path)
	if err != nil || f == nil {
		return nil
	}
	if c, ok := f.(io.Closer); ok {
		m.closes = append(m.closes, c)
	}
	e, err := elf.NewFile(f)
	if err != nil || e.Class != elf.ELFCLASS64 || e.Data != elf.ELFDATA2LSB {
		return nil
	}
	return e
}

// load reads the headers.
func (m *image) load() {
	if m.loaded {
		return
	}
	m.loaded = true
	if m.loadMachO() {
		return
	}
	e := m.open(m.Path)
	if e == nil {
		return
	}
	m.elf = e
	low, high := ^uint64(0), uint64(0)
	for _, p := range e.Progs {
		if p.Type == elf.PT_LOAD && p.Vaddr+p.Memsz > p.Vaddr {
			low, high = min(low, p.Vaddr-p.Off%max(p.Align, 1)%4096), max(high, p.Vaddr+p.Memsz)
		}
	}
	if low > high {
		return
	}
	const page = 4095
	low &^= page
	m.bias, m.size = m.Address-low, high-low
}

// lookup is Table.Lookup.
func (m *image) lookup(addr uint64) []Location {
	at := addr - m.bias
	last := Location{Image: m.Path}
	if g := m.goTable(); g != nil {
		if f := g.PCToFunc(at); f != nil {
			last.Function, last.Offset = f.Name, at-f.Entry
			last.File, last.Line, _ = g.PCToLine(at)
		}
	}
	if last.Function == "" {
		if f, ok := m.symbolAt(at); ok {
			last.Function, last.Offset = m.table.demangle(m.name(f)), at-f.address
		}
	}
	u := m.debug()
	if u == nil && m.macho != nil {
		u, at = m.linkedFrom(at)
	}
	if u == nil {
		return []Location{last}
	}
	return u.lookup(at, last, m.table.demangle)
}

// goTable is Go's line table, if the image is a Go program.
func (m *image) goTable() *gosym.Table {
	if m.goLooked {
		return m.golang
	}
	m.goLooked = true
	var data []byte
	var text uint64
	if m.elf != nil {
		s := m.elf.Section(".gopclntab")
		if s == nil {
			s = m.elf.Section(".data.rel.ro.gopclntab")
		}
		if t := m.elf.Section(".text"); s != nil && t != nil {
			data, _ = s.Data()
			text = t.Addr
		}
	} else {
		data, text = m.machoGo()
	}
	if len(data) > 16 {
		text = goText(data, text)
		m.golang, m.goFrames = newGoTable(data, text), newGoFrames(data, text)
	}
	return m.golang
}

// newGoTable is nil for a table that makes no sense.
func newGoTable(data []byte, text uint64) (t *gosym.Table) {
	defer func() {
		if recover() != nil { // gosym trusts what it reads
			t = nil
		}
	}()
	t, err := gosym.NewTable(nil, gosym.NewLineTable(data, text))
	if err != nil {
		return nil
	}
	return t
}

// symbolAt is the function that has an address, or begins before it and has no size.
func (m *image) symbolAt(at uint64) (function, bool) {
	m.readSymbols()
	i := sort.Search(len(m.symbols), func(i int) bool { return m.symbols[i].address > at })
	// One that has ended may stand before one that has not.
	const back = 8
	for j := i - 1; j >= max(0, i-back); j-- {
		if f := m.symbols[j]; f.size == 0 && j == i-1 || at-f.address < f.size {
			return f, true
		}
	}
	return function{}, false
}

func (m *image) name(f function) string {
	if f.text != "" {
		return f.text
	}
	b := m.strings[f.table]
	if uint64(f.name) >= uint64(len(b)) {
		return ""
	}
	b = b[f.name:]
	if i := slices.Index(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// readSymbols collects the functions of an ELF file's symbol tables.
func (m *image) readSymbols() {
	if m.symbolled {
		return
	}
	m.symbolled = true
	if m.elf == nil {
		m.machoSymbols()
	} else {
		m.elfSymbols(m.elf, elf.SHT_DYNSYM, 0)
		full := m.elf
		if full.SectionByType(elf.SHT_SYMTAB) == nil && m.separate() != nil {
			full = m.separate()
		}
		m.elfSymbols(full, elf.SHT_SYMTAB, 1)
	}
	// Several names of one place: the last is the one that gdb takes.
	slices.SortStableFunc(m.symbols, func(a, b function) int {
		switch {
		case a.address != b.address:
			return compare(a.address, b.address)
		case a.table != b.table:
			return compare(uint64(a.table), uint64(b.table))
		case (a.size == 0) != (b.size == 0):
			return compare(min(a.size, 1), min(b.size, 1))
		}
		return compare(uint64(a.name), uint64(b.name))
	})
}

func compare(a, b uint64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

func (m *image) elfSymbols(e *elf.File, kind elf.SectionType, table uint8) {
	const entry = 24 // Elf64_Sym
	s := e.SectionByType(kind)
	if s == nil || s.Type == elf.SHT_NOBITS || int(s.Link) >= len(e.Sections) {
		return
	}
	b, err := s.Data()
	if err != nil {
		return
	}
	names, err := e.Sections[s.Link].Data()
	if err != nil {
		return
	}
	m.strings[table] = names
	order := e.ByteOrder
	for ; len(b) >= entry; b = b[entry:] {
		t := elf.ST_TYPE(b[4])
		section := elf.SectionIndex(order.Uint16(b[6:]))
		if (t != elf.STT_FUNC && t != elf.STT_GNU_IFUNC && t != elf.STT_NOTYPE) || section == elf.SHN_UNDEF || section >= elf.SHN_LORESERVE {
			continue
		}
		name := order.Uint32(b)
		if name == 0 || t == elf.STT_NOTYPE && !m.code(section) {
			continue
		}
		m.symbols = append(m.symbols, function{address: order.Uint64(b[8:]), size: order.Uint64(b[16:]), table: table, name: name})
	}
}

// code reports whether a section has instructions.
func (m *image) code(i elf.SectionIndex) bool {
	return int(i) < len(m.elf.Sections) && m.elf.Sections[i].Flags&elf.SHF_EXECINSTR != 0
}

// separate is the file with the debugging information of one that has none, by its
// build ID: where Linux distributions put them (gdb's manual, "Separate Debug Files").
func (m *image) separate() *elf.File {
	if m.extraLooked {
		return m.extra
	}
	m.extraLooked = true
	s := m.elf.Section(".note.gnu.build-id")
	if s == nil {
		return nil
	}
	const header = 16 // sizes, type, "GNU"
	b, err := s.Data()
	if err != nil || len(b) < header+3 || len(b) > header+64 {
		return nil
	}
	id := b[header:]
	m.extra = m.open(fmt.Sprintf("/usr/lib/debug/.build-id/%02x/%x.debug", id[0], id[1:]))
	return m.extra
}

func hasDWARF(e *elf.File) bool {
	return e != nil && (e.Section(".debug_info") != nil || e.Section(".zdebug_info") != nil)
}

func (m *image) debug() *units {
	if m.dwarfLooked {
		return m.dwarf
	}
	m.dwarfLooked = true
	if m.macho != nil {
		m.dwarf = m.machoDebug()
		return m.dwarf
	}
	if m.elf == nil {
		return nil
	}
	e := m.elf
	if !hasDWARF(e) {
		if e = m.separate(); !hasDWARF(e) {
			return nil
		}
	}
	d, err := e.DWARF()
	if err != nil {
		return nil
	}
	m.dwarf = newUnits(d)
	return m.dwarf
}
