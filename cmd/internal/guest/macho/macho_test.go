package macho

import (
	"encoding/binary"
	"errors"
	"reflect"
	"testing"
)

func fixups(t *testing.T, b []byte, cpu uint32) []Fixup {
	t.Helper()
	f, err := Parse(b, cpu)
	if err != nil {
		t.Fatal(err)
	}
	var all []Fixup
	if err := f.Fixups(func(x Fixup) error { all = append(all, x); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// withInfo adds LC_DYLD_INFO_ONLY with the given opcode tables.
func withInfo(m *image, rebase, bind, weak, lazy []byte) []byte {
	var words []uint32
	for _, t := range [][]byte{rebase, bind, weak, lazy, nil} {
		at := uint64(0)
		if len(t) > 0 {
			at = m.put(t)
		}
		words = append(words, uint32(at), uint32(len(t)))
	}
	m.add(lcDyldInfoOnly, u32(words...))
	return m.bytes()
}

func TestParse(t *testing.T) {
	m := simple(u64(1, 2, 3))
	m.add(lcUUID, name16("0123456789abcdef"))
	m.add(lcBuildVersion, u32(1, 12<<16, 14<<16, 0))
	f, err := Parse(m.bytes(), CPUARM64)
	if err != nil {
		t.Fatal(err)
	}
	if !f.HasMain || f.Entry != textAddr+0x100 {
		t.Errorf("entry %#x", f.Entry)
	}
	if low, high := f.Span(); low != textAddr || high != dataAddr+0x4000 {
		t.Errorf("span %#x to %#x", low, high)
	}
	if len(f.Dylibs) != 1 || f.Dylibs[0] != "/usr/lib/libSystem.B.dylib" || f.MinOS != 12<<16 || string(f.UUID[:4]) != "0123" {
		t.Errorf("libraries %q, system %#x, UUID %q", f.Dylibs, f.MinOS, f.UUID)
	}
	if s := f.Segment("__DATA"); s == nil || len(s.Sections) != 1 || s.Sections[0].Name != "__data" || s.FileSize != 24 {
		t.Errorf("__DATA is %+v", s)
	}
}

func TestUnixThread(t *testing.T) {
	m := &image{cpu: CPUAMD64}
	m.segment("__TEXT", 0x1000000, 0x1000, 5, nil)
	state := make([]uint64, 21)
	state[16] = 0x1000123
	m.add(lcUnixThread, u32(4, 42), u64(state...))
	f, err := Parse(m.bytes(), CPUAMD64)
	if err != nil || !f.UnixThread || f.Entry != 0x1000123 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestRebase(t *testing.T) {
	data := u64(0x100000010, 0, 0x100000020, 0x100000030, 0, 0x100000040)
	got := fixups(t, withInfo(simple(data), []byte{
		0x11, 0x22, 0, // pointers in segment 2, offset 0
		0x51,       // once
		0x41, 0x52, // skip one, twice
		0x80, 1, 8, // once, skipping 8
		0x00,
	}, nil, nil, nil), CPUARM64)
	// offset 0; then 16 and 24; then 32, whose word is 0
	want := []Fixup{{Addr: dataAddr, Target: 0x100000010}, {Addr: dataAddr + 16, Target: 0x100000020}, {Addr: dataAddr + 24, Target: 0x100000030}, {Addr: dataAddr + 32}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestBind(t *testing.T) {
	bind := cat([]byte{0x11, 0x40}, []byte("_puts\x00"), []byte{0x51, 0x72, 8, 0x90,
		0x3e, 0x41}, []byte("_maybe\x00"), []byte{0x60, 0x7f, 0xb1, 0xc0, 2, 8, 0})
	lazy := cat([]byte{0x72, 0, 0x12, 0x40}, []byte("_late\x00"), []byte{0x90, 0, 0, 0, 0})
	got := fixups(t, withInfo(simple(make([]byte, 128)), nil, bind, nil, lazy), CPUARM64)
	want := []Fixup{
		{Addr: dataAddr + 8, Bind: true, Symbol: "_puts", Ordinal: 1},
		{Addr: dataAddr + 16, Bind: true, Symbol: "_maybe", Ordinal: -2, Addend: -1, Weak: true},
		{Addr: dataAddr + 32, Bind: true, Symbol: "_maybe", Ordinal: -2, Addend: -1, Weak: true},
		{Addr: dataAddr + 48, Bind: true, Symbol: "_maybe", Ordinal: -2, Addend: -1, Weak: true},
		{Addr: dataAddr, Bind: true, Symbol: "_late", Ordinal: 2, Lazy: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// withChains adds LC_DYLD_CHAINED_FIXUPS for segment 2, with one page of pointers.
func withChains(m *image, format uint16, start uint16, importFormat uint32, imports []byte, n uint32, names string) []byte {
	image := cat(u32(3, 0, 0, 16)) // starts_in_image: segments 0 to 2; the last one's at 16
	seg := cat(u32(24), []byte{0, 0x40}, binary.LittleEndian.AppendUint16(nil, format), u64(0x4000), u32(0), []byte{1, 0}, binary.LittleEndian.AppendUint16(nil, start))
	image = cat(image, seg)
	head := 28
	importsAt := head + len(image)
	namesAt := importsAt + len(imports)
	blob := cat(u32(0, uint32(head), uint32(importsAt), uint32(namesAt), n, importFormat, 0), image, imports, []byte(names))
	m.add(lcChainedFixups, u32(uint32(m.put(blob)), uint32(len(blob))))
	return m.bytes()
}

// TestChained checks formats by hand-made pointers (xnu EXTERNAL_HEADERS/mach-o/fixup-chains.h).
func TestChained(t *testing.T) {
	const bind = 1 << 63
	t.Run("64 with offsets", func(t *testing.T) {
		data := u64(0, 0x123|0xab<<36|4<<51, 0, bind|1|5<<24|2<<51, bind|0)
		imports := u32(1|1<<9, 0xfe|1<<8|7<<9) // library 1 "_puts"; flat lookup, weak, "_x"
		got := fixups(t, withChains(simple(data), ptr64Offset, 8, 1, imports, 2, "\x00_puts\x00_x\x00"), CPUARM64)
		want := []Fixup{
			{Addr: dataAddr + 8, Target: textAddr + 0x123, Wide: 0xab},
			{Addr: dataAddr + 24, Bind: true, Symbol: "_x", Ordinal: -2, Weak: true, Addend: 5},
			{Addr: dataAddr + 32, Bind: true, Symbol: "_puts", Ordinal: 1},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("64 with addresses and addends", func(t *testing.T) {
		data := u64(textAddr+0x44|2<<51, bind)
		got := fixups(t, withChains(simple(data), ptr64, 0, 2, u32(1|1<<9, 0xfffffffc), 1, "\x00_puts\x00"), CPUARM64)
		want := []Fixup{{Addr: dataAddr, Target: textAddr + 0x44}, {Addr: dataAddr + 8, Bind: true, Symbol: "_puts", Ordinal: 1, Addend: -4}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("arm64e", func(t *testing.T) {
		data := u64(0x55|1<<51, 1<<63|0x66|1<<51, 1<<62|0|0x7ffff<<32|1<<51, 1<<63|1<<62)
		got := fixups(t, withChains(simple(data), ptrARM64EUserland24, 0, 1, u32(1|1<<9), 1, "\x00_puts\x00"), CPUARM64)
		want := []Fixup{{Addr: dataAddr, Target: textAddr + 0x55}, {Addr: dataAddr + 8, Target: textAddr + 0x66},
			{Addr: dataAddr + 16, Bind: true, Symbol: "_puts", Ordinal: 1, Addend: -1}, {Addr: dataAddr + 24, Bind: true, Symbol: "_puts", Ordinal: 1}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestFat(t *testing.T) {
	thinFile := simple(u64(1)).bytes()
	be := binary.BigEndian
	head := be.AppendUint32(be.AppendUint32(nil, magicFat), 2)
	for _, part := range [][3]uint32{{CPUAMD64, 64, 8}, {CPUARM64, 4096, uint32(len(thinFile))}} {
		for _, w := range []uint32{part[0], 0, part[1], part[2], 12} {
			head = be.AppendUint32(head, w)
		}
	}
	fat := cat(head, make([]byte, 4096-len(head)), thinFile)
	cpus, err := CPUs(fat)
	if err != nil || len(cpus) != 2 || cpus[1] != CPUARM64 {
		t.Errorf("%#x, %v", cpus, err)
	}
	if _, err := Parse(fat, CPUARM64); err != nil {
		t.Error(err)
	}
	if _, err := Parse(fat, CPUAMD64); !errors.Is(err, ErrMalformed) {
		t.Errorf("eight zero bytes as a part: %v", err)
	}
	if _, err := Parse(fat, 7); err == nil {
		t.Error("a part that is not there was found")
	}
}

// TestMalformed has one mutation a row; each must be refused with a reason.
func TestMalformed(t *testing.T) {
	change := func(at int, v byte) func([]byte) []byte { return func(b []byte) []byte { b[at] = v; return b } }
	good := simple(u64(1)).bytes()
	for name, mutate := range map[string]func([]byte) []byte{
		"empty":             func([]byte) []byte { return nil },
		"magic":             change(0, 0),
		"cut off":           func(b []byte) []byte { return b[:200] },
		"command size 0":    change(headerSize+4, 0),
		"commands too long": change(22, 0xff),
		"segment too large": change(headerSize+segmentSize+8+32-8+5, 0xff),
	} {
		b := mutate(append([]byte(nil), good...))
		if f, err := Parse(b, CPUARM64); err == nil {
			t.Errorf("%s: accepted as %+v", name, f.Segments)
		}
	}
	for name, ops := range map[string][]byte{
		"segment":  {0x2f, 0, 0x51},
		"offset":   {0x22, 0xff, 0xff, 0x7f, 0x51},
		"too many": {0x22, 0, 0x80, 0xff, 0xff, 0xff, 0x7f, 0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		"opcode":   {0xf0},
	} {
		f, err := Parse(withInfo(simple(u64(1)), ops, nil, nil, nil), CPUARM64)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Fixups(func(Fixup) error { return nil }); !errors.Is(err, ErrMalformed) {
			t.Errorf("rebase with a bad %s: %v", name, err)
		}
	}
}

// FuzzParse: whatever the bytes, reading them ends, soon and without a panic.
func FuzzParse(f *testing.F) {
	f.Add(simple(u64(1, 2)).bytes())
	f.Add(withInfo(simple(u64(textAddr, 2)), []byte{0x11, 0x22, 0, 0x51}, cat([]byte{0x11, 0x40}, []byte("_p\x00"), []byte{0x72, 8, 0x90}), nil, nil))
	f.Add(withChains(simple(u64(0x123|2<<51, 1<<63)), ptr64Offset, 0, 1, u32(1|1<<9), 1, "\x00_puts\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		cpus, _ := CPUs(b)
		for _, cpu := range append(cpus, CPUARM64) {
			file, err := Parse(b, cpu)
			if err != nil {
				continue
			}
			low, high := file.Span()
			n := 0
			_ = file.Fixups(func(x Fixup) error {
				if x.Addr < low || x.Addr+8 > high {
					// only __PAGEZERO-like segments lie outside, and those have no room for pointers
					if s := file.Segment("__PAGEZERO"); s == nil {
						t.Logf("fixup at %#x, outside of %#x to %#x", x.Addr, low, high)
					}
				}
				n++
				return nil
			})
			if n > 4*len(b)+4 {
				t.Errorf("%d fixups from %d bytes", n, len(b))
			}
			file.Symbols(func(Symbol) bool { return true })
		}
	})
}
