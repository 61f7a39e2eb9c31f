package macho

// Pointer formats of chained fixups (xnu EXTERNAL_HEADERS/mach-o/fixup-chains.h).
const (
	ptrARM64E           = 1
	ptr64               = 2
	ptr64Offset         = 6
	ptrARM64EUserland   = 9
	ptrARM64EUserland24 = 12
	pageNone            = 0xffff
	pageMulti           = 0x8000
)

// chainedImport is one symbol that chained pointers refer to by number.
type chainedImport struct {
	symbol  string
	ordinal int
	weak    bool
	addend  int64
}

// chains walks the linked lists of pointers that LC_DYLD_CHAINED_FIXUPS describes.
func (f *File) chains(fn func(Fixup) error) error {
	c := f.chained
	if len(c) < 28 {
		return bad("chained fixups header of %d bytes", len(c))
	}
	if v := le.Uint32(c); v != 0 {
		return bad("chained fixups of version %d", v)
	}
	imports, err := chainedImports(c)
	if err != nil {
		return err
	}
	starts := uint64(le.Uint32(c[4:]))
	if starts+4 > uint64(len(c)) {
		return bad("chain starts at %#x", starts)
	}
	image := c[starts:]
	n := uint64(le.Uint32(image))
	if n > uint64(len(f.Segments)) || 4+4*n > uint64(len(image)) {
		return bad("chain starts for %d segments of %d", n, len(f.Segments))
	}
	left := len(f.Data) // no file has more pointers than bytes
	for i := range n {
		at := uint64(le.Uint32(image[4+4*i:]))
		if at == 0 {
			continue
		}
		if at+22 > uint64(len(image)) {
			return bad("chain starts of segment %d at %#x", i, at)
		}
		if err := f.segmentChains(&f.Segments[i], image[at:], imports, &left, fn); err != nil {
			return err
		}
	}
	return nil
}

func chainedImports(c []byte) ([]chainedImport, error) {
	at, names, n, format := uint64(le.Uint32(c[8:])), uint64(le.Uint32(c[12:])), uint64(le.Uint32(c[16:])), le.Uint32(c[20:])
	if le.Uint32(c[24:]) != 0 {
		return nil, bad("compressed symbol names in chained fixups")
	}
	size := map[uint32]uint64{1: 4, 2: 8, 3: 16}[format]
	if size == 0 {
		return nil, bad("chained imports of format %d", format)
	}
	if at > uint64(len(c)) || names > uint64(len(c)) || n > (uint64(len(c))-at)/size {
		return nil, bad("%d chained imports at %#x", n, at)
	}
	imports := make([]chainedImport, n)
	for i := range imports {
		e := c[at+uint64(i)*size:]
		var imp chainedImport
		var name uint64
		if format == 3 {
			v := le.Uint64(e)
			imp.ordinal, imp.weak, name, imp.addend = int(int16(v)), v>>16&1 != 0, v>>32, int64(le.Uint64(e[8:]))
		} else {
			v := le.Uint32(e)
			imp.ordinal, imp.weak, name = int(int8(v)), v>>8&1 != 0, uint64(v>>9)
			// Ordinals above 0xf0 are the special negative ones; below, all 8 bits count.
			if b := int(uint8(v)); b < 0xf0 {
				imp.ordinal = b
			}
			if format == 2 {
				imp.addend = int64(int32(le.Uint32(e[4:])))
			}
		}
		if names+name >= uint64(len(c)) {
			return nil, bad("name of chained import %d at %#x", i, name)
		}
		imp.symbol = cString(c[names+name:])
		imports[i] = imp
	}
	return imports, nil
}

func (f *File) segmentChains(s *Segment, starts []byte, imports []chainedImport, left *int, fn func(Fixup) error) error {
	pageSize, format, pages := uint64(le.Uint16(starts[4:])), le.Uint16(starts[6:]), uint64(le.Uint16(starts[20:]))
	if pageSize == 0 || 22+2*pages > uint64(len(starts)) {
		return bad("chains of segment %s: %d pages of %d bytes", s.Name, pages, pageSize)
	}
	var stride uint64
	switch format {
	case ptr64, ptr64Offset:
		stride = 4
	case ptrARM64E, ptrARM64EUserland, ptrARM64EUserland24:
		stride = 8
	default:
		return bad("chained pointers of format %d", format)
	}
	base, _ := f.Span()
	for p := range pages {
		start := uint64(le.Uint16(starts[22+2*p:]))
		if start == pageNone {
			continue
		}
		if start&pageMulti != 0 {
			return bad("several chains in a page of a 64-bit image")
		}
		for at := p*pageSize + start; ; {
			if *left--; *left < 0 {
				return bad("more fixups than the file has bytes")
			}
			if at+8 > s.FileSize {
				return bad("chained pointer at %#x of segment %s, which has %#x bytes", at, s.Name, s.FileSize)
			}
			x, next, err := decodePointer(le.Uint64(f.Data[s.Offset+at:]), format, base, imports)
			if err != nil {
				return err
			}
			x.Addr = s.Addr + at
			if err := fn(x); err != nil {
				return err
			}
			if next == 0 {
				break
			}
			at += next * stride
		}
	}
	return nil
}

// decodePointer splits one chained pointer; next is the distance to the following one in strides.
func decodePointer(v uint64, format uint16, base uint64, imports []chainedImport) (x Fixup, next uint64, err error) {
	bits := func(at, n uint) uint64 { return v >> at & (1<<n - 1) }
	bind, index, addend := v>>63 != 0, bits(0, 24), int64(0)
	switch format {
	case ptr64, ptr64Offset:
		next = bits(51, 12)
		if bind {
			addend = int64(bits(24, 8))
			break
		}
		x.Target, x.Wide = bits(0, 36), uint8(bits(36, 8))
		if format == ptr64Offset {
			x.Target += base
		}
	default: // arm64e: bit 63 says signed, bit 62 bind. Signatures are dropped: the guest runs without them.
		signed := bind
		bind, next = v>>62&1 != 0, bits(51, 11)
		if bind {
			if format != ptrARM64EUserland24 {
				index = bits(0, 16)
			}
			if !signed {
				addend = int64(bits(32, 19)<<45) >> 45
			}
			break
		}
		if signed {
			x.Target = bits(0, 32) + base
		} else {
			x.Target, x.Wide = bits(0, 43), uint8(bits(43, 8))
			if format != ptrARM64E {
				x.Target += base
			}
		}
	}
	if !bind {
		return x, next, nil
	}
	if index >= uint64(len(imports)) {
		return x, 0, bad("chained import %d of %d", index, len(imports))
	}
	imp := &imports[index]
	return Fixup{Bind: true, Symbol: imp.symbol, Ordinal: imp.ordinal, Weak: imp.weak, Addend: imp.addend + addend}, next, nil
}
