package symbol

import "encoding/binary"

// goFrames is what Go's line table tells of the frames of functions: how far the
// stack pointer is below where it was at a function's beginning, for each
// instruction (the table pcsp of runtime/symtab.go). It is there in stripped
// programs, too.
type goFrames struct {
	data    []byte
	text    uint64
	quantum uint64
	count   int
	pctab   uint64
	funcs   uint64
}

// Figures of internal/abi/symtab.go and runtime/runtime2.go, since Go 1.20.
const (
	goMagic      = 0xfffffff1
	goHeader     = 8 + 8*8
	goSPOffset   = 16 // of pcsp in a function's record
	goFlagOffset = 41
	goTopFrame   = 1 // FuncFlagTopFrame
	goWritesSP   = 2 // FuncFlagSPWrite
)

// newGoFrames is nil for a table of another version, or that makes no sense.
func newGoFrames(data []byte, text uint64) *goFrames {
	le := binary.LittleEndian
	if len(data) < goHeader || le.Uint32(data) != goMagic || data[7] != 8 {
		return nil
	}
	g := &goFrames{data: data, text: text, quantum: uint64(data[6]), pctab: le.Uint64(data[8+6*8:]), funcs: le.Uint64(data[8+7*8:])}
	n := le.Uint64(data[8:])
	size := uint64(len(data))
	if g.funcs > size || n == 0 || n > (size-g.funcs)/8 || size-g.funcs-8*n < 4 || g.pctab > size {
		return nil
	}
	g.count = int(n)
	return g
}

// goText is where Go's code begins: the table tells, if it was not left to the
// dynamic linker.
func goText(data []byte, section uint64) uint64 {
	if len(data) >= goHeader && binary.LittleEndian.Uint32(data) == goMagic {
		if v := binary.LittleEndian.Uint64(data[8+2*8:]); v > section {
			return v
		}
	}
	return section
}

// function is which function an address is in, if it is in one.
func (g *goFrames) function(addr uint64) (i int, ok bool) {
	if g == nil || addr < g.text || addr-g.text >= g.entry(g.count) {
		return 0, false
	}
	low, high := 0, g.count // the last function that begins up to there
	for low < high {
		mid := (low + high) / 2
		if g.entry(mid) <= addr-g.text {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low - 1, low > 0
}

// entry is where a function begins; behind the last stands where the code ends.
func (g *goFrames) entry(i int) uint64 {
	return uint64(binary.LittleEndian.Uint32(g.data[g.funcs+8*uint64(i):]))
}

// goKind is how a frame is taken off.
type goKind int

const (
	goUnknown goKind = iota
	goDepth          // the stack pointer is that far below its place at the beginning
	goTop            // it is where a stack begins
	goMoved          // so it was before the function moved to another stack: the frame pointer leads back
)

// at tells how the frame of the function at an address is taken off, and how far the
// stack pointer is below its place at the function's beginning.
func (g *goFrames) at(addr uint64) (depth uint64, kind goKind) {
	i, ok := g.function(addr)
	if !ok {
		return 0, goUnknown
	}
	le := binary.LittleEndian
	off, begin := addr-g.text, g.entry(i)
	record := g.funcs + uint64(le.Uint32(g.data[g.funcs+8*uint64(i)+4:]))
	if record+goFlagOffset >= uint64(len(g.data)) {
		return 0, goUnknown
	}
	kind = goDepth
	switch flags := g.data[record+goFlagOffset]; {
	case flags&goTopFrame != 0:
		return 0, goTop
	case flags&goWritesSP != 0:
		kind = goMoved
	}
	table := g.pctab + uint64(le.Uint32(g.data[record+goSPOffset:]))
	if table >= uint64(len(g.data)) {
		return 0, goUnknown
	}
	r := reader{b: g.data, at: int(table)}
	pc, value := begin, int64(-1)
	for first := true; !r.bad; first = false {
		delta := r.uleb()
		if delta == 0 && !first {
			return 0, goUnknown // behind the function
		}
		value += int64(delta>>1) ^ -int64(delta&1)
		if pc += r.uleb() * g.quantum; off < pc {
			if value < 0 {
				return 0, goUnknown
			}
			return uint64(value), kind
		}
	}
	return 0, goUnknown
}

// goFrame takes a frame of Go's off.
func (s *state) goFrame(depth uint64, inner bool) bool {
	sp := *s.sp()
	cfa := sp + depth
	var ra uint64
	ok := true
	if s.arm {
		if depth == 0 {
			if ra = s.regs[armLR]; !inner {
				return false
			}
		} else if ra, ok = s.word(sp); ok {
			*s.fp(), ok = s.word(sp - 8)
		}
	} else {
		if depth > 0 {
			*s.fp(), ok = s.word(cfa - 8)
		}
		if ok {
			ra, ok = s.word(cfa)
		}
		cfa += 8
	}
	if !ok || ra == 0 || cfa < sp {
		return false
	}
	if s.arm {
		s.regs[armLR] = ra
	}
	*s.sp(), s.cfa, s.pc = cfa, cfa, ra
	return true
}

// goMoved takes a frame of Go's off by its frame pointer, which may be of another
// stack. On ARM that is below the place of the return address, which the frame
// begins with.
func (s *state) goMoved(depth uint64) bool {
	fp := *s.fp()
	if !s.framePointer(true) {
		return false
	}
	if s.arm {
		s.cfa = fp + 8 + depth
		*s.sp() = s.cfa
	}
	return true
}
