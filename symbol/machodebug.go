package symbol

import (
	"debug/dwarf"
	"debug/macho"
	"encoding/binary"
	"io"
	"path/filepath"
	"slices"
	"sort"

	"github.com/gomach/mach"
)

// The debugging information of a Mach-O image is in its file, as Go's linker leaves it;
// in NAME.dSYM beside it, where dsymutil puts it; or in the object files that it was
// linked from, which its symbol table names (N_OSO of <mach-o/stab.h>).

// stabs of <mach-o/stab.h>.
const (
	stabFunction = 0x24 // N_FUN
	stabObject   = 0x66 // N_OSO
)

// objectFile is one that an image was linked from.
type objectFile struct {
	path    string
	looked  bool
	units   *units
	symbols map[string]uint64
}

// linked is a function as an object file's part of the image.
type linked struct {
	low, size uint64
	name      string
	object    *objectFile
}

// machoDebug is the debugging information of the image's own file, or of its dSYM.
func (m *image) machoDebug() *units {
	for _, path := range []string{m.Path, m.Path + ".dSYM/Contents/Resources/DWARF/" + filepath.Base(m.Path)} {
		f := m.openMachO(path)
		if f == nil || machoUUID(f) != m.macho.uuid {
			continue
		}
		if d := machoDWARF(f); d != nil {
			return newUnits(d)
		}
	}
	return nil
}

// openMachO opens the part of a Mach-O file that is for the table's processor; it is nil
// if there is none.
func (m *image) openMachO(path string) *macho.File {
	r, err := m.table.options.Open(path)
	if err != nil || r == nil {
		return nil
	}
	if c, ok := r.(io.Closer); ok {
		m.closes = append(m.closes, c)
	}
	want := macho.CpuAmd64
	if m.table.cpu == mach.CPU_TYPE_ARM64 {
		want = macho.CpuArm64
	}
	if fat, err := macho.NewFatFile(r); err == nil {
		for _, a := range fat.Arches {
			if a.Cpu == want {
				return a.File
			}
		}
		return nil
	}
	f, err := macho.NewFile(r)
	if err != nil || f.Magic != macho.Magic64 || f.Cpu != want {
		return nil
	}
	return f
}

const loadUUID = 0x1b // LC_UUID of <mach-o/loader.h>

func machoUUID(f *macho.File) (id [16]byte) {
	for _, l := range f.Loads {
		if b := l.Raw(); len(b) >= 24 && binary.LittleEndian.Uint32(b) == loadUUID {
			copy(id[:], b[8:])
		}
	}
	return id
}

// machoDWARF is nil if there is none, or it makes no sense.
func machoDWARF(f *macho.File) (d *dwarf.Data) {
	defer func() {
		if recover() != nil {
			d = nil
		}
	}()
	if f.Section("__debug_info") == nil && f.Section("__zdebug_info") == nil {
		return nil
	}
	d, err := f.DWARF()
	if err != nil {
		return nil
	}
	return d
}

// linkedFrom looks an address of the image up in the object file that it was linked
// from, and gives the file's information with the address there.
func (m *image) linkedFrom(at uint64) (*units, uint64) {
	m.readSymbols()
	i := sort.Search(len(m.linked), func(i int) bool { return m.linked[i].low > at })
	if i == 0 || at-m.linked[i-1].low >= m.linked[i-1].size {
		return nil, 0
	}
	l := m.linked[i-1]
	o := l.object
	if !o.looked {
		o.looked = true
		if f := m.openMachO(o.path); f != nil && f.Symtab != nil {
			if d := machoDWARF(f); d != nil {
				o.units, o.symbols = newUnitsAnywhere(d), map[string]uint64{}
				for _, s := range f.Symtab.Syms {
					if s.Type&stabMask == 0 && s.Type&sectionMask == sectionMask {
						o.symbols[s.Name] = s.Value
					}
				}
			}
		}
	}
	begin, ok := o.symbols[l.name]
	if !ok {
		return nil, 0
	}
	return o.units, begin + at - l.low
}

// readLinked collects the object files and their functions from the symbol table: after
// the file's name come its functions, each with a nameless one that tells the size.
func (m *image) readLinked(b []byte) {
	le := binary.LittleEndian
	var object *objectFile
	for ; len(b) >= nlistSize; b = b[nlistSize:] {
		name := m.name(function{name: le.Uint32(b)})
		switch b[4] {
		case stabObject:
			object = &objectFile{path: name}
		case stabFunction:
			if object == nil {
				continue
			}
			if name != "" {
				m.linked = append(m.linked, linked{low: le.Uint64(b[8:]), name: name, object: object})
			} else if n := len(m.linked); n > 0 {
				m.linked[n-1].size = le.Uint64(b[8:])
			}
		}
	}
	slices.SortStableFunc(m.linked, func(a, b linked) int { return compare(a.low, b.low) })
}
