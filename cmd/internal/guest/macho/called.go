package macho

// Called lists the imported symbols that code calls: those that the linker made stubs or lazy
// pointers for. known is false where the file does not say which those are.
func (f *File) Called() (symbols map[string]bool, known bool) {
	if len(f.indirect) == 0 {
		return nil, false
	}
	symbols = map[string]bool{}
	for i := range f.Segments {
		for j := range f.Segments[i].Sections {
			s := &f.Segments[i].Sections[j]
			var size uint64
			switch s.Type() {
			case SectionStubs:
				size = uint64(s.StubSize)
			case SectionLazyPointers:
				size = 8
			}
			if size == 0 {
				continue
			}
			known = true
			for n := range min(s.Size/size, uint64(len(f.indirect)/4)) {
				at := 4 * (uint64(s.Indirect) + n)
				if at+4 > uint64(len(f.indirect)) {
					break
				}
				if name, ok := f.symbolName(le.Uint32(f.indirect[at:])); ok {
					symbols[name] = true
				}
			}
		}
	}
	return symbols, known
}

// symbolName is the name of the nth symbol.
func (f *File) symbolName(n uint32) (name string, ok bool) {
	if uint64(n) >= uint64(len(f.symtab))/16 {
		return "", false
	}
	at := le.Uint32(f.symtab[16*uint64(n):])
	if uint64(at) >= uint64(len(f.strtab)) {
		return "", false
	}
	return cString(f.strtab[at:]), true
}
