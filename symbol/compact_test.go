package symbol

import (
	"encoding/binary"
	"slices"
	"testing"
)

// permutation is how a compiler numbers the registers that a function has saved, lowest
// address first (LLVM, X86AsmBackend.cpp, encodeCompactUnwindRegistersWithoutFrame).
func permutation(saved []int) (n uint32) {
	weights := map[int][]uint32{1: {1}, 2: {5, 1}, 3: {20, 4, 1}, 4: {60, 12, 3, 1}, 5: {120, 24, 6, 2, 1}, 6: {120, 24, 6, 2, 1, 0}}[len(saved)]
	for i, r := range saved {
		less := 0
		for _, before := range saved[:i] {
			if before < r {
				less++
			}
		}
		n += weights[i] * uint32(r-less-1)
	}
	return n
}

func TestPermuted(t *testing.T) {
	n := 0
	var all func(saved []int)
	all = func(saved []int) {
		if len(saved) > 0 {
			n++
			if got, ok := permuted(len(saved), permutation(saved)); !ok || !slices.Equal(got, saved) {
				t.Errorf("%v are %v", saved, got)
			}
		}
		for r := 1; r <= 6; r++ {
			if !slices.Contains(saved, r) {
				all(append(slices.Clone(saved), r))
			}
		}
	}
	all(nil)
	if n != 6+30+120+360+720+720 {
		t.Errorf("%d were tried", n)
	}
	for v := range uint32(1024) {
		permuted(6, v) // whatever the number, it ends
	}
	if _, ok := permuted(7, 0); ok {
		t.Error("seven registers")
	}
}

// Rows of encodings (<mach-o/compact_unwind_encoding.h>).
func TestCompactRows(t *testing.T) {
	none := func(uint64) (uint32, bool) { return 0, false }
	size := func(addr uint64) (uint32, bool) { return 0x408, addr == 0x1003 }
	for _, c := range []struct {
		name     string
		arm      bool
		encoding uint32
		code     func(uint64) (uint32, bool)
		cfa      uint64
		offset   int64
		at       map[int]int64
	}{
		{"rbp", false, 0x01000000, none, x86BP, 16, map[int]int64{x86RA: -8, x86BP: -16}},
		{"rbp, rbx and r14", false, 0x01020000 | 1 | 4<<3, none, x86BP, 16, map[int]int64{x86RA: -8, x86BP: -16, 3: -32, 14: -24}},
		{"fixed", false, 0x02000000 | 3<<16, none, x86SP, 24, map[int]int64{x86RA: -8}},
		{"fixed, r12 and rbx", false, 0x02000000 | 4<<16 | 2<<10 | permutation([]int{2, 1}), none, x86SP, 32, map[int]int64{x86RA: -8, 12: -24, 3: -16}},
		{"indirect", false, 0x03000000 | 3<<16 | 2<<13, size, x86SP, 0x418, map[int]int64{x86RA: -8}},
		{"x29", true, 0x04000000, none, armFP, 16, map[int]int64{armLR: -8, armFP: -16}},
		{"x29, x19 to x22", true, 0x04000003, none, armFP, 16, map[int]int64{armLR: -8, armFP: -16, 19: -24, 20: -32, 21: -40, 22: -48}},
		{"leaf", true, 0x02002001, none, armSP, 32, map[int]int64{19: -8, 20: -16}},
	} {
		x, ok := (*compact)(nil).row(c.arm, c.encoding, 0x1000, c.code)
		if !ok || x.cfaRegister != c.cfa || x.cfaOffset != c.offset {
			t.Errorf("%s: %+v", c.name, x)
		}
		for i, r := range x.rules {
			want, is := c.at[i]
			if is != (r.kind == ruleOffset) || is && r.value != want {
				t.Errorf("%s: register %d: %+v", c.name, i, r)
			}
		}
	}
	for _, e := range []uint32{0, 0x04000000, 0x05000000, 0x02000000, 0x02000000 | 7<<10, 0x01000007, 0x03000000 | 3<<16} {
		if _, ok := x86Row(e, 0x1000, none); ok {
			t.Errorf("%#x is understood", e)
		}
	}
}

