package macho

import "bytes"

// Load commands.
const (
	lcSymtab         = 0x2
	lcUnixThread     = 0x5
	lcDysymtab       = 0xb
	lcLoadDylib      = 0xc
	lcSegment64      = 0x19
	lcUUID           = 0x1b
	lcLoadWeakDylib  = 0x18 | reqDyld
	lcReexportDylib  = 0x1f | reqDyld
	lcLazyLoadDylib  = 0x20
	lcDyldInfo       = 0x22
	lcDyldInfoOnly   = 0x22 | reqDyld
	lcUpwardDylib    = 0x23 | reqDyld
	lcVersionMin     = 0x24
	lcMain           = 0x28 | reqDyld
	lcBuildVersion   = 0x32
	lcExportsTrie    = 0x33 | reqDyld
	lcChainedFixups  = 0x34 | reqDyld
	sectionSize      = 80
	segmentSize      = 72
	threadStateX8664 = 4
	threadStateARM64 = 6
)

func (f *File) command(cmd uint32, b []byte) (err error) {
	need := func(n int) bool {
		if len(b) < n {
			err = bad("load command %#x has %d bytes", cmd, len(b))
			return false
		}
		return true
	}
	switch cmd {
	case lcSegment64:
		return f.segment(b)
	case lcSymtab:
		if need(24) {
			if f.symtab, err = f.part(uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:]))*16); err == nil {
				f.strtab, err = f.part(uint64(le.Uint32(b[16:])), uint64(le.Uint32(b[20:])))
			}
		}
	case lcDysymtab:
		if need(80) {
			f.indirect, err = f.part(uint64(le.Uint32(b[56:])), uint64(le.Uint32(b[60:]))*4)
		}
	case lcLoadDylib, lcLoadWeakDylib, lcReexportDylib, lcLazyLoadDylib, lcUpwardDylib:
		if need(24) {
			at := le.Uint32(b[8:])
			if at < 24 || uint64(at) > uint64(len(b)) {
				return bad("library name at %d of %d bytes", at, len(b))
			}
			f.Dylibs = append(f.Dylibs, cString(b[at:]))
		}
	case lcDyldInfo, lcDyldInfoOnly:
		if need(48) {
			for i, to := range []*[]byte{&f.rebase, &f.bind, &f.weakBind, &f.lazyBind, &f.exportTrie} {
				if *to, err = f.part(uint64(le.Uint32(b[8+8*i:])), uint64(le.Uint32(b[12+8*i:]))); err != nil {
					return err
				}
			}
		}
	case lcChainedFixups:
		if need(16) {
			f.chained, err = f.part(uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:])))
		}
	case lcExportsTrie:
		if need(16) {
			f.exportTrie, err = f.part(uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:])))
		}
	case lcMain:
		if need(24) {
			f.HasMain, f.Entry, f.StackSize = true, le.Uint64(b[8:]), le.Uint64(b[16:])
		}
	case lcUnixThread:
		return f.unixThread(b)
	case lcUUID:
		if need(24) {
			copy(f.UUID[:], b[8:])
		}
	case lcBuildVersion:
		if need(20) {
			f.MinOS, f.SDK = le.Uint32(b[12:]), le.Uint32(b[16:])
		}
	case lcVersionMin:
		if need(16) {
			f.MinOS, f.SDK = le.Uint32(b[8:]), le.Uint32(b[12:])
		}
	}
	return err
}

// part is a range of the file.
func (f *File) part(offset, size uint64) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	if offset > uint64(len(f.Data)) || size > uint64(len(f.Data))-offset {
		return nil, bad("%d bytes at %#x lie outside the file", size, offset)
	}
	return f.Data[offset : offset+size], nil
}

func (f *File) segment(b []byte) error {
	if len(b) < segmentSize {
		return bad("segment command of %d bytes", len(b))
	}
	if len(f.Segments) == maxSegments {
		return bad("more than %d segments", maxSegments)
	}
	s := Segment{Name: fixed(b[8:24]), Addr: le.Uint64(b[24:]), Size: le.Uint64(b[32:]), Offset: le.Uint64(b[40:]), FileSize: le.Uint64(b[48:]), MaxProt: le.Uint32(b[56:]), Prot: le.Uint32(b[60:])}
	if s.Size > maxVMSize || s.Addr+s.Size < s.Addr || s.Addr+s.Size > addressEnd {
		return bad("segment %s has %#x bytes at %#x", s.Name, s.Size, s.Addr)
	}
	if s.FileSize > s.Size && s.Size != 0 {
		return bad("segment %s has more bytes in the file than in memory", s.Name)
	}
	if _, err := f.part(s.Offset, s.FileSize); err != nil {
		return err
	}
	n := le.Uint32(b[64:])
	if uint64(n)*sectionSize > uint64(len(b)-segmentSize) {
		return bad("segment %s claims %d sections", s.Name, n)
	}
	for i := range int(n) {
		e := b[segmentSize+i*sectionSize:]
		sec := Section{Name: fixed(e[:16]), Segment: fixed(e[16:32]), Addr: le.Uint64(e[32:]), Size: le.Uint64(e[40:]), Offset: uint64(le.Uint32(e[48:])), Align: le.Uint32(e[52:]), Flags: le.Uint32(e[64:]), Indirect: le.Uint32(e[68:]), StubSize: le.Uint32(e[72:])}
		if s.Size != 0 && (sec.Addr < s.Addr || sec.Size > s.Size || sec.Addr-s.Addr > s.Size-sec.Size) {
			return bad("section %s lies outside of segment %s", sec.Name, s.Name)
		}
		s.Sections = append(s.Sections, sec)
	}
	f.Segments = append(f.Segments, s)
	return nil
}

// unixThread takes the program counter out of the initial register state.
func (f *File) unixThread(b []byte) error {
	if len(b) < 16 {
		return bad("thread command of %d bytes", len(b))
	}
	flavor, state := le.Uint32(b[8:]), b[16:]
	var at int
	switch {
	case f.CPU == CPUAMD64 && flavor == threadStateX8664:
		at = 16 * 8
	case f.CPU == CPUARM64 && flavor == threadStateARM64:
		at = 32 * 8
	default:
		return bad("thread state of flavor %d", flavor)
	}
	if len(state) < at+8 {
		return bad("thread state of %d bytes", len(state))
	}
	f.UnixThread, f.Entry = true, le.Uint64(state[at:])
	return nil
}

// Symbols calls fn for each symbol until it answers false.
func (f *File) Symbols(fn func(Symbol) bool) {
	for t := f.symtab; len(t) >= 16; t = t[16:] {
		s := Symbol{Type: t[4], Desc: le.Uint16(t[6:]), Addr: le.Uint64(t[8:])}
		if at := le.Uint32(t); uint64(at) < uint64(len(f.strtab)) {
			s.Name = cString(f.strtab[at:])
		}
		if !fn(s) {
			return
		}
	}
}

// fixed is a name in a field of fixed size.
func fixed(b []byte) string { return cString(b) }

func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
