package symbol

import (
	"encoding/binary"
	"sort"
)

// compact is the section __unwind_info of a Mach-O image: an encoding of 32 bits for
// each function says how its frame is taken off (<mach-o/compact_unwind_encoding.h>).
// It holds behind a function's first instructions, which set the frame up.
type compact struct {
	b      []byte
	text   uint64 // the address that offsets count from
	common []uint32
	index  []compactPage
}

type compactPage struct {
	function uint32 // offset of its first
	at       uint32 // offset in b; 0 for the end
}

const (
	compactHeader    = 28
	compactIndex     = 12
	compactRegular   = 2
	compactPacked    = 3
	maxCompactCommon = 127
)

// newCompact is nil for what makes no sense.
func newCompact(b []byte, text uint64) *compact {
	r := reader{b: b}
	version, commonAt, commonCount := r.u32(), r.u32(), r.u32()
	r.take(8) // personalities
	indexAt, count := r.u32(), r.u32()
	if r.bad || version != 1 || commonCount > maxCompactCommon || indexAt > uint64(len(b)) || count > (uint64(len(b))-indexAt)/compactIndex {
		return nil
	}
	c := &compact{b: b, text: text}
	for r.at = int(commonAt); commonCount > 0; commonCount-- {
		c.common = append(c.common, uint32(r.u32()))
	}
	for r.at = int(indexAt); count > 0; count-- {
		c.index = append(c.index, compactPage{uint32(r.u32()), uint32(r.u32())})
		r.take(4)
	}
	if r.bad {
		return nil
	}
	return c
}

// at is the encoding of the function at an address, and where that begins. It is false
// where there is none.
func (c *compact) at(addr uint64) (encoding uint32, begin uint64, ok bool) {
	if c == nil || addr < c.text || addr-c.text > 1<<32-1 {
		return 0, 0, false
	}
	off := uint32(addr - c.text)
	i := sort.Search(len(c.index), func(i int) bool { return c.index[i].function > off }) - 1
	if i < 0 || c.index[i].at == 0 {
		return 0, 0, false
	}
	page := c.index[i]
	r := reader{b: c.b, at: int(min(uint64(page.at), uint64(len(c.b))))}
	kind, entries, count := r.u32(), r.u16(), r.u16()
	encodings, encodingCount := r.u16(), r.u16() // of packed pages
	size := uint64(4)
	if kind == compactRegular {
		size = 8
	}
	start := uint64(page.at) + entries
	if r.bad && kind == compactPacked || start > uint64(len(c.b)) || count > (uint64(len(c.b))-start)/size {
		return 0, 0, false
	}
	word := func(at uint64) uint32 { return binary.LittleEndian.Uint32(c.b[at:]) }
	function := func(i int) uint32 {
		if v := word(start + size*uint64(i)); kind == compactRegular {
			return v
		} else {
			return page.function + v&0xffffff
		}
	}
	n := sort.Search(int(count), func(i int) bool { return function(i) > off }) - 1
	if n < 0 {
		return 0, 0, false
	}
	begin = c.text + uint64(function(n))
	switch kind {
	case compactRegular:
		return word(start + size*uint64(n) + 4), begin, true
	case compactPacked:
		k := uint64(word(start+size*uint64(n)) >> 24)
		if k < uint64(len(c.common)) {
			return c.common[k], begin, true
		}
		k -= uint64(len(c.common))
		at := uint64(page.at) + encodings + 4*k
		if k < encodingCount && at+4 <= uint64(len(c.b)) {
			return word(at), begin, true
		}
	}
	return 0, 0, false
}

// Kinds of encodings.
const (
	compactMode = 0x0f000000

	x86Frame    = 0x01000000 // rbp leads
	x86Fixed    = 0x02000000 // the size of the frame is in the encoding
	x86Indirect = 0x03000000 // it is in the instruction that makes room

	armFrameless = 0x02000000
	armFrame     = 0x04000000
)

// row is how a frame is taken off by an encoding. It is false for what is left to
// call frame information, and for what makes no sense. code reads a word of the
// image's instructions.
func (c *compact) row(arm bool, encoding uint32, begin uint64, code func(addr uint64) (uint32, bool)) (row, bool) {
	if arm {
		return armRow(encoding)
	}
	return x86Row(encoding, begin, code)
}

func atCFA(offset int64) rule { return rule{kind: ruleOffset, value: offset} }

func armRow(encoding uint32) (x row, ok bool) {
	at := int64(0)
	switch encoding & compactMode {
	case armFrame:
		x.cfaRegister, x.cfaOffset = armFP, 16
		x.rules[armLR], x.rules[armFP] = atCFA(-8), atCFA(-16)
		at = -16
	case armFrameless:
		x.cfaRegister, x.cfaOffset = armSP, 16*int64(encoding>>12&0xfff)
	default:
		return x, false
	}
	for pair := range 5 { // x19 and x20 to x27 and x28
		if encoding&(1<<pair) != 0 {
			x.rules[19+2*pair], x.rules[20+2*pair] = atCFA(at-8), atCFA(at-16)
			at -= 16
		}
	}
	return x, true
}

// x86Saved are DWARF's numbers of the registers 1 to 6 of an encoding: rbx, r12 to r15,
// rbp.
var x86Saved = [7]int{-1, 3, 12, 13, 14, 15, 6}