// unwindSection is a section with a page of either kind: functions at 0x100 and 0x200 of
// the first, 0x300 and 0x400 of the second.
func unwindSection() []byte {
	var b []byte
	put := func(words ...uint32) {
		for _, w := range words {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
	}
	put(1, 28, 1, 0, 0, 32, 3)
	put(0xc0)                                                    // common encodings
	put(0x100, 68, 0, 0x300, 92, 0, 0x500, 0, 0)                 // index, at 32
	put(compactRegular, 8|2<<16, 0x100, 0xa1, 0x200, 0xa2)       // at 68
	put(compactPacked, 16|2<<16, 12|1<<16, 0xb1, 0, 1<<24|0x100) // at 92
	return b
}

func TestCompactLookup(t *testing.T) {
	c := newCompact(unwindSection(), 0x10000)
	if c == nil {
		t.Fatal("it makes no sense")
	}
	for off, want := range map[uint64]uint32{0x100: 0xa1, 0x1ff: 0xa1, 0x200: 0xa2, 0x2ff: 0xa2, 0x300: 0xc0, 0x3ff: 0xc0, 0x400: 0xb1, 0x4ff: 0xb1} {
		if got, begin, ok := c.at(0x10000 + off); !ok || got != want || begin != 0x10000+off&^0xff {
			t.Errorf("%#x: %#x at %#x, want %#x", off, got, begin, want)
		}
	}
	for _, off := range []uint64{0, 0xff, 0x500, 0x10000, 1 << 32} {
		if e, _, ok := c.at(0x10000 + off); ok {
			t.Errorf("%#x: %#x", off, e)
		}
	}
	if _, _, ok := c.at(0x100); ok {
		t.Error("below the image")
	}
}

func isAt(x row, register int, offset int64) bool {
	r := x.rules[register]
	return r.kind == ruleOffset && r.value == offset
}

// The first instructions of functions with frame pointers.
func TestEarly(t *testing.T) {
	x86 := func(uint64) (uint32, bool) { return 0xe5894855, true } // push %rbp; mov %rsp, %rbp
	for off, want := range map[uint64]int64{0: 8, 1: 16, 4: 0} {
		if x, ok := early(false, 0x1000, 0x1000+off, x86); ok != (want != 0) || x.cfaOffset != want {
			t.Errorf("%d: %+v, %v", off, x, ok)
		}
	}
	code := []uint32{0xd10103ff, 0xa9037bfd, 0x9100c3fd, 0xd503201f} // sub sp, sp, #64; stp x29, x30, [sp, #48]; add x29, sp, #48; nop
	arm := func(addr uint64) (uint32, bool) { return code[(addr-0x1000)/4], true }
	x, ok := early(true, 0x1000, 0x1000, arm)
	if !ok || x.cfaRegister != armSP || x.cfaOffset != 0 || x.rules[armLR].kind != ruleNone {
		t.Errorf("%+v", x)
	}
	if x, ok = early(true, 0x1000, 0x1004, arm); !ok || x.cfaOffset != 64 || x.rules[armLR].kind != ruleNone {
		t.Errorf("%+v", x)
	}
	if x, ok = early(true, 0x1000, 0x1008, arm); !ok || x.cfaOffset != 64 || !isAt(x, armLR, -8) || !isAt(x, armFP, -16) {
		t.Errorf("%+v", x)
	}
	if _, ok = early(true, 0x1000, 0x100c, arm); ok {
		t.Error("the frame stands")
	}
	code = []uint32{0xa9be4ff4, 0xa9017bfd, 0x910043fd} // stp x20, x19, [sp, #-32]!; stp x29, x30, [sp, #16]; add x29, sp, #16
	if x, ok = early(true, 0x1000, 0x1008, arm); !ok || x.cfaOffset != 32 || !isAt(x, armLR, -8) {
		t.Errorf("%+v", x)
	}
}

// Whatever the section says, looking up ends.
func FuzzCompact(f *testing.F) {
	f.Add(unwindSection(), uint32(0x3ff))
	f.Fuzz(func(t *testing.T, b []byte, off uint32) {
		c := newCompact(b, 0x10000)
		encoding, begin, ok := c.at(0x10000 + uint64(off))
		if !ok {
			return
		}
		for _, arm := range []bool{true, false} {
			c.row(arm, encoding, begin, func(addr uint64) (uint32, bool) { return uint32(addr), true })
		}
	})
}
