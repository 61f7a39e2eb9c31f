package main

import (
	"debug/elf"
	"debug/gosym"
	"debug/macho"
	"sort"
	"strings"
)

// symbols are the functions of a file by address.
type symbols struct {
	base uint64 // where the file is to begin, by itself
	end  uint64 // and to end; 0 if that is not told
	list []symbol
}

type symbol struct {
	addr uint64
	name string
}

// table is symbols of a file that is somewhere else than it says.
type table struct {
	*symbols
	slide uint64
}

// name is the function that pc is in, or "".
func (t table) name(pc uint64) string {
	if t.symbols == nil {
		return ""
	}
	pc -= t.slide
	i := sort.Search(len(t.list), func(i int) bool { return t.list[i].addr > pc })
	if i == 0 {
		return ""
	}
	return t.list[i-1].name
}

// readSymbols reads a file's symbol table. A file that cannot be read, such as a
// library that is in the shared cache only, has none.
func readSymbols(path string) *symbols {
	s := &symbols{}
	if f, err := macho.Open(path); err == nil {
		defer f.Close()
		s.macho(f)
	} else if f, err := macho.OpenFat(path); err == nil {
		defer f.Close()
		for _, a := range f.Arches {
			if isOwn(a.Cpu) {
				s.macho(a.File)
			}
		}
	} else if f, err := elf.Open(path); err == nil {
		defer f.Close()
		s.elf(f)
	}
	sort.Slice(s.list, func(i, j int) bool { return s.list[i].addr < s.list[j].addr })
	return s
}

func (s *symbols) macho(f *macho.File) {
	if text := f.Segment("__TEXT"); text != nil {
		s.base, s.end = text.Addr, text.Addr+text.Memsz
	}
	if f.Symtab == nil {
		f.Symtab = new(macho.Symtab)
	}
	const inSection, debugging = 0x0e, 0xe0 // of n_type
	for _, x := range f.Symtab.Syms {
		if x.Type&inSection == inSection && x.Type&debugging == 0 {
			s.list = append(s.list, symbol{x.Value, strings.TrimPrefix(x.Name, "_")})
		}
	}
	if text, lines := f.Section("__text"), f.Section("__gopclntab"); len(s.list) == 0 && text != nil && lines != nil {
		data, _ := lines.Data()
		s.golang(data, text.Addr)
	}
}

func (s *symbols) elf(f *elf.File) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Off == 0 {
			s.base = p.Vaddr
		}
		if p.Type == elf.PT_LOAD {
			s.end = max(s.end, p.Vaddr+p.Memsz)
		}
	}
	list, err := f.Symbols()
	stripped := err != nil
	if stripped {
		list, _ = f.DynamicSymbols()
	}
	for _, x := range list {
		if elf.ST_TYPE(x.Info) == elf.STT_FUNC && x.Section != elf.SHN_UNDEF {
			s.list = append(s.list, symbol{x.Value, x.Name})
		}
	}
	if text, lines := f.Section(".text"), f.Section(".gopclntab"); stripped && text != nil && lines != nil {
		data, _ := lines.Data()
		s.golang(data, text.Addr)
	}
}

// golang reads the table that stays in a Go program whose symbols were stripped.
func (s *symbols) golang(lines []byte, text uint64) {
	t, err := gosym.NewTable(nil, gosym.NewLineTable(lines, text))
	if err != nil {
		return
	}
	for _, f := range t.Funcs {
		s.list = append(s.list, symbol{f.Entry, f.Name})
	}
}