func x86Row(encoding uint32, begin uint64, code func(addr uint64) (uint32, bool)) (x row, ok bool) {
	x.rules[x86RA] = atCFA(-8)
	switch encoding & compactMode {
	case x86Frame:
		x.cfaRegister, x.cfaOffset = x86BP, 16
		x.rules[x86BP] = atCFA(-16)
		first := -16 - 8*int64(encoding>>16&0xff)
		for i := range 5 {
			n := encoding >> (3 * i) & 7
			if n == 0 {
				continue
			}
			if n > 6 {
				return x, false
			}
			x.rules[x86Saved[n]] = atCFA(first + 8*int64(i))
		}
		return x, true
	case x86Fixed, x86Indirect:
		size := 8 * int64(encoding>>16&0xff)
		if encoding&compactMode == x86Indirect {
			v, ok := code(begin + uint64(encoding>>16&0xff))
			if !ok {
				return x, false
			}
			size = int64(v) + 8*int64(encoding>>13&7)
		}
		count := int64(encoding >> 10 & 7)
		saved, ok := permuted(int(count), encoding&0x3ff)
		if !ok || size < 8*(count+1) {
			return x, false
		}
		x.cfaRegister, x.cfaOffset = x86SP, size
		for i, n := range saved {
			x.rules[x86Saved[n]] = atCFA(-8 - 8*(count-int64(i)))
		}
		return x, true
	}
	return x, false
}

// permuted are the registers that a function of count saved ones has pushed, lowest
// address first: the number counts, in a factorial base, those among the ones that are
// left.
func permuted(count int, number uint32) (saved []int, ok bool) {
	if count > 6 {
		return nil, false
	}
	digits := make([]int, count)
	// The last of six has nothing left to choose from.
	for i, left := count-1, 7-count; i >= 0; i, left = i-1, left+1 {
		digits[i] = int(number) % left
		number /= uint32(left)
	}
	left := []int{1, 2, 3, 4, 5, 6}
	for _, d := range digits {
		saved = append(saved, left[d])
		left = append(left[:d], left[d+1:]...)
	}
	return saved, true
}

// early says how a frame is taken off in the first instructions of a function with a
// frame pointer, which the encoding does not hold for. It is false behind them.
func early(arm bool, begin, pc uint64, code func(addr uint64) (uint32, bool)) (x row, ok bool) {
	if !arm {
		const pushRBP = 0x55
		first, known := code(begin)
		if !known || first&0xff != pushRBP {
			return x, false
		}
		x.cfaRegister, x.rules[x86RA] = x86SP, atCFA(-8)
		switch pc - begin {
		case 0:
			x.cfaOffset = 8
			return x, true
		case 1: // mov %rsp, %rbp follows
			x.cfaOffset, x.rules[x86BP] = 16, atCFA(-16)
			return x, true
		}
		return x, false
	}
	const most = 24 // instructions
	if pc-begin > 4*most {
		return x, false
	}
	x.cfaRegister = armSP
	frameAt := int64(-1) // of x29 and x30, from the stack pointer as it is
	for at := begin; at < pc; at += 4 {
		i, known := code(at)
		switch {
		case !known:
			return x, false
		case i&0xff8003ff == 0x910003fd: // add x29, sp, #n: the frame stands
			return x, false
		case i&0xff8003ff == 0xd10003ff: // sub sp, sp, #n
			n := int64(i >> 10 & 0xfff)
			if i>>22&1 != 0 {
				n <<= 12
			}
			x.cfaOffset += n
			if frameAt >= 0 {
				frameAt += n
			}
		case i&0xffc003e0 == 0xa98003e0 || i&0xffc003e0 == 0x6d8003e0: // stp a, b, [sp, #n]!
			n := -8 * (int64(i>>15&0x7f) << 57 >> 57)
			x.cfaOffset += n
			if frameAt >= 0 {
				frameAt += n
			}
			if i&0xffc07fff == 0xa9807bfd {
				frameAt = 0
			}
		case i&0xffc07fff == 0xa9007bfd: // stp x29, x30, [sp, #n]
			frameAt = 8 * (int64(i>>15&0x7f) << 57 >> 57)
		}
	}
	if frameAt >= 0 {
		x.rules[armFP], x.rules[armLR] = atCFA(frameAt-x.cfaOffset), atCFA(frameAt+8-x.cfaOffset)
	}
	return x, true
}

// compactFrames is a stand-in for a function's call frame information.
func compactFrames(arm bool) *fde {
	if arm {
		return &fde{cie: &cie{ra: armLR}}
	}
	return &fde{cie: &cie{ra: x86RA}}
}

// stepCompact takes a frame off by compact unwind information.
func (s *state) stepCompact(c *compact, bias, at uint64, exact bool) bool {
	encoding, begin, ok := c.at(at - bias)
	if !ok || encoding&compactMode == 0 {
		return false
	}
	code := func(addr uint64) (uint32, bool) {
		v, ok := s.word(addr + bias)
		return uint32(v), ok
	}
	x, ok := c.row(s.arm, encoding, begin, code)
	if !ok {
		return false
	}
	if exact && encoding&compactMode == map[bool]uint32{true: armFrame, false: x86Frame}[s.arm] {
		if y, is := early(s.arm, begin, at-bias, code); is {
			x = y
		}
	}
	kind, ok := s.apply(&x, compactFrames(s.arm), exact)
	return ok && kind == stepCall
}
