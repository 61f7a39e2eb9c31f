package macho

import (
	"errors"
	"testing"
)

// FuzzChained: whatever the tables of chained fixups hold, walking them ends, stays inside of
// the segments, and finds no more pointers than the file has bytes.
func FuzzChained(f *testing.F) {
	data := u64(1<<51|0x4000, 2<<51, 0, 1<<63, 0x100000010)
	for format := range uint32(13) {
		starts := cat(u32(3, 0, 0, 16), u32(22+2), []byte{0, 0x40, byte(format), 0}, u64(0), u32(0), []byte{1, 0, 0, 0})
		imports := u32(1 | 5<<9)
		c := cat(u32(0, 28, 28+uint32(len(starts)), 28+uint32(len(starts)+len(imports)), 1, 1, 0), starts, imports, []byte("_a\x00_bcd\x00"))
		f.Add(c, data)
	}
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, chained, data []byte) {
		if len(data) > 0x4000 || len(chained) > 1<<16 {
			return
		}
		m := simple(data)
		at := m.put(chained)
		m.add(lcChainedFixups, u32(uint32(at), uint32(len(chained))))
		for _, cpu := range []uint32{CPUARM64, CPUAMD64} {
			m.cpu = cpu
			file, err := Parse(m.bytes(), cpu)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			err = file.Fixups(func(x Fixup) error {
				n++
				if s := file.Segment("__DATA"); x.Addr < textAddr || x.Addr > s.Addr+s.Size-8 {
					t.Fatalf("a pointer at %#x", x.Addr)
				}
				return nil
			})
			if err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("an error of another kind: %v", err)
			}
			if n > len(file.Data) {
				t.Errorf("%d pointers in %d bytes", n, len(file.Data))
			}
		}
	})
}
